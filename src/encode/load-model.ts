/** From a model's files to what encoding needs: tokenizer, compiled graph, session, prompts. */

import { openModel } from "#hub";
import { createSession } from "#runtime";
import { requireOptionalOneOf } from "../common/arguments.ts";
import { describe, type JsonObject } from "../common/json.ts";
import { printable } from "../common/printable.ts";
import { HpdError } from "../errors.ts";
import { compileForInference } from "../graph/lower-inference.ts";
import { poolingModes, topologicalOrder } from "../graph/node.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { type Features, inputFeatures } from "../modules/features.ts";
import { loadModules } from "../modules/load-modules.ts";
import { modelConfigName } from "../modules/model-config.ts";
import { requireFeature } from "../modules/module.ts";
import { optionalPositiveInteger } from "../modules/read-json.ts";
import type { TextKind } from "../modules/transformer/text-lengths.ts";
import { asSimilarityFunction, type SimilarityFunction, similarityFunctions } from "../similarity/similarity.ts";
import type { ModelTokenizer } from "../tokenizer/build-tokenizer.ts";
import { promptLength } from "../tokenizer/prompt-length.ts";
import { withinEmbeddings } from "../tokenizer/within-embeddings.ts";
import { requireTruncateDim } from "./check-arguments.ts";
import type { ModelDescription } from "./description.ts";
import { Encoder } from "./encoder.ts";
import { readTokenizerFiles, textLimits, tokenizerOf } from "./load-tokenizer.ts";
import type { LoadOptions } from "./options.ts";
import { type Prompts, parsePrompts } from "./prompts.ts";
import { weighed } from "./weighed-source.ts";

export interface LoadedModel {
  readonly tokenizer: ModelTokenizer;
  /** The most tokens of a text, special ones and prompt included. */
  readonly limits: Readonly<Record<TextKind, number>>;
  readonly encoder: Encoder;
  /** Of a sentence embedding, before truncation. */
  readonly dimension: number;
  readonly truncateDim: number | undefined;
  readonly prompts: Prompts;
  readonly similarityFunction: SimilarityFunction;
  readonly description: ModelDescription;
  /** Tokens of a prompt that are not to be pooled. */
  promptLength(prompt: string): number;
  /** A second graph, which ends in token embeddings; loaded when asked for, since most never do. */
  loadTokenEncoder(): Promise<Encoder>;
}

export async function loadModel(idOrPath: string, options: LoadOptions): Promise<LoadedModel> {
  if (typeof idOrPath !== "string") {
    const found = (idOrPath as unknown) instanceof URL ? "a URL: take fileURLToPath(url)" : describe(idOrPath);
    throw new HpdError("invalid_argument", `a model's folder or hub id should be a string, got ${found}`);
  }
  requireOptionalOneOf("precision", options.precision, ["fp32", "int8"]);
  requireOptionalOneOf("pooling", options.pooling, [...poolingModes, "pooler"]);
  requireOptionalOneOf("similarityFunction", options.similarityFunction, similarityFunctions);
  requireTruncateDim(options.truncateDim);
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    if (options.onWarning) options.onWarning(message);
    // biome-ignore lint/suspicious/noConsole: the documented default
    else console.warn(printable(`hpd: ${message}`));
  };
  const source = weighed(await openModel(idOrPath, options));
  const graph = loadGraph(source, "sentence_embedding", options, warn);
  // The runtime starts while the weights are read, and takes them in while the tokenizer is built.
  const compiled = graph.then(({ compiled }) => compiled);
  const session = createSession(compiled, options);
  // Met when they are awaited; the first to fail is the one that is told.
  session.catch(() => {});
  compiled.catch(() => {});
  try {
    const { inputs, dimension, endsInNormalize, loaded, description } = await graph;
    const { config, settings, transformer } = loaded;
    const files = await readTokenizerFiles(source, loaded.transformerFolder, settings);
    const embeddings = transformer.transformerConfig.vocabularySize;
    const tokenizer = withinEmbeddings(tokenizerOf(files, transformer), embeddings, source.name);
    const limits = textLimits(tokenizer, settings, transformer, source.name);
    const configName = `${source.name}/${modelConfigName}`;
    const prompts = parsePrompts(config, configName);
    const truncateDim = options.truncateDim ?? truncateDimOf(config, configName);
    const similarityFunction =
      options.similarityFunction ?? asSimilarityFunction(config.similarity_fn_name ?? "cosine", configName);
    return {
      tokenizer,
      limits,
      encoder: new Encoder(tokenizer, await session, inputs),
      dimension,
      truncateDim,
      prompts,
      similarityFunction,
      description: {
        ...description,
        name: source.name,
        fileBytes: source.weightBytes,
        dimension,
        // What is cut after the model has scaled it is shorter.
        isNormalized: endsInNormalize && (truncateDim ?? dimension) >= dimension,
        maxSeqLength: limits.sentence,
        vocabularySize: tokenizer.vocabularySize,
        similarityFunction,
        prompts: prompts.texts,
        defaultPromptName: prompts.defaultName,
        warnings,
      },
      promptLength: (prompt) =>
        prompt !== "" && inputs.includes("prompt_mask") ? promptLength(tokenizer, prompt, limits.sentence) : 0,
      async loadTokenEncoder() {
        const tokens = await loadGraph(source, "token_embeddings", options, () => {});
        return new Encoder(tokenizer, await createSession(tokens.compiled, options), tokens.inputs);
      },
    };
  } catch (error) {
    await session.then((started) => started.dispose()).catch(() => {});
    throw error;
  }
}

/** What is read of a model's modules. It holds no weights but those of the compiled graph. */
async function loadGraph(
  source: ModelSource,
  output: "sentence_embedding" | "token_embeddings",
  { pooling, precision }: LoadOptions,
  warn: (message: string) => void,
) {
  const { modules, ...loaded } = await loadModules(source, pooling, warn);
  const features = modules.reduce<Features>((before, module) => module.build(before), inputFeatures());
  const node = requireFeature("encode", features, output);
  const dimension = node.shape.at(-1);
  const expected = output === "sentence_embedding" ? "batch" : "batch,sequence";
  if (typeof dimension !== "number" || String(node.shape.slice(0, -1)) !== expected) {
    throw new HpdError(
      "invalid_model",
      `${source.name}: ${output} should have shape [${expected},dimension], the modules give [${node.shape}]`,
    );
  }
  const graph = { [output]: node };
  const compiled = compileForInference(graph, precision ?? "fp32");
  return {
    compiled,
    inputs: topologicalOrder(graph).flatMap((node) => (node.op === "input" ? [node.attributes.name] : [])),
    dimension,
    endsInNormalize: modules.findLast(({ type }) => type !== "Dropout")?.type === "Normalize",
    loaded,
    description: {
      modules: modules.map(({ type, config }) => ({ type, config })),
      parameters: modules.reduce((sum, { parameters }) => sum + parameters.count, 0),
      bytes: compiled.weights.length,
    },
  };
}

function truncateDimOf(config: JsonObject, file: string): number | undefined {
  return optionalPositiveInteger(config, "truncate_dim", file);
}
