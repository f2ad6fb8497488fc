/** From a cross-encoder's files to what predicting needs. */
import { openModel } from "#hub";
import { createSession } from "#runtime";
import { requireOptionalOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { Encoder } from "../encode/encoder.ts";
import { loadTokenizer } from "../encode/load-tokenizer.ts";
import { printWarning } from "../encode/print-warning.ts";
import { type Prompts, parsePrompts } from "../encode/prompts.ts";
import { weighed } from "../encode/weighed-source.ts";
import { HpdError } from "../errors.ts";
import { input } from "../graph/build.ts";
import { compileForInference } from "../graph/lower-inference.ts";
import { type Graph, inputNames, type Node, topologicalOrder } from "../graph/node.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { type Features, inputFeatures } from "../modules/features.ts";
import { familyOf } from "../modules/input-module.ts";
import { type LoadedCrossEncoder, loadCrossEncoder } from "../modules/load-cross-encoder.ts";
import { modelConfigName } from "../modules/model-config.ts";
import { longestText } from "../modules/transformer/family.ts";
import { withWeightsOpen } from "../modules/weights-open.ts";
import type { ModelTokenizer } from "../tokenizer/build-tokenizer.ts";
import { activationOf, type CrossEncoderActivation, crossEncoderActivations } from "./activations.ts";
import type { CrossEncoderDescription } from "./description.ts";
import type { CrossEncoderLoadOptions, TextPair, TokenizedPair } from "./options.ts";

export interface CrossEncoderModel {
  readonly name: string;
  readonly encoder: Encoder<TextPair>;
  tokenize(pair: TextPair, prompt: string, maxLength: number): TokenizedPair;
  /** The most tokens of a pair, special ones and prompt included. */
  readonly maxLength: number;
  readonly numLabels: number;
  readonly labels: readonly string[];
  readonly activation: CrossEncoderActivation;
  readonly prompts: Prompts;
  readonly description: CrossEncoderDescription;
}

export async function loadCrossEncoderModel(
  idOrPath: string,
  options: CrossEncoderLoadOptions,
): Promise<CrossEncoderModel> {
  if (typeof idOrPath !== "string") {
    throw new HpdError(
      "invalid_argument",
      `a cross-encoder's folder or hub id should be a string, got ${describe(idOrPath)}`,
    );
  }
  requireOptionalOneOf("precision", options.precision, ["fp32", "int8"]);
  requireOptionalOneOf("activationFn", options.activationFn, crossEncoderActivations);
  if (options.maxLength !== undefined) requirePositiveInteger("maxLength", options.maxLength);
  const source = weighed(await openModel(idOrPath, options));
  const warnings: string[] = [];
  const tell = options.onWarning ?? printWarning;
  const warn = (message: string): void => {
    warnings.push(message);
    tell(message);
  };
  const { family, ...model } = await withWeightsOpen(source, (open) => readCrossEncoder(open, options, warn));
  const { name, numLabels, labels, activation, maxLength, prompts } = model;
  const description: CrossEncoderDescription = {
    modelType: "CrossEncoder",
    name,
    ...family,
    fileBytes: source.weightBytes,
    numLabels,
    labels,
    activationFn: activation,
    maxLength,
    prompts: prompts.texts,
    defaultPromptName: prompts.defaultName,
    warnings,
  };
  return { ...model, description };
}

type Read = Omit<CrossEncoderModel, "description"> & {
  readonly family: Pick<CrossEncoderDescription, "family" | "config" | "parameters" | "bytes" | "vocabularySize">;
};

async function readCrossEncoder(
  source: ModelSource,
  options: CrossEncoderLoadOptions,
  warn: (message: string) => void,
): Promise<Read> {
  const loaded = await loadCrossEncoder(source, warn);
  const { numLabels, labels } = loaded;
  const { tokenizer, limits } = await loadTokenizer(source, loaded.input);
  if (tokenizer.paddingSide === "left") {
    throw new HpdError(
      "unsupported",
      `${source.name}: a cross-encoder with padding on the left is not supported: Python would judge by the padding. ` +
        'Set padding_side in tokenizer_config.json to "right".',
    );
  }
  // As in Python, what is asked for goes before the tokenizer's own length; no positions are made for it.
  const maxLength = Math.min(
    options.maxLength ?? limits.sentence,
    longestText(loaded.input.module.transformerConfig.parsed),
  );
  const prompts = parsePrompts(loaded.config, `${source.name}/${modelConfigName}`);
  const activation = options.activationFn ?? activationOf(loaded.activation, loaded.activationFile, numLabels, warn);
  const { compiled, inputs } = await compile(loaded, tokenizer, maxLength, source.name, options.precision ?? "fp32");
  const session = await createSession(Promise.resolve(compiled), options);
  const pairs = {
    padId: tokenizer.padId,
    encode: ([first, second]: TextPair, prompt: string, length: number) =>
      tokenizer.encodePair(prompt + first, second, length),
  };
  const encoder = new Encoder<TextPair>(pairs, session, inputs, false);
  const { module } = loaded.input;
  const family = {
    family: familyOf(loaded.input),
    config: module.config,
    parameters: module.parameters.count,
    bytes: compiled.weights.length,
    vocabularySize: tokenizer.vocabularySize,
  };
  const { encode: tokenize } = pairs;
  return { name: source.name, encoder, tokenize, maxLength, numLabels, labels, activation, prompts, family };
}

/** The types of tokens are an input only where the tokenizer tells the two texts apart and the network looks at it. */
async function compile(
  loaded: LoadedCrossEncoder,
  tokenizer: ModelTokenizer,
  maxLength: number,
  name: string,
  precision: "fp32" | "int8",
) {
  // It says at load what has no room for the special tokens of a pair.
  const { typeIds } = tokenizer.encodePair("a", "a", maxLength);
  const types = typeIds.reduce((most, id) => Math.max(most, id), 0);
  const typeInput = input("token_type_ids", "int32", ["batch", "sequence"]);
  const features: Features = { ...inputFeatures(), ...(types > 0 && { token_type_ids: typeInput }) };
  const graph = { scores: loaded.build(features) };
  requireTypes(graph, typeInput, types, name);
  return {
    compiled: await compileForInference(graph, precision),
    inputs: inputNames(graph),
  };
}

/** @param types the input that looks up the rows of token types, where the network has some */
function requireTypes(graph: Graph, types: Node, largest: number, name: string): void {
  for (const { op, inputs } of topologicalOrder(graph)) {
    if (op !== "gather" || inputs[1] !== types) continue;
    const rows = inputs[0]!.shape[0] as number;
    if (largest < rows) continue;
    throw new HpdError(
      "invalid_model",
      `${name}: the tokenizer gives tokens the type ${largest}, but the model has ${rows} token types only`,
    );
  }
}
