/**
 * A student before training: the transformer of a model, whole or some of its layers, or a new one from a config, its
 * pooling, and a Dense with Tanh to the dimension of the targets. Source: the paper, section 3.
 */
import { readFile } from "node:fs/promises";
import { openModel } from "#hub";
import { requirePositiveInteger } from "../../common/arguments.ts";
import { cannotRead } from "../../common/file-errors.ts";
import { type JsonObject, parseJsonObject } from "../../common/json.ts";
import { defined, type Optional } from "../../common/optional.ts";
import { tokenizerOf } from "../../encode/load-tokenizer.ts";
import { HpdError } from "../../errors.ts";
import type { ModelSource, ModelSourceOptions } from "../../hub/model-source.ts";
import { buildDense } from "../../modules/dense.ts";
import { type Features, inputFeatures } from "../../modules/features.ts";
import { requireTransformer } from "../../modules/input-module.ts";
import { loadModules, onlyPipeline } from "../../modules/load-modules.ts";
import { type Module, requireFeature } from "../../modules/module.ts";
import { transformerFolderOf } from "../../modules/module-entries.ts";
import { Parameters } from "../../modules/parameters.ts";
import { buildPooling, type PoolingMode } from "../../modules/pooling.ts";
import { selectLayers } from "../../modules/transformer/select-layers.ts";
import type { Transformer } from "../../modules/transformer/transformer.ts";
import { Random } from "../../random.ts";
import type { ModelTokenizer } from "../../tokenizer/build-tokenizer.ts";
import { tokenizerFileNames } from "../../tokenizer/tokenizer-files.ts";
import { withinEmbeddings } from "../../tokenizer/within-embeddings.ts";
import { initialDense, initialTransformer } from "./initial-parameters.ts";
import { plainConfig, readModelFiles } from "./model-files.ts";
import { Student } from "./student.ts";

export interface StudentOptions extends Optional<ModelSourceOptions> {
  /** A model folder, an id on the hub, or a `config.json` of transformers: then its weights are drawn by the seed. */
  readonly model: string;
  /** Where `model` is a config: the model folder, or the id on the hub, whose tokenizer is taken. */
  readonly tokenizer?: string | undefined;
  /** Only these layers of it, counted from 0, in this order. */
  readonly layers?: readonly number[] | undefined;
  /** Where the model has none of its own. Default `mean`. */
  readonly pooling?: PoolingMode | undefined;
  /** Of the embeddings. */
  readonly dimension: number;
  /** Starts from the model's own Dense, which must have this dimension. Default: a new one with Tanh. */
  readonly keepDense?: boolean | undefined;
  /** Of all that is drawn. */
  readonly seed: number;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * @throws HpdError `invalid_argument` where the options don't fit together or the model, and what loading throws
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
        ? `${model} is a config, whose weights are drawn: say whose tokenizer to take, \`tokenizer: folder or id\``
        : `${model} has its own tokenizer; \`tokenizer\` is for a student made from a config.json`,
    );
  }
  const source = await openModel(options.tokenizer ?? model, defined(options));
  const start = isConfig ? await fromConfig(source, options, random) : await fromModel(source, options);
  warnOfOwnCode(start.transformer, model, options.onWarning);
  const { transformerFiles } = await readModelFiles(source, start.transformerFolder, start.transformer);
  const embeddings = start.transformer.transformerConfig.parsed.vocabularySize;
  const tokenizer = withinEmbeddings(savedTokenizerOf(transformerFiles, start.transformer), embeddings, model);
  if (isConfig && tokenizer.vocabularySize > embeddings) {
    throw new HpdError(
      "invalid_model",
      `${model}: the tokenizer has ids up to ${tokenizer.vocabularySize - 1}, ` +
        `but there are embeddings for ${embeddings} only. Set vocab_size to ${tokenizer.vocabularySize}.`,
    );
  }
  const dense = start.dense ?? newDense([start.transformer, start.pooling], dimension, random);
  return new Student([start.transformer, start.pooling, dense], tokenizer, { transformerFiles, config: plainConfig });
}

interface Start {
  readonly transformerFolder: string;
  readonly transformer: Transformer;
  readonly pooling: Module;
  readonly dense: Module | undefined;
}

async function fromModel(source: ModelSource, options: StudentOptions): Promise<Start> {
  const isPlain = !source.files.includes("modules.json");
  const loaded = await loadModules(source, isPlain ? (options.pooling ?? "mean") : options.pooling, (message) =>
    options.onWarning?.(message),
  );
  const { input, modules } = onlyPipeline(loaded, source.name, "a student");
  const { folder, module: transformer } = requireTransformer(input, source.name, "a student");
  const [, pooling, ...others] = modules;
  if (pooling?.type !== "Pooling") {
    throw new HpdError(
      "unsupported",
      `${source.name}: a student's transformer is followed by a Pooling, got ${pooling?.type}`,
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
  const { layers } = options;
  return {
    transformerFolder: folder,
    transformer: layers === undefined ? transformer : selectLayers(transformer, layers, source.name),
    pooling,
    dense,
  };
}

async function fromConfig(tokenizer: ModelSource, options: StudentOptions, random: Random): Promise<Start> {
  const { model, layers, pooling = "mean", keepDense } = options;
  if (layers !== undefined || keepDense) {
    throw new HpdError("invalid_argument", `${model} is a config: it has no layers or Dense to take`);
  }
  const transformer = initialTransformer(await readConfig(model), model, random);
  const embeddingDimension = transformer.transformerConfig.parsed.hiddenSize;
  return {
    transformerFolder: await transformerFolderOf(tokenizer),
    transformer,
    pooling: buildPooling({ embeddingDimension, modes: [pooling], includePrompt: true }, model),
    dense: undefined,
  };
}

function warnOfOwnCode(
  { transformerConfig: { family } }: Transformer,
  name: string,
  onWarning: StudentOptions["onWarning"],
): void {
  if (!family.ownCode?.isOnlyOne) return;
  onWarning?.(
    `${name}: Python has no ${family.className} of its own. It has to be told trust_remote_code=True to load the student, ` +
      "or it computes something else or nothing",
  );
}

async function readConfig(path: string): Promise<JsonObject> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw cannotRead(path, cause);
  });
  return parseJsonObject(text, path);
}

/** The tokenizer that the saved student will have: its files beside the transformer's config. */
function savedTokenizerOf(files: ReadonlyMap<string, Uint8Array>, transformer: Transformer): ModelTokenizer {
  const texts = new Map<string, string>();
  for (const [name, bytes] of files) {
    if (tokenizerFileNames.includes(name)) texts.set(name, new TextDecoder().decode(bytes));
  }
  return tokenizerOf(texts, transformer);
}

function newDense(before: readonly Module[], dimension: number, random: Random): Module {
  const features = before.reduce<Features>((given, module) => module.build(given), inputFeatures());
  const inputs = requireFeature("Dense", features, "sentence_embedding").shape.at(-1) as number;
  const config = {
    in_features: inputs,
    out_features: dimension,
    bias: true,
    activation_function: "torch.nn.modules.activation.Tanh",
  };
  return buildDense(config, "a new Dense", new Parameters("a new Dense", "", initialDense(inputs, dimension, random)));
}
