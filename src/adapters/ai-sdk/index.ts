/** `hpd/ai-sdk`: models for the AI SDK (package `ai`), which run in this process. */
export { type EmbeddingModelOptions, embeddingModel } from "./embedding-model.ts";
export { rerankingModel } from "./reranking-model.ts";
