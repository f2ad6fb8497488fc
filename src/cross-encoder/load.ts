/** Loads a cross-encoder: from its files to what predicting needs. */
import { openModel } from "#hub";
import { createSession } from "#runtime";
import { optionsHint, requireOptionalOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { collectWarnings } from "../encode/collect-warnings.ts";
import { Encoder } from "../encode/encoder.ts";
import { loadTokenizer } from "../encode/load-tokenizer.ts";
import { measuredSource } from "../encode/measured-source.ts";
import { type Prompts, parsePrompts } from "../encode/prompts.ts";
import { HpdError } from "../errors.ts";
import { arithmeticOf, compileForInference } from "../graph/lower-inference.ts";
import { inputNames } from "../graph/node.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { familyOf } from "../modules/input-module.ts";
import { type LoadedCrossEncoder, loadCrossEncoder } from "../modules/load-cross-encoder.ts";
import { modelConfigName } from "../modules/model-config.ts";
import { longestText } from "../modules/transformer/family.ts";
import { withWeightsOpen } from "../modules/weights-open.ts";
import type { ModelTokenizer } from "../tokenizer/build-tokenizer.ts";
import { activationOf, type CrossEncoderActivation, crossEncoderActivations } from "./activations.ts";
import type { CrossEncoderDescription } from "./description.ts";
import type { CrossEncoderLoadOptions, TextPair, TokenizedPair } from "./options.ts";
import { pairFeatures, requireRightPadding, requireTypes } from "./pair-features.ts";

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
      `a cross-encoder's folder or hub id should be a string, got ${describe(idOrPath)}${optionsHint(idOrPath)}`,
    );
  }
  requireOptionalOneOf("dtype", options.dtype, ["fp32", "int8"]);
  requireOptionalOneOf("activationFn", options.activationFn, crossEncoderActivations);
  if (options.maxLength !== undefined) requirePositiveInteger("maxLength", options.maxLength);
  const source = measuredSource(await openModel(idOrPath, options));
  const { warnings, warn } = collectWarnings(options.onWarning);
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
  readonly family: Pick<
    CrossEncoderDescription,
    "family" | "config" | "parameters" | "bytes" | "arithmetic" | "vocabularySize"
  >;
};

async function readCrossEncoder(
  source: ModelSource,
  options: CrossEncoderLoadOptions,
  warn: (message: string) => void,
): Promise<Read> {
  const loaded = await loadCrossEncoder(source, warn);
  const { numLabels, labels } = loaded;
  const { tokenizer, limits } = await loadTokenizer(source, loaded.input);
  requireRightPadding(tokenizer, source.name);
  // As in Python, what is asked for goes before the tokenizer's own length; no positions are made for it.
  const maxLength = Math.min(
    options.maxLength ?? limits.sentence,
    longestText(loaded.input.module.transformerConfig.parsed),
  );
  const prompts = parsePrompts(loaded.config, `${source.name}/${modelConfigName}`, {});
  const activation = options.activationFn ?? activationOf(loaded.activation, loaded.activationFile, numLabels, warn);
  const { compiled, arithmetic, inputs } = await compile(loaded, {
    tokenizer,
    maxLength,
    name: source.name,
    dtype: options.dtype,
  });
  const session = await createSession(Promise.resolve(compiled), options);
  const pairs = {
    padId: tokenizer.padId,
    encode: ([first, second]: TextPair, prompt: string, length: number) =>
      tokenizer.encodePair(prompt + first, second, length),
  };
  const encoder = new Encoder<TextPair>(pairs, session, { inputs, allowsEmpty: false, arithmetic });
  const { module } = loaded.input;
  const family = {
    family: familyOf(loaded.input),
    config: module.config,
    parameters: module.parameters.count,
    bytes: compiled.weights.length,
    arithmetic,
    vocabularySize: tokenizer.vocabularySize,
  };
  const { encode: tokenize } = pairs;
  return { name: source.name, encoder, tokenize, maxLength, numLabels, labels, activation, prompts, family };
}

interface Compilation {
  readonly tokenizer: ModelTokenizer;
  /** Maximum tokens per pair. */
  readonly maxLength: number;
  /** The model, for messages. */
  readonly name: string;
  readonly dtype: "fp32" | "int8" | undefined;
}

async function compile(loaded: LoadedCrossEncoder, { tokenizer, maxLength, name, dtype }: Compilation) {
  const graph = { scores: loaded.build(pairFeatures(tokenizer, maxLength)) };
  requireTypes(graph, tokenizer, maxLength, name);
  return {
    compiled: await compileForInference(graph, dtype),
    arithmetic: arithmeticOf(graph, dtype),
    inputs: inputNames(graph),
  };
}
