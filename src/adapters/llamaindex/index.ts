/** `hpd/llamaindex`: embeddings for LlamaIndex, on `@llamaindex/core`. */
export { HpdEmbedding, type HpdEmbeddingOptions } from "./embedding.ts";
