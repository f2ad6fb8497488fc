/**
 * Creates the student of a distillation: the transformer of a model, whole or some of its layers, or a new one from a
 * config, its pooling, and a Dense with Tanh to the dimension of the targets. Source: the paper, section 3. Or a
 * StaticEmbedding and a linear projection to that dimension, which are saved as one table.
 */
import { readFile } from "node:fs/promises";
import { openModel } from "#hub";
import { requirePositiveInteger } from "../../common/arguments.ts";
import { cannotRead } from "../../common/file-errors.ts";
import { type JsonObject, parseJsonObject } from "../../common/json.ts";
import { defined, type Optional } from "../../common/optional.ts";
import { HpdError } from "../../errors.ts";
import type { ModelSource, ModelSourceOptions } from "../../hub/model-source.ts";
import { buildDense, denseConfig } from "../../modules/dense.ts";
import { type Features, inputFeatures } from "../../modules/features.ts";
import { type InputModule, requireTransformer } from "../../modules/input-module.ts";
import { loadModules, onlyPipeline } from "../../modules/load-modules.ts";
import { type Module, requireFeature } from "../../modules/module.ts";
import { transformerFolderOf } from "../../modules/module-entries.ts";
import { Parameters } from "../../modules/parameters.ts";
import { buildPooling, type PoolingMode } from "../../modules/pooling.ts";
import { selectLayers } from "../../modules/transformer/select-layers.ts";
import { Random } from "../../random.ts";
import { withinEmbeddings } from "../../tokenizer/within-embeddings.ts";
import { initialDense, initialTransformer } from "./initial-parameters.ts";
import { plainConfig, readModelFiles } from "./model-files.ts";
import { Student } from "./student.ts";
import { type StudentInput, savedTokenizerOf, vocabularySizeOf, warnOfOwnCode } from "./student-input.ts";

