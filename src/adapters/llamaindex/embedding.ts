/** Embeddings for LlamaIndex, on `@llamaindex/core`. */

import { BaseEmbedding } from "@llamaindex/core/embeddings";
import { requireMethods } from "../../common/arguments.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { type AdapterEncodeOptions, checkedEncodeOptions, numberRows } from "../encode-options.ts";

export interface HpdEmbeddingOptions extends AdapterEncodeOptions {
  /** The model that embeds. It stays the caller's, who disposes of it. */
  readonly model: SentenceTransformer;
}

/** Queries and texts each get the model's own prompt or route, as `encodeQuery` and `encodeDocument` do. */
export class HpdEmbedding extends BaseEmbedding {
  readonly #model: SentenceTransformer;
  readonly #options: AdapterEncodeOptions;

  /** @throws HpdError `invalid_argument` */
  constructor(given: HpdEmbeddingOptions) {
    super();
    const { model, ...options } = checkedEncodeOptions("HpdEmbedding", given, { model: "any" });
    requireMethods("HpdEmbedding: model", model, ["encodeQuery", "encodeDocument"], "a loaded SentenceTransformer");
    this.#model = model;
    this.#options = options;
    this.embedInfo = { dimensions: options.truncateDim ?? model.dimension, maxTokens: model.maxSeqLength };
    // Many at a time, sorted by length: the model makes batches of its own.
    this.embedBatchSize = 1024;
  }

  override async getTextEmbedding(text: string): Promise<number[]> {
    return Array.from(await this.#model.encodeDocument(text, this.#options));
  }

  override getTextEmbeddings = async (texts: string[]): Promise<number[][]> => {
    return numberRows(await this.#model.encodeDocument(texts, this.#options));
  };

  /** Gives null for a part of a message that is no text. */
  override async getQueryEmbedding(query: Parameters<BaseEmbedding["getQueryEmbedding"]>[0]): Promise<number[] | null> {
    return query.type === "text" ? Array.from(await this.#model.encodeQuery(query.text, this.#options)) : null;
  }
}
