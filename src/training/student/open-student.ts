/** Opens a model as a student, with all of its modules, to be fine-tuned, merged or rotated. */
import { openModel } from "#hub";
import { defined, type Optional } from "../../common/optional.ts";
import { HpdError } from "../../errors.ts";
import type { ModelSourceOptions } from "../../hub/model-source.ts";
import { loadModules, onlyPipeline } from "../../modules/load-modules.ts";
import type { Module } from "../../modules/module.ts";
import { Parameters } from "../../modules/parameters.ts";
import type { PoolingMode } from "../../modules/pooling.ts";
import { pathIn } from "../../modules/read-json.ts";
import { reopeningWeights } from "../../modules/weights-open.ts";
import { QuantizedTensor } from "../../tensor/quantized-tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { withinEmbeddings } from "../../tokenizer/within-embeddings.ts";
import { finiteElementsOf } from "./finite-elements.ts";
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

/**
 * Parameters are lazy until the learner reads them, so that they aren't in memory twice; all other tensors are in
 * memory.
 *
 * @throws HpdError `unsupported` for a model with several routes or with word embeddings, or with weights of `hpd quantize`;
 *   and as loading does
 */
export async function openStudent(options: OpenStudentOptions): Promise<Student> {
  const { model, onWarning = () => {} } = options;
  const source = reopeningWeights(await openModel(model, defined(options)));
  const isPlain = !source.files.includes("modules.json");
  const pooling = isPlain ? (options.pooling ?? "mean") : options.pooling;
  const { input, modules } = onlyPipeline(await loadModules(source, pooling, onWarning), source.name, "this");
  if (input.kind === "WordEmbeddings") {
    throw new HpdError(
      "unsupported",
      `${source.name}: this needs a Transformer or a StaticEmbedding, got ${input.kind}`,
    );
  }
  requireFloats(source.name, modules);
  if (input.kind === "Transformer") warnOfOwnCode(input.module, model, onWarning);
  const files = await readModelFiles(source, input);
  const tokenizer = withinEmbeddings(savedTokenizerOf(files.inputFiles, input), vocabularySizeOf(input), model);
  return new Student(await readOthers(new Student(modules, tokenizer, files)), tokenizer, files);
}

/** Rounded weights would be trained or averaged as if they were the model's own. */
function requireFloats(name: string, modules: readonly Module[]): void {
  const isRounded = modules.some(({ parameters }) =>
    [...parameters.tensors.values()].some((tensor) => tensor instanceof QuantizedTensor),
  );
  if (!isRounded) return;
  throw new HpdError(
    "unsupported",
    `${name}: the weights are rounded to int8 by hpd quantize: take the model that it was made from, and quantize the result`,
  );
}

/** The modules, with weights read that embeddings don't depend on, such as a pooler's, which are only saved. */
async function readOthers({ modules, parameters }: Student): Promise<Module[]> {
  const read: Module[] = [];
  for (const module of modules) {
    const { file, folder, tensors } = module.parameters;
    const whole = new Map<string, Tensor<"float32">>();
    for (const [name, tensor] of tensors) {
      whole.set(name, parameters.has(pathIn(folder, name)) ? tensor : await finiteElementsOf(name, tensor));
    }
    read.push(module.withParameters(new Parameters(file, folder, whole)));
  }
  return read;
}
