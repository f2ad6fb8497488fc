/** A model as it is, all of its modules, to be trained further. */
import { openModel } from "#hub";
import { defined, type Optional } from "../../common/optional.ts";
import { HpdError } from "../../errors.ts";
import type { ModelSourceOptions } from "../../hub/model-source.ts";
import { loadModules, onlyPipeline } from "../../modules/load-modules.ts";
import type { PoolingMode } from "../../modules/pooling.ts";
import { withinEmbeddings } from "../../tokenizer/within-embeddings.ts";
import { readModelFiles } from "./model-files.ts";
import { Student } from "./student.ts";
import { savedTokenizerOf, vocabularySizeOf, warnOfOwnCode } from "./student-input.ts";

export interface OpenStudentOptions extends Optional<ModelSourceOptions> {
  /** A model folder, or an id on the hub. */
  readonly model: string;
  /** The pooling of a model that has none of its own. Default `mean`. */
  readonly pooling?: PoolingMode | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** @throws HpdError `unsupported` for a model of several routes or of word embeddings, and what loading throws */
export async function openStudent(options: OpenStudentOptions): Promise<Student> {
  const { model, onWarning = () => {} } = options;
  const source = await openModel(model, defined(options));
  const isPlain = !source.files.includes("modules.json");
  const pooling = isPlain ? (options.pooling ?? "mean") : options.pooling;
  const { input, modules } = onlyPipeline(await loadModules(source, pooling, onWarning), source.name, "training");
  if (input.kind === "WordEmbeddings") {
    throw new HpdError(
      "unsupported",
      `${source.name}: training needs a Transformer or a StaticEmbedding, got ${input.kind}`,
    );
  }
  if (input.kind === "Transformer") warnOfOwnCode(input.module, model, onWarning);
  const files = await readModelFiles(source, input);
  const tokenizer = withinEmbeddings(savedTokenizerOf(files.inputFiles, input), vocabularySizeOf(input), model);
  return new Student(modules, tokenizer, files);
}
