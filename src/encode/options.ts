/** The options of loading and encoding, under the names of the Python library in camelCase. */

import type { Hints, OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import { type ModelSourceOptions, modelSourceOptions } from "../hub/model-source.ts";
import type { PoolingMode } from "../modules/pooling.ts";
import type { EmbeddingPrecision } from "../similarity/quantized-embeddings.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import { rangesOfSample } from "./check-arguments.ts";

export interface LoadOptions extends ModelSourceOptions {
  /**
   * Arithmetic of the network: `int8` is faster. It is made from the weights at load, unless the folder is one of `hpd
   * quantize`, whose int8 is more exact and faster still. Default: `int8` for such a folder, else `fp32`.
   */
  readonly dtype?: "fp32" | "int8" | undefined;
  /**
   * The pooling of a plain transformers folder, which has none of its own. `pooler` is the transformer's pooler output
   * (SimCSE). Default `mean`, `lasttoken` for a causal language model, with a warning.
   */
  readonly pooling?: PoolingMode | "pooler" | undefined;
  /** Keep only the first dimensions of every embedding; `encode` may ask for another number. */
  readonly truncateDim?: number | undefined;
  /** The similarity function. Default: the model's own `similarity_fn_name`, else `cosine`. */
  readonly similarityFunction?: SimilarityFunction | undefined;
  /**
   * Threads that compute (in Node). Default: one for each core, at most 8. Those of a small model have each a copy of
   * its weights, those of a large one share it. 0: the calling thread computes, and is blocked.
   */
  readonly workers?: number | undefined;
  /** Called with warnings: what is unusual in a model but not wrong. Default: `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

export const loadOptions: OptionTable<LoadOptions> = {
  ...modelSourceOptions,
  dtype: "string",
  pooling: "string",
  truncateDim: "number",
  similarityFunction: "string",
  workers: "number",
  onWarning: "function",
};

/** Advice for options of Python's constructor that have another name or place here. */
export const loadHints: Hints = {
  device: "models run on the CPU; workers sets the number of threads",
  backend: "every model runs in ONNX Runtime",
  trustRemoteCode: "code in a model is never executed",
  similarityFnName: "similarityFunction is its name here",
  useAuthToken: "token is its name here",
  normalizeEmbeddings: "it is an option of encode",
  precision: "it is an option of encode; dtype is the arithmetic of the network",
  promptName: "it is an option of encode",
  prompts: "give encode a prompt",
  batchSize: "batches are made by the length of the texts",
};

interface CommonEncodeOptions {
  /** Text put before every sentence. It goes before `promptName`. */
  readonly prompt?: string | undefined;
  /** Name of a prompt in the model's `config_sentence_transformers.json`. Default: its `default_prompt_name`. */
  readonly promptName?: string | undefined;
  /**
   * The kind of the texts, for models that truncate queries or documents to a length of their own. It chooses no
   * prompt: `encodeQuery` and `encodeDocument` do both. A model with a Router chooses its route by it, and may have
   * routes of other names. Default: neither.
   */
  readonly task?: "query" | "document" | (string & {}) | undefined;
  /** Called as batches are done. */
  readonly onProgress?: ((progress: Progress<"encode", number>) => void) | undefined;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** @typeParam P the element type asked for */
export interface EncodeOptions<P extends EmbeddingPrecision = EmbeddingPrecision> extends CommonEncodeOptions {
  /** Scale every embedding to length 1, after truncation. A zero vector stays zero. */
  readonly normalizeEmbeddings?: boolean | undefined;
  /** Keep only the first dimensions; more than there are changes nothing. */
  readonly truncateDim?: number | undefined;
  /**
   * Element type of the embeddings, quantized as by `quantize_embeddings`. Default `float32`. `int8` and `uint8` take
   * the range of each dimension from the texts of the call, which must be several.
   */
  readonly precision?: P | undefined;
  readonly outputValue?: "sentence_embedding" | undefined;
  /**
   * Whether batches are made of these texts alone and of one size, whatever other calls and however many workers there
   * are. The last bits of an embedding depend on its batch mates: with this, the same texts in the same order have the
   * same bits by every call, on processors with the same instructions. Default false: a little work is spread over all
   * workers, and short calls share batches.
   */
  readonly fixedBatches?: boolean | undefined;
}

export interface EncodeStreamOptions<P extends EmbeddingPrecision = EmbeddingPrecision> extends EncodeOptions<P> {
  /**
   * Whether to encode full windows of a few thousand texts only, however slowly texts arrive. The last bits of an
   * embedding depend on its batch mates, so only then are two runs over the same texts equal to the last bit; with
   * `fixedBatches` those of another number of workers, too. Default false.
   */
  readonly fullWindows?: boolean | undefined;
}

/** Asks for one `[tokens, hidden]` matrix a sentence, special tokens included, instead of one embedding. */
export interface EncodeTokensOptions extends CommonEncodeOptions {
  readonly outputValue: "token_embeddings";
}

/** The options of `EncodeOptions` and `EncodeTokensOptions`. */
export const encodeOptions: OptionTable<EncodeOptions> & OptionTable<EncodeTokensOptions> = {
  prompt: "string",
  promptName: "string",
  task: "string",
  onProgress: "function",
  signal: "signal",
  normalizeEmbeddings: "boolean",
  truncateDim: "number",
  precision: "string",
  outputValue: "string",
  fixedBatches: "boolean",
};

/** Options of tokenization. */
export interface TokenizeOptions extends Pick<CommonEncodeOptions, "prompt" | "promptName" | "task"> {
  /** Cut a longer text as `encode` does. Default true; without, `encodeTokenized` refuses it. */
  readonly truncate?: boolean | undefined;
  /** The end of a long text that is cut off, special tokens excepted. Default: the tokenizer's own, mostly `right`. */
  readonly truncationSide?: "left" | "right" | undefined;
}

export const tokenizeOptions: OptionTable<TokenizeOptions> = {
  prompt: "string",
  promptName: "string",
  task: "string",
  truncate: "boolean",
  truncationSide: "string",
};

export interface EncodeTokenizedOptions extends Pick<CommonEncodeOptions, "signal"> {
  readonly outputValue?: "sentence_embedding" | "token_embeddings" | undefined;
  /** Called when the first text goes to a worker, which tells how long the texts waited for those of other calls. */
  readonly onStart?: (() => void) | undefined;
}

export const encodeTokenizedOptions: OptionTable<EncodeTokenizedOptions> = {
  signal: "signal",
  outputValue: "string",
  onStart: "function",
};

export const encodeStreamOptions: OptionTable<EncodeStreamOptions> = { ...encodeOptions, fullWindows: "boolean" };

/** Advice for options of Python's `encode`, and others that are often passed. */
export const encodeHints: Hints = {
  batchSize: "batches are made by the length of the texts",
  dtype: "it is an option of load; precision is the element type of embeddings",
  chunkSize: "batches are made by the length of the texts",
  showProgressBar: "onProgress is called as batches are done",
  convertToNumpy: "embeddings are typed arrays",
  convertToTensor: "embeddings are typed arrays",
  device: "models run on the CPU; the option workers of load sets the number of threads",
  pool: "the option workers of load sets the number of threads",
  workers: "it is an option of load",
  pooling: "it is an option of load",
  ranges: rangesOfSample,
  calibrationEmbeddings: rangesOfSample,
};
