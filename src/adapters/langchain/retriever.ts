/** A retriever for LangChain, over an index. */

import type { Document } from "@langchain/core/documents";
import { BaseRetriever, type BaseRetrieverInput } from "@langchain/core/retrievers";
import { requireMethods } from "../../common/arguments.ts";
import type { PassageIndex, SearchOptions } from "../../passage-index/index.ts";
import { documentOf } from "./document.ts";

export interface HpdRetrieverFields extends BaseRetrieverInput {
  /** The index that is searched. It stays the caller's, who disposes of it. */
  readonly index: PassageIndex;
  /** Options of every search: `topK`, `mode`, `filter`, `rerank`. */
  readonly search?: SearchOptions | undefined;
}

/** The passages of an index as documents, whose metadata are the passage's own and `source`, `score`, `loc.lines`. */
export class HpdRetriever extends BaseRetriever {
  lc_namespace = ["hpd", "retrievers"];
  readonly #index: PassageIndex;
  readonly #search: SearchOptions;

  static override lc_name(): string {
    return "HpdRetriever";
  }

  constructor(fields: HpdRetrieverFields) {
    const { index, search = {}, ...rest } = fields ?? {};
    super(rest);
    requireMethods("HpdRetriever: index", index, ["search"], "an open PassageIndex");
    this.#index = index;
    this.#search = search;
  }

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    return (await this.#index.search(query, this.#search)).map(documentOf);
  }
}
