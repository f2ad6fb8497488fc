/** An index to search and to write documents to, with its model. */
import { requireOptionalOneOf, requireText } from "../../common/arguments.ts";
import { isObject } from "../../common/json.ts";
import { checkedOptions } from "../../common/options.ts";
import { loadHints } from "../../encode/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import { chunkSettings } from "../build/chunk-settings.ts";
import { type IndexDescription, indexPrecisions, requireSameIndex } from "../description.ts";
import type { PassageDocument } from "../documents/document.ts";
import { documentIdOf, isDocument } from "../documents/names.ts";
import {
  type DocumentTarget,
  deleteDocuments,
  deleteDocumentsWith,
  type WriteOptions,
  type WriteReport,
  writeDocuments,
} from "../documents/write-documents.ts";
import { conditionsOf, type Filter } from "../filter.ts";
import { indexLocation } from "../location.ts";
import { newDescription } from "../new-description.ts";
import { openModel } from "../open-model.ts";
import { openToWrite } from "../open-to-write.ts";
import type { IndexLocation, IndexStore, MetadataField } from "../store.ts";
import { CallOrder } from "./call-order.ts";
import { find } from "./find.ts";
import { IndexModel } from "./index-model.ts";
import { KnownFields } from "./known-fields.ts";
import { type CreateOptions, createOptions, type OpenOptions, openOptions } from "./open-options.ts";
import { type PassageHit, passageHit } from "./passage-hit.ts";
import { checkedSearchOptions, queryVector, type SearchOptions } from "./search-options.ts";

/** The open store of an index, and where it is. */
interface OpenIndex {
  readonly location: IndexLocation;
  readonly store: IndexStore;
  readonly base: string | undefined;
  readonly model: IndexModel;
}

async function tidy(store: IndexStore): Promise<void> {
  if (await store.isOptimizable()) await store.optimize();
}

/** An index of passages, open for searches and updates, with the model that embeds. */
export class PassageIndex implements AsyncDisposable {
  readonly #index: OpenIndex;
  readonly #fields: KnownFields;
  /** Resolves after the last update, whether it fails or not. */
  #written: Promise<unknown> = Promise.resolve();
  readonly #calls = new CallOrder();

  private constructor(index: OpenIndex) {
    this.#index = index;
    this.#fields = new KnownFields(index.store);
  }

  /**
   * @param location a folder, or a PostgreSQL database. The model is loaded when it is first needed.
   * @throws HpdError `not_found` if there is no index; as `IndexLocation.open`
   */
  static async open(location: string, options: OpenOptions = {}): Promise<PassageIndex> {
    const place = indexLocation(location);
    const { model, ...load } = checkedOptions("PassageIndex.open", options, openOptions, loadHints);
    const store = await place.open("read");
    if (store === undefined) {
      const { name } = place;
      throw new HpdError(
        "not_found",
        `there is no index at ${name}: build one with hpd index build, or check the name`,
      );
    }
    const { name } = place;
    const own = new IndexModel({ name, description: store.description }, model, load);
    return new PassageIndex({ location: place, store, base: await place.base(), model: own });
  }

