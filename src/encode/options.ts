/** The options of loading and encoding, under the names of the Python library in camelCase. */
import type { ModelSourceOptions } from "../hub/model-source.ts";
import type { PoolingMode } from "../modules/pooling.ts";
import type { EmbeddingPrecision } from "../similarity/quantization.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";

export interface LoadOptions extends ModelSourceOptions {
  /** Arithmetic of the network: `int8` is made from the weights at load and is faster. Default `fp32`. */
  precision?: "fp32" | "int8";
  /**
   * How tokens become a sentence embedding in a plain transformers folder, which says nothing about it.
   * `pooler` is the transformer's own pooler output (SimCSE). Default `mean`, with a warning.
   */
  pooling?: PoolingMode | "pooler";
  /** Keep only the first dimensions of every embedding; `encode` may ask for another number. */
  truncateDim?: number;
  /** Instead of the model's own `similarity_fn_name`. */
  similarityFunction?: SimilarityFunction;
  /** Worker threads (in Node). Default: one for each core, at most 8. */
  workers?: number;
  /** Told of what is unusual in a model but not wrong. Default: `console.warn`. */
  onWarning?: (message: string) => void;
}

interface CommonEncodeOptions {
  /** Text put before every sentence. It goes before `promptName`. */
  prompt?: string;
  /** Name of a prompt in the model's `config_sentence_transformers.json`. Default: its `default_prompt_name`. */
  promptName?: string;
  /** Called as batches are done. */
  onProgress?: (progress: EncodeProgress) => void;
  /** Stops the work; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** @typeParam P the element type asked for */
export interface EncodeOptions<P extends EmbeddingPrecision = EmbeddingPrecision> extends CommonEncodeOptions {
  /** Scale every embedding to length 1, after truncation. A zero vector stays zero. */
  normalizeEmbeddings?: boolean;
  /** Keep only the first dimensions; more than there are changes nothing. */
  truncateDim?: number;
  /** Element type of the embeddings that come back, as `quantize_embeddings` makes them. Default `float32`. */
  precision?: P;
  outputValue?: "sentence_embedding";
}

/** Asks for one `[tokens, hidden]` matrix a sentence, special tokens included, instead of one embedding. */
export interface EncodeTokensOptions extends CommonEncodeOptions {
  outputValue: "token_embeddings";
}

export interface EncodeProgress {
  /** Sentences done. */
  done: number;
  /** Sentences in all. */
  total: number;
}
