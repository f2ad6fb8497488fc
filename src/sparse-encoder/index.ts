/** Sparse encoders: a weight for each token of the vocabulary, most of them 0. */
export type { SearchHit } from "../search/top-k.ts";
export type { SparseEncoderDescription } from "./description.ts";
export { InvertedIndex, type InvertedIndexOptions, type SparseSearchOptions } from "./inverted-index.ts";
export type { SparseEncodeOptions, SparseEncoderLoadOptions, SparseEncodeStreamOptions } from "./options.ts";
export { SparseEmbeddings, type SparseVector, type SparseVectorLike } from "./sparse-embeddings.ts";
export { type DecodedToken, SparseEncoder, type Sparsity } from "./sparse-encoder.ts";
export type { SparseLike } from "./sparse-similarity.ts";
