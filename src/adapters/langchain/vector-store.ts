/** A vector store for LangChain, over an index. */
import { randomUUID } from "node:crypto";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { type MaxMarginalRelevanceSearchOptions, VectorStore } from "@langchain/core/vectorstores";
import { requirePositiveInteger, requireText } from "../../common/arguments.ts";
import { checkedOptions } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { Filter, PassageDocument, PassageHit, PassageIndex } from "../../passage-index/index.ts";
import { maximalMarginalRelevance } from "../../search/maximal-marginal-relevance.ts";
import { Embeddings } from "../../tensor/embeddings.ts";
import { documentOf } from "./document.ts";
import { HpdEmbeddings } from "./embeddings.ts";

export interface HpdVectorStoreConfig {
  /** The index that documents are kept in: `PassageIndex.create` or `open` gives it. It stays the caller's. */
  readonly index: PassageIndex;
}

export interface HpdWriteOptions {
  /** Ids of the documents, by which later ones replace them. Default: those of the documents, else new ones. */
  readonly ids?: readonly string[] | undefined;
}

export interface HpdDeleteParams {
  readonly ids?: readonly string[] | undefined;
  readonly filter?: Filter | undefined;
}

export interface HpdMmrOptions extends MaxMarginalRelevanceSearchOptions<Filter> {}

/**
 * Documents in an index of this library, each as one passage with its metadata, beside the files that the index may have.
 * A document with the id of another takes its place.
 */
export class HpdVectorStore extends VectorStore {
  declare FilterType: Filter;
  readonly #index: PassageIndex;
  #checking: Promise<void> | undefined;

  static override lc_name(): string {
    return "HpdVectorStore";
  }

  /**
   * @param embeddings those of the index's model; `HpdEmbeddings` of another one are refused when they are first used
   * @throws HpdError `invalid_argument`
   */
  constructor(embeddings: EmbeddingsInterface, config: HpdVectorStoreConfig) {
    const { index } = checkedOptions("HpdVectorStore", config, { index: "any" });
    if (typeof index?.upsert !== "function") {
      throw new HpdError("invalid_argument", "HpdVectorStore: index should be an open PassageIndex");
    }
    super(embeddings, {});
    this.#index = index;
  }

  override _vectorstoreType(): string {
    return "hpd";
  }