export interface StudentOptions extends Optional<ModelSourceOptions> {
  /** A model folder, an id on the hub, or a `config.json` of transformers, whose weights are drawn at random. */
  readonly model: string;
  /** The model folder or id on the hub with the tokenizer, required if `model` is a config. */
  readonly tokenizer?: string | undefined;
  /** The layers to take, counted from 0, in this order. Default: all. */
  readonly layers?: readonly number[] | undefined;
  /** The pooling of a model that has none of its own. Default `mean`. */
  readonly pooling?: PoolingMode | undefined;
  /** Dimension of the student's embeddings. */
  readonly dimension: number;
  /**
   * Whether to start from the model's own Dense, which must have this dimension; `distill` then turns its targets to the space in
   * which the model answers. Default: a new one with Tanh.
   */
  readonly keepDense?: boolean | undefined;
  /** Seed of all random weights. */
  readonly seed: number;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * @throws HpdError `invalid_argument` for options that don't fit each other or the model, and as loading does
 */
export async function createStudent(options: StudentOptions): Promise<Student> {
  const { model, dimension } = options;
  requirePositiveInteger("dimension", dimension);
  const random = new Random(options.seed);
  const isConfig = model.endsWith(".json");
  if (isConfig !== (options.tokenizer !== undefined)) {
    throw new HpdError(
      "invalid_argument",
      isConfig
        ? `${model} is a config without a tokenizer: set \`tokenizer\` to a model folder or an id`
        : `${model} has its own tokenizer: leave out \`tokenizer\`, which is for a student made from a config.json`,
    );
  }
  const source = await openModel(options.tokenizer ?? model, defined(options));
  const start = isConfig ? await fromConfig(source, options, random) : await fromModel(source, options);
  const { input, pooling } = start;
  if (input.kind === "Transformer") warnOfOwnCode(input.module, model, options.onWarning);
  const { inputFiles } = await readModelFiles(source, input);
  const embeddings = vocabularySizeOf(input);
  const tokenizer = withinEmbeddings(savedTokenizerOf(inputFiles, input), embeddings, model);
  if (isConfig && tokenizer.vocabularySize > embeddings) {
    throw new HpdError(
      "invalid_model",
      `${model}: vocab_size should be at least ${tokenizer.vocabularySize}, the tokenizer's vocabulary, got ${embeddings}`,
    );
  }
  const before = [input.module, ...(pooling === undefined ? [] : [pooling])];
  const dense = start.dense ?? newDense(before, dimension, random);
  return new Student([...before, dense], tokenizer, { inputFiles, config: plainConfig });
}

interface Start {
  readonly input: StudentInput;
  /** Undefined for a StaticEmbedding. */
  readonly pooling: Module | undefined;
  readonly dense: Module | undefined;
}

async function fromModel(source: ModelSource, options: StudentOptions): Promise<Start> {
  const isPlain = !source.files.includes("modules.json");
  const loaded = await loadModules(source, isPlain ? (options.pooling ?? "mean") : options.pooling, (message) =>
    options.onWarning?.(message),
  );
  const { input, modules } = onlyPipeline(loaded, source.name, "a student");
  const isStatic = input.kind === "StaticEmbedding";
  const others = modules.slice(1);
  const pooling = isStatic ? undefined : others.shift();
  if (!isStatic && pooling?.type !== "Pooling") {
    throw new HpdError(
      "unsupported",
      `${source.name}: a student's transformer should be followed by a Pooling, got ${pooling?.type ?? "nothing"}`,
    );
  }
  const dense = options.keepDense ? others.shift() : undefined;
  if (options.keepDense && (dense?.type !== "Dense" || dense.config.out_features !== options.dimension)) {
    throw new HpdError(
      "invalid_argument",
      `keepDense: ${source.name} should have a Dense to ${options.dimension} dimensions after its pooling, got ` +
        `${dense === undefined ? "nothing" : `${dense.type} ${JSON.stringify(dense.config)}`}`,
    );
  }
  if (others.length > 0) {
    options.onWarning?.(`${source.name}: the student leaves out ${others.map(({ type }) => type).join(", ")}`);
  }
  return { input: inputOf(input, options.layers, source.name), pooling, dense };
}

function inputOf(input: InputModule, layers: readonly number[] | undefined, name: string): StudentInput {
  if (input.kind === "StaticEmbedding" && layers === undefined) return input;
  const { kind, folder, module } = requireTransformer(
    input,
    name,
    layers === undefined ? "a student that is no StaticEmbedding" : "`layers`",
  );
  return { kind, folder, module: layers === undefined ? module : selectLayers(module, layers, name) };
}

async function fromConfig(tokenizer: ModelSource, options: StudentOptions, random: Random): Promise<Start> {
  const { model, layers, pooling = "mean", keepDense } = options;
  if (layers !== undefined || keepDense) {
    throw new HpdError("invalid_argument", `${model} is a config: leave out \`layers\` and \`keepDense\``);
  }
  const transformer = initialTransformer(await readConfig(model), model, random);
  const embeddingDimension = transformer.transformerConfig.parsed.hiddenSize;
  return {
    input: { kind: "Transformer", folder: await transformerFolderOf(tokenizer), module: transformer },
    pooling: buildPooling({ embeddingDimension, modes: [pooling], includePrompt: true }, model),
    dense: undefined,
  };
}

async function readConfig(path: string): Promise<JsonObject> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw cannotRead(path, cause);
  });
  return parseJsonObject(text, path);
}

/**
 * A new Dense: with Tanh, or behind a StaticEmbedding linear and without bias, so that it can be folded into the table.
 */
function newDense(before: readonly Module[], dimension: number, random: Random): Module {
  const features = before.reduce<Features>((given, module) => module.build(given), inputFeatures());
  const inputs = requireFeature("Dense", features, "sentence_embedding").shape.at(-1) as number;
  const isStatic = before[0]!.type === "StaticEmbedding";
  const config = denseConfig(inputs, dimension, isStatic ? "projection" : "tanh");
  const drawn = initialDense(inputs, dimension, random);
  if (isStatic) drawn.delete("linear.bias");
  return buildDense(config, "a new Dense", new Parameters("a new Dense", "", drawn));
}
