/** An index to search, with its model: texts in, passages out. */

import { requireNonNegativeInteger, requireOneOf, requirePositiveInteger } from "../../common/arguments.ts";
import { describe } from "../../common/json.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { CrossEncoder } from "../../cross-encoder/cross-encoder.ts";
import { type LoadOptions, loadHints, loadOptions } from "../../encode/options.ts";
import { HpdError } from "../../errors.ts";
import type { IndexDescription } from "../description.ts";
import { pathOf } from "../files/names.ts";
import { type Condition, conditionsOf, type Filter } from "../filter.ts";
import { indexLocation } from "../location.ts";
import { type IdentifiedModel, openModel, requireSameModel } from "../open-model.ts";
import type { IndexStore, MetadataField, Passage } from "../store.ts";
import { distinctHits } from "./distinct-hits.ts";

export const searchModes = ["hybrid", "vector", "text"] as const;

export type SearchMode = (typeof searchModes)[number];

export interface SearchOptions {
  /** Passages, at most; 0 gives none. Default 10. */
  readonly topK?: number | undefined;
  /** By meaning (`vector`), by words (`text`), or both, fused by their ranks. Default `hybrid`. */
  readonly mode?: SearchMode | undefined;
  readonly filter?: Filter | undefined;
  /** Scores the passages that were found anew, each with the query, and puts them in order. It stays the caller's. */
  readonly rerank?: Pick<CrossEncoder, "rank"> | undefined;
  /** So many of the passages found are reranked, at least `topK`. Default: 30, or `topK` where that is more. */
  readonly rerankTop?: number | undefined;
}

const searchOptions: OptionTable<SearchOptions> = {
  topK: "number",
  mode: "string",
  filter: "any",
  rerank: "any",
  rerankTop: "number",
};

export interface PassageHit extends Passage {
  /** The whole path of its file, as long as index and files stay where they are or are moved together. */
  readonly path: string;
  /** Other passages with the same text that were found: of them all, the first by file and line is the hit. */
  readonly copies: readonly (Omit<Passage, "text"> & { readonly path: string })[];
  /**
   * Higher is better. `vector`: the model's similarity; `text`: the store's own; `hybrid`: of reciprocal rank fusion, at
   * most 2 / 11. With `rerank`: the cross-encoder's.
   */
  readonly score: number;
  /** With `rerank`: the score of the search. */
  readonly searchScore?: number | undefined;
}

export interface OpenOptions extends LoadOptions {
  /** Instead of the one that the index names: where the same model lies elsewhere. */
  readonly model?: string | undefined;
}

const openOptions: OptionTable<OpenOptions> = { ...loadOptions, model: "string" };

/** Hits of each ranking that fusion sees: what is at the end of one may be near the front of the other. */
const fusedDepth = 100;

/** Passages that are reranked where nothing else is said: a second or so of a small cross-encoder. */
const rerankedDepth = 30;

/** Hits beyond those asked for, among which copies of them are. */
const copiesDepth = 10;

/** Hits that are asked for at most: where so many are copies, more hits would be copies alone. */
const mostDepth = 5000;

export class PassageIndex implements AsyncDisposable {
  /** Where it is. */
  readonly name: string;
  readonly #store: IndexStore;
  readonly #base: string | undefined;
  readonly #options: OpenOptions;
  #model: Promise<IdentifiedModel> | undefined;

  private constructor(name: string, store: IndexStore, base: string | undefined, options: OpenOptions) {
    this.name = name;
    this.#store = store;
    this.#base = base;
    this.#options = options;
  }

  /**
   * @param location a folder, or a PostgreSQL database. The model is loaded for the first search that needs it.
   * @throws HpdError `not_found` where there is no index; as `IndexLocation.open`
   */
  static async open(location: string, options: OpenOptions = {}): Promise<PassageIndex> {
    const given = checkedOptions("PassageIndex.open", options, openOptions, loadHints);
    const { name, open, base } = indexLocation(location);
    const store = await open("read");
    if (store !== undefined) return new PassageIndex(name, store, await base(), given);
    throw new HpdError("not_found", `there is no index at ${name}: make one with hpd index build, or check the name`);
  }

  get description(): IndexDescription {
    return this.#store.description;
  }

  /** Passages in it. */
  count(): Promise<number> {
    return this.#store.count();
  }

