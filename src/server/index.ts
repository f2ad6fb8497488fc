/** The entry `hpd/server`: the APIs of OpenAI, text-embeddings-inference, Ollama and Cohere, and searches, as a fetch handler. */

export type { EmbeddingServer } from "./embedding-server.ts";
export { type Listening, type ListenOptions, listen } from "./http/listen.ts";
export type { LogEntry } from "./observe/log.ts";
export type { ServerOptions } from "./options.ts";
export type { NamedIndex } from "./served-indexes.ts";
export type { NamedModel } from "./served-models.ts";
export { createServer } from "./server.ts";
