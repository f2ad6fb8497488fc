/** The public entry: load a model, encode, compare. */

export type { Progress } from "./common/progress.ts";
export { defaultModel } from "./encode/default-model.ts";
export type { ModelDescription } from "./encode/description.ts";
export type {
  EncodeOptions,
  EncodeStreamOptions,
  EncodeTokenizedOptions,
  EncodeTokensOptions,
  LoadOptions,
  TokenizeOptions,
} from "./encode/options.ts";
export { SentenceTransformer } from "./encode/sentence-transformer.ts";
export type { TokenizedText } from "./encode/tokenized-text.ts";
export { HpdError, type HpdErrorCode } from "./errors.ts";
export type { DownloadProgress, ModelSourceOptions } from "./hub/model-source.ts";
export type { PoolingMode } from "./modules/pooling.ts";
export type { EmbeddingsLike, Vector } from "./similarity/as-embeddings.ts";
export { quantizationRanges, quantizeEmbeddings } from "./similarity/quantization.ts";
export {
  type EmbeddingPrecision,
  type EmbeddingsOf,
  type QuantizationArray,
  type QuantizationRanges,
  type QuantizedData,
  QuantizedEmbeddings,
  type QuantizedPrecision,
} from "./similarity/quantized-embeddings.ts";
export { type SimilarityFunction, similarity, similarityPairwise } from "./similarity/similarity.ts";
export { Embeddings } from "./tensor/embeddings.ts";
export type { Matrix } from "./tensor/matrix.ts";