  /** Files in it, sorted. */
  async files(): Promise<string[]> {
    return [...new Set((await this.#store.parts()).map(({ file }) => file))].sort();
  }

  /**
   * The passages that answer a query, best first. A query without a character but white space finds nothing.
   *
   * @throws HpdError `invalid_argument` for wrong options, or where the model isn't the one of the index; as
   *   `SentenceTransformer.load` and `encode` do
   */
  async search(query: string, options: SearchOptions = {}): Promise<PassageHit[]> {
    const {
      topK = 10,
      mode = "hybrid",
      filter = {},
      rerank,
      rerankTop,
    } = checkedOptions("search", options, searchOptions);
    if (typeof query !== "string") throw new HpdError("invalid_argument", `a query is a text, got ${typeof query}`);
    requireNonNegativeInteger("topK", topK);
    requireOneOf("mode", mode, searchModes);
    requireReranking(rerank, rerankTop, topK);
    const conditions = conditionsOf(filter);
    if (topK === 0 || query.trim() === "") return [];
    if (rerank === undefined) return this.#find(query, topK, mode, conditions);
    const found = await this.#find(query, rerankTop ?? Math.max(topK, rerankedDepth), mode, conditions);
    const texts = found.map(({ text }) => text);
    return (await rerank.rank(query, texts, { topK })).map(({ corpusId, score }) => {
      const hit = found[corpusId]!;
      return { ...hit, score, searchScore: hit.score };
    });
  }

  async #find(query: string, topK: number, mode: SearchMode, conditions: readonly Condition[]): Promise<PassageHit[]> {
    const embedding = mode === "text" ? undefined : await this.#embed(query);
    let depth = mode === "hybrid" ? Math.max(topK + copiesDepth, fusedDepth) : topK + copiesDepth;
    for (;;) {
      const options = { topK: depth, conditions };
      const rankings = await Promise.all([
        ...(embedding === undefined ? [] : [this.#store.searchVector(embedding, options)]),
        ...(mode === "vector" ? [] : [this.#store.searchText(query, options)]),
      ]);
      const hits = distinctHits(rankings);
      const isAll = rankings.every((ranking) => ranking.length < depth);
      if (hits.length >= topK || isAll || depth >= mostDepth) {
        return hits.slice(0, topK).map(({ score, passage, copies }) => ({
          ...this.#located(passage),
          score,
          copies: copies.map(({ text: _, ...copy }) => this.#located(copy)),
        }));
      }
      depth *= 4;
    }
  }

  /** What filters can ask: the fields of metadata and the types that their values have, sorted. */
  fields(): Promise<MetadataField[]> {
    return this.#store.fields();
  }

  /** Whether the model cuts the query to its longest text. Loads the model. */
  async isTooLong(query: string): Promise<boolean> {
    const { model } = await this.#load();
    return model.countTokens(query, { promptName: "query", task: "query" }) >= model.maxQueryLength;
  }

  async dispose(): Promise<void> {
    await this.#store.dispose();
    await this.#model?.then(({ model }) => model.dispose()).catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #located<P extends Pick<Passage, "file">>(passage: P): P & { path: string } {
    return { ...passage, path: pathOf(passage.file, this.#base) };
  }

  async #embed(query: string): Promise<Float32Array> {
    const { model } = await this.#load();
    return model.encodeQuery(query, { normalizeEmbeddings: this.description.isNormalized });
  }

  /** One load for all searches; one that failed is tried again by the next. */
  #load(): Promise<IdentifiedModel> {
    this.#model ??= this.#loadSame().catch((error) => {
      this.#model = undefined;
      throw error;
    });
    return this.#model;
  }

  async #loadSame(): Promise<IdentifiedModel> {
    const { name, options: kept } = this.description.model;
    const { model = name, ...options } = this.#options;
    const loaded = await openModel(model, { ...(kept as LoadOptions), ...options });
    try {
      requireSameModel(this.name, this.description, loaded);
    } catch (error) {
      await loaded.model.dispose();
      throw error;
    }
    return loaded;
  }
}

/** @throws HpdError `invalid_argument` */
function requireReranking(rerank: unknown, rerankTop: number | undefined, topK: number): void {
  if (rerank !== undefined && typeof (rerank as Partial<CrossEncoder> | null)?.rank !== "function") {
    throw new HpdError("invalid_argument", `rerank should be a loaded CrossEncoder, got ${describe(rerank)}`);
  }
  if (rerankTop === undefined) return;
  requirePositiveInteger("rerankTop", rerankTop);
  if (rerank === undefined) throw new HpdError("invalid_argument", "rerankTop is for searches with rerank");
  if (rerankTop < topK) {
    throw new HpdError("invalid_argument", `rerankTop should be at least topK, ${topK}, got ${rerankTop}`);
  }
}
