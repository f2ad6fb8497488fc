/** `hpd/langchain`: embeddings, a vector store, a retriever and a reranker for LangChain, on `@langchain/core`. */
export { HpdEmbeddings, type HpdEmbeddingsFields } from "./embeddings.ts";
export { HpdRerank, type HpdRerankFields } from "./rerank.ts";
export { HpdRetriever, type HpdRetrieverFields } from "./retriever.ts";
export { type HpdMmrOptions, HpdVectorStore, type HpdVectorStoreConfig, type HpdWriteOptions } from "./vector-store.ts";