  /**
   * Creates an empty index, for documents of a program; `buildIndex` makes one of files, and both may be in one index.
   *
   * @throws HpdError `invalid_argument` if there is an index already; as `SentenceTransformer.load` and `IndexLocation.create`
   */
  static async create(location: string, options: CreateOptions): Promise<PassageIndex> {
    const place = indexLocation(location);
    const given = checkedOptions("PassageIndex.create", options, createOptions, loadHints);
    const { model, precision = "float32", chunkTokens, overlapTokens, ...load } = given;
    requireOptionalOneOf("precision", precision, indexPrecisions);
    const loaded = await openModel(model, load);
    try {
      const chunking = chunkSettings(loaded.model, chunkTokens, overlapTokens);
      const settings = { chunkTokens: chunking.maxTokens, overlapTokens: chunking.overlapTokens };
      const description = newDescription(loaded, precision, { lines: false, field: "text", ...settings });
      await (await place.create(description)).dispose();
      const store = (await place.open("read"))!;
      const own = new IndexModel({ name: place.name, description }, undefined, load, loaded);
      return new PassageIndex({ location: place, store, base: await place.base(), model: own });
    } catch (error) {
      await loaded[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The location of the index, without a password. */
  get name(): string {
    return this.#index.location.name;
  }

  get description(): IndexDescription {
    return this.#index.store.description;
  }

  /** Number of passages. */
  count(): Promise<number> {
    return this.#index.store.count();
  }

  /** Names of the files, sorted. */
  async files(): Promise<string[]> {
    return (await this.#names()).filter((name) => !isDocument(name));
  }

  /** Ids of the documents that programs have added, sorted. */
  async documents(): Promise<string[]> {
    return (await this.#names()).flatMap((name) => documentIdOf(name) ?? []);
  }

  /** The fields of metadata that filters can compare, with the types of their values, sorted. */
  fields(): Promise<MetadataField[]> {
    return this.#index.store.fields();
  }

  /** The index's model, loaded once, which the index disposes of unless it was given one. @throws HpdError as `search` */
  model(): Promise<SentenceTransformer> {
    return this.#index.model.get();
  }

  /** Checks that a loaded model is the index's. @throws HpdError `invalid_argument` if it isn't */
  requireModel(model: SentenceTransformer): Promise<void> {
    return this.#index.model.require(model);
  }

  /**
   * The passages that match a query, best first. With a vector, the query may be empty.
   *
   * @throws HpdError `invalid_argument` for a query of white space only, invalid options, a filter on a field that no passage
   *   has, or if the model isn't that of the index; as `SentenceTransformer.load` and `encode` do; the signal's reason
   */
  async search(query: string, options: SearchOptions = {}): Promise<PassageHit[]> {
    const { topK, mode, filter, rerank, rerankTop, vector, signal } = checkedSearchOptions(options);
    if (vector === undefined) requireText("query", query, "a text that isn't empty");
    if (typeof query !== "string")
      throw new HpdError("invalid_argument", `query should be a text, got ${typeof query}`);
    const conditions = conditionsOf(filter);
    const given = vector === undefined ? undefined : queryVector(vector, this.description.isNormalized);
    await this.#fields.require(conditions);
    const isBlank = query.trim() === "";
    const embedding = mode === "text" ? undefined : (given ?? (await this.#embed(query, signal)));
    const words = mode === "vector" || isBlank ? undefined : query;
    const depth = rerank === undefined ? topK : rerankTop;
    const found = await find(this.#index.store, { embedding, words, topK: depth, conditions, signal });
    const hits = found.map((one) => passageHit(one, this.#index.base));
    if (rerank === undefined) return hits;
    const texts = hits.map(({ text }) => text);
    return (await rerank.rank(query, texts, { topK, ...(signal && { signal }) })).map(({ corpusId, score }) => {
      const hit = hits[corpusId]!;
      return { ...hit, score, searchScore: hit.score };
    });
  }

  /**
   * The passages nearest to a vector, best first.
   *
   * @param vector `[dimension]`, by the index's model
   * @throws HpdError as `search`
   */
  searchVector(
    vector: Float32Array | readonly number[],
    options: Pick<SearchOptions, "topK" | "filter" | "signal"> = {},
  ): Promise<PassageHit[]> {
    return this.search("", { ...options, vector, mode: "vector" });
  }

  /**
   * The stored embeddings of passages by id, `[dimension]` each, up to the index's precision; of `int8` and `binary` with
   * length 1. Unknown ids are left out.
   */
  embeddings(ids: readonly string[]): Promise<Map<string, Float32Array>> {
    return this.#index.store.embeddings(ids);
  }

  /**
   * Adds documents: texts of a program, which are divided into passages and embedded. All of them are in the index
   * afterwards, or none is, also if the process is killed. Writers of several processes take turns.
   *
   * @throws HpdError `invalid_argument` for a document whose id is in the index, and for anything but documents; as `search`
   *   and `SentenceTransformer.encode`
   */
  add(documents: readonly PassageDocument[], options: WriteOptions = {}): Promise<WriteReport> {
    return writeDocuments(this.#target(), "add", documents, options);
  }

  /** Adds documents, each in the place of the one with its id. One that is there as it is isn't embedded. As `add`. */
  upsert(documents: readonly PassageDocument[], options: WriteOptions = {}): Promise<WriteReport> {
    return writeDocuments(this.#target(), "upsert", documents, options);
  }

  /**
   * Deletes documents, all at once: by their ids, of which unknown ones are ignored, or those of which a passage satisfies a
   * filter. Files of the index stay.
   *
   * @returns the number of documents that were there
   * @throws HpdError `invalid_argument` for a filter without conditions, or on a field that no passage has
   */
  async delete(documents: readonly string[] | { readonly filter: Filter }): Promise<number> {
    if (!isObject(documents)) return deleteDocuments(this.#target(), documents);
    const { filter } = checkedOptions("PassageIndex.delete", documents, { filter: "any" });
    const conditions = conditionsOf(filter);
    if (conditions.length === 0) {
      throw new HpdError("invalid_argument", "the filter of what is deleted should have a condition: all would match");
    }
    return this.#calls.run(undefined, async () => {
      await this.#fields.require(conditions);
      return deleteDocumentsWith(this.#target(), conditions);
    });
  }

  /**
   * Brings the indexes of both searches up to date and cleans up, as updates do by themselves from time to time: a search
   * finds everything without it. In LanceDB, BM25 counts the words of deleted passages until then, and those of a few of
   * them longer.
   */
  optimize(): Promise<void> {
    return this.#write((store) => store.optimize(), undefined);
  }

  /** Whether the model truncates the query. Loads the model. */
  async isTooLong(query: string): Promise<boolean> {
    const model = await this.model();
    return model.countTokens(query, { promptName: "query", task: "query" }) >= model.maxQueryLength;
  }

  /** Closes the index after the last update. */
  async dispose(): Promise<void> {
    await this.#calls.finished();
    await this.#written;
    await this.#index.store.dispose();
    await this.#index.model[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #names(): Promise<string[]> {
    return [...new Set((await this.#index.store.parts()).map(({ file }) => file))].sort();
  }

  async #embed(query: string, signal: AbortSignal | undefined): Promise<Float32Array> {
    const normalizeEmbeddings = this.description.isNormalized;
    return (await this.model()).encodeQuery(query, { normalizeEmbeddings, ...(signal && { signal }) });
  }

  #target(): DocumentTarget {
    const { store } = this.#index;
    const write: DocumentTarget["write"] = (work, signal) => this.#write(work, signal);
    const inOrder: DocumentTarget["inOrder"] = (ids, call) => this.#calls.run(ids, call);
    return { name: this.name, store, model: () => this.model(), inOrder, write };
  }

  /** Runs an update after those before it, and cleans up after it where that pays. */
  #write<T>(work: (store: IndexStore) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const turn = this.#written.then(async () => {
      await using store = await openToWrite(this.#index.location, signal);
      requireSameIndex(this.name, this.description, store.description);
      const result = await work(store);
      // The update is there, whatever becomes of this.
      await tidy(store).catch(() => {});
      return result;
    });
    this.#written = turn.catch(() => {});
    return turn;
  }
}
