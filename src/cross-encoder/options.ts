/** The options of cross-encoders, under the names of the Python library in camelCase. */

import type { Hints, OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import { encodeHints, type LoadOptions, loadHints, loadOptions } from "../encode/options.ts";
import type { CrossEncoderActivation } from "./activations.ts";

/** The two texts of a pair, the query first. */
export type TextPair = readonly [first: string, second: string];

export interface CrossEncoderLoadOptions extends Omit<LoadOptions, "pooling" | "truncateDim" | "similarityFunction"> {
  /** Maximum tokens per pair, special ones included; the longer text is cut first. Default: the model's own limit. */
  readonly maxLength?: number | undefined;
  /** The function applied to the scores. Default: the model's own, else sigmoid for one label, identity for several. */
  readonly activationFn?: CrossEncoderActivation | undefined;
}

const { pooling: _, truncateDim: __, similarityFunction: ___, ...commonOptions } = loadOptions;

export const crossEncoderLoadOptions: OptionTable<CrossEncoderLoadOptions> = {
  ...commonOptions,
  maxLength: "number",
  activationFn: "string",
};

export const crossEncoderLoadHints: Hints = {
  ...loadHints,
  maxSeqLength: "maxLength is its name here",
  numLabels: "it is what the model's weights are for",
  defaultActivationFunction: "activationFn is its name here",
};

export interface PredictOptions {
  /** Text put before the first text of every pair. It goes before `promptName`. */
  readonly prompt?: string | undefined;
  /** Name of a prompt in the model's `config_sentence_transformers.json`. Default: its `default_prompt_name`. */
  readonly promptName?: string | undefined;
  /** The function applied to the scores. Default: the model's own. */
  readonly activationFn?: CrossEncoderActivation | undefined;
  /** Called as batches are done. */
  readonly onProgress?: ((progress: Progress<"predict", number>) => void) | undefined;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface PredictLabelsOptions extends PredictOptions {
  /** Make the scores of each pair numbers whose sum is 1, after the activation. */
  readonly applySoftmax?: boolean | undefined;
}

/** A pair as tokens: a result of `tokenize`, an input of `predictTokenized`. */
export interface TokenizedPair {
  /** Both texts with the special tokens around and between them. */
  readonly ids: Int32Array;
  /** The type of each token. */
  readonly typeIds?: Int32Array | undefined;
}

export interface TokenizePairOptions extends Pick<PredictOptions, "prompt" | "promptName"> {
  /** Cut a longer pair as `predict` does. Default true; without, `predictTokenized` refuses it. */
  readonly truncate?: boolean | undefined;
}

export interface PredictTokenizedOptions extends Pick<PredictOptions, "activationFn" | "signal"> {
  /** Called when the first pair goes to a worker, which tells how long the pairs waited for those of other calls. */
  readonly onStart?: (() => void) | undefined;
}

export interface RankOptions extends PredictOptions {
  /** Number of best documents to return. Default: all. */
  readonly topK?: number | undefined;
  /** Give the text of each document too. */
  readonly returnDocuments?: boolean | undefined;
}

export const predictOptions: OptionTable<PredictOptions> = {
  prompt: "string",
  promptName: "string",
  activationFn: "string",
  onProgress: "function",
  signal: "signal",
};

export const tokenizePairOptions: OptionTable<TokenizePairOptions> = {
  prompt: "string",
  promptName: "string",
  truncate: "boolean",
};

export const predictTokenizedOptions: OptionTable<PredictTokenizedOptions> = {
  activationFn: "string",
  signal: "signal",
  onStart: "function",
};

export const predictLabelsOptions: OptionTable<PredictLabelsOptions> = { ...predictOptions, applySoftmax: "boolean" };

export const rankOptions: OptionTable<RankOptions> = { ...predictOptions, topK: "number", returnDocuments: "boolean" };

export const predictHints: Hints = {
  ...encodeHints,
  applySoftmax: "it is an option of predictLabels, for models with several labels",
  convertToNumpy: "scores are numbers and typed arrays",
  convertToTensor: "scores are numbers and typed arrays",
};
