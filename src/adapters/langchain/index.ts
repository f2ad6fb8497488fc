/** `hpd/langchain`: embeddings, a retriever and a reranker for LangChain, on `@langchain/core`. */
export { HpdEmbeddings, type HpdEmbeddingsFields } from "./embeddings.ts";
export { HpdRerank, type HpdRerankFields } from "./rerank.ts";
export { HpdRetriever, type HpdRetrieverFields } from "./retriever.ts";
