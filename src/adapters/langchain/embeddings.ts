/** Embeddings for LangChain. */

import { Embeddings } from "@langchain/core/embeddings";
import { requireMethods } from "../../common/arguments.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { type AdapterEncodeOptions, checkedEncodeOptions, numberRows } from "../encode-options.ts";

export interface HpdEmbeddingsFields extends AdapterEncodeOptions {
  /** The model that embeds. It stays the caller's, who disposes of it. */
  readonly model: SentenceTransformer;
}

/** Queries and documents each get the model's own prompt or route, as `encodeQuery` and `encodeDocument` do. */
export class HpdEmbeddings extends Embeddings {
  /** The model that embeds. */
  readonly model: SentenceTransformer;
  readonly #options: AdapterEncodeOptions;

  /** @throws HpdError `invalid_argument` */
  constructor(fields: HpdEmbeddingsFields) {
    // This process computes: a call that failed fails again.
    super({ maxRetries: 0 });
    const { model, ...options } = checkedEncodeOptions("HpdEmbeddings", fields, { model: "any" });
    requireMethods("HpdEmbeddings: model", model, ["encodeQuery", "encodeDocument"], "a loaded SentenceTransformer");
    this.model = model;
    this.#options = options;
  }

  async embedDocuments(documents: string[]): Promise<number[][]> {
    return numberRows(await this.model.encodeDocument(documents, this.#options));
  }

  async embedQuery(document: string): Promise<number[]> {
    return Array.from(await this.model.encodeQuery(document, this.#options));
  }
}