  /** Adds texts to an index. @param metadatas of each, or of all of them */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    config: HpdVectorStoreConfig & HpdWriteOptions,
  ): Promise<HpdVectorStore> {
    const documents = texts.map((pageContent, at) => {
      const metadata = Array.isArray(metadatas) ? (metadatas[at] ?? {}) : metadatas;
      return new Document({ pageContent, metadata: { ...metadata } });
    });
    return HpdVectorStore.fromDocuments(documents, embeddings, config);
  }

  /** Adds documents to an index. */
  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    config: HpdVectorStoreConfig & HpdWriteOptions,
  ): Promise<HpdVectorStore> {
    const { ids, ...own } = config;
    const store = new HpdVectorStore(embeddings, own);
    await store.addDocuments(documents, { ids });
    return store;
  }

  /** A store over an index as it is. @throws HpdError `invalid_argument` for embeddings of another model */
  static async fromExistingIndex(
    embeddings: EmbeddingsInterface,
    config: HpdVectorStoreConfig,
  ): Promise<HpdVectorStore> {
    const store = new HpdVectorStore(embeddings, config);
    await store.#check();
    return store;
  }

  /** @returns the ids. @throws HpdError as `PassageIndex.upsert` */
  override async addDocuments(documents: DocumentInterface[], options: HpdWriteOptions = {}): Promise<string[]> {
    await this.#check();
    const vectors = await this.embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent));
    return this.addVectors(vectors, documents, options);
  }

  /** @returns the ids. @throws HpdError as `PassageIndex.upsert` */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options: HpdWriteOptions = {},
  ): Promise<string[]> {
    const { ids } = checkedOptions("HpdVectorStore", options, { ids: "any" });
    for (const [name, list] of Object.entries({ vectors, ...(ids && { ids }) })) {
      if (Array.isArray(list) && list.length === documents.length) continue;
      throw new HpdError(
        "invalid_argument",
        `${name} should be an array of ${documents.length}, one for each document`,
      );
    }
    const added = documents.map(
      ({ pageContent, metadata, id }, at): PassageDocument => ({
        id: ids?.[at] ?? id ?? randomUUID(),
        text: pageContent,
        metadata,
        embedding: vectors[at]!,
      }),
    );
    await this.#index.upsert(added);
    return added.map(({ id }) => id);
  }

  /**
   * Deletes documents by their ids, or those that a filter selects.
   *
   * @throws HpdError `invalid_argument` unless there is one of both; as `PassageIndex.delete`
   */
  override async delete(params: HpdDeleteParams): Promise<void> {
    const { ids, filter } = checkedOptions<HpdDeleteParams>("HpdVectorStore.delete", params, {
      ...{ ids: "any", filter: "any" },
    });
    if ((ids === undefined) === (filter === undefined)) {
      throw new HpdError("invalid_argument", "HpdVectorStore.delete: either ids or filter should be given");
    }
    await this.#index.delete(filter === undefined ? ids! : { filter });
  }

  /** The documents nearest to a vector, with the model's similarity. @throws HpdError as `PassageIndex.search` */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: Filter,
  ): Promise<[Document, number][]> {
    const hits = await this.#nearest(query, k, filter);
    return hits.map((hit) => [asAdded(hit), hit.score]);
  }

  override async similaritySearch(query: string, k = 4, filter?: Filter): Promise<Document[]> {
    requireText("query", query, "a text that isn't empty");
    await this.#check();
    return (await super.similaritySearch(query, k, filter)) as Document[];
  }

  override async similaritySearchWithScore(query: string, k = 4, filter?: Filter): Promise<[Document, number][]> {
    requireText("query", query, "a text that isn't empty");
    await this.#check();
    return (await super.similaritySearchWithScore(query, k, filter)) as [Document, number][];
  }

  /** Documents that are near to a query and unlike each other, of the `fetchK` (default 20) nearest. */
  override async maxMarginalRelevanceSearch(query: string, options: HpdMmrOptions): Promise<Document[]> {
    const {
      k,
      fetchK = 20,
      lambda = 0.5,
      filter,
    } = checkedOptions("maxMarginalRelevanceSearch", options, {
      ...{ k: "number", fetchK: "number", lambda: "number", filter: "any" },
    });
    requirePositiveInteger("k", k);
    requireText("query", query, "a text that isn't empty");
    await this.#check();
    const vector = await this.embeddings.embedQuery(query);
    const hits = await this.#nearest(vector, Math.max(k, fetchK), filter);
    const stored = await this.#index.embeddings(hits.map(({ id }) => id));
    // A writer may have taken one away since.
    const found = hits.filter(({ id }) => stored.has(id));
    if (found.length === 0) return [];
    const rows = Embeddings.fromRows(found.map(({ id }) => stored.get(id)!));
    const picked = maximalMarginalRelevance(Float32Array.from(vector), rows, { topK: k, lambda });
    return picked.map(({ corpusId }) => asAdded(found[corpusId]!));
  }

  /** The nearest passages. Those with the same text are several: they may have other metadata. */
  async #nearest(vector: number[], topK: number, filter: Filter | undefined): Promise<PassageHit[]> {
    const hits = await this.#index.searchVector(vector, { topK, ...(filter && { filter }) });
    const all = hits.flatMap((hit) => [hit, ...hit.copies.map((copy) => ({ ...hit, ...copy }))]);
    return all.slice(0, topK);
  }

  /** Refuses embeddings of another model than the index's, once. */
  #check(): Promise<void> {
    const { embeddings } = this;
    this.#checking ??=
      embeddings instanceof HpdEmbeddings ? this.#index.requireModel(embeddings.model) : Promise.resolve();
    return this.#checking;
  }
}

/** A document as it was added; a passage of a file as the retriever gives it. */
function asAdded(hit: PassageHit): Document {
  const { document, text, metadata } = hit;
  if (document === undefined) return documentOf(hit);
  return new Document({ id: document, pageContent: text, metadata });
}
