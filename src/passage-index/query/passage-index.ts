/** An index to search, with its model. */
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
  /** Maximum number of passages; 0 gives none. Default: 10. */
  readonly topK?: number | undefined;
  /** Search by embeddings (`vector`), by words (`text`), or by both, fused by their ranks. Default: `hybrid`. */
  readonly mode?: SearchMode | undefined;
  readonly filter?: Filter | undefined;
  /** A cross-encoder that reranks the passages that were found. The caller disposes of it. */
  readonly rerank?: Pick<CrossEncoder, "rank"> | undefined;
  /** Number of passages that are reranked, at least `topK`. Default: 30, or `topK` if that is more. */
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
  /** The absolute path of its file, if index and files are where they were built or were moved together. */
  readonly path: string;
  /** Other passages that were found with the same text; the first of all by file and line is the hit. */
  readonly copies: readonly (Omit<Passage, "text"> & { readonly path: string })[];
  /**
   * Higher is better. `vector`: the model's similarity; `text`: the store's own score; `hybrid`: that of reciprocal
   * rank fusion, at most 2 / 11. With `rerank`: the cross-encoder's.
   */
  readonly score: number;
  /** The score of the search, with `rerank`. */
  readonly searchScore?: number | undefined;
}

export interface OpenOptions extends LoadOptions {
  /** Folder or hub id of the index's model, if it is elsewhere than at the build. */
  readonly model?: string | undefined;
}

const openOptions: OptionTable<OpenOptions> = { ...loadOptions, model: "string" };

/** Hits of each ranking that are fused: a passage at the end of one may be near the top of the other. */
const fusedDepth = 100;

/** Passages that are reranked by default: about a second of a small cross-encoder. */
const rerankedDepth = 30;

/** Additional hits that are requested, for copies among them. */
const copiesDepth = 10;

/** Maximum number of hits that are requested: if so many are copies, more would be copies, too. */
const mostDepth = 5000;

/** An index of passages, open for searches, with the model that embeds their queries. */
export class PassageIndex implements AsyncDisposable {
  /** The location of the index, without a password. */
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
   * @throws HpdError `not_found` if there is no index; as `IndexLocation.open`
   */
  static async open(location: string, options: OpenOptions = {}): Promise<PassageIndex> {
    const given = checkedOptions("PassageIndex.open", options, openOptions, loadHints);
    const { name, open, base } = indexLocation(location);
    const store = await open("read");
    if (store !== undefined) return new PassageIndex(name, store, await base(), given);
    throw new HpdError("not_found", `there is no index at ${name}: build one with hpd index build, or check the name`);
  }

  get description(): IndexDescription {
    return this.#store.description;
  }

  /** Number of passages. */
  count(): Promise<number> {
    return this.#store.count();
  }

  /** Names of the files, sorted. */
  async files(): Promise<string[]> {
    return [...new Set((await this.#store.parts()).map(({ file }) => file))].sort();
  }

  /**
   * The passages that match a query, best first. A query of white space only finds nothing.
   *
   * @throws HpdError `invalid_argument` for invalid options, or if the model isn't that of the index; as
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
    if (typeof query !== "string")
      throw new HpdError("invalid_argument", `query should be a text, got ${typeof query}`);
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

  /** The fields of metadata that filters can compare, with the types of their values, sorted. */
  fields(): Promise<MetadataField[]> {
    return this.#store.fields();
  }

  /** Whether the model truncates the query. Loads the model. */
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

  /** Loads the model once for all searches; a failed load is retried by the next search. */
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
  if (rerank === undefined) throw new HpdError("invalid_argument", "rerankTop is only for searches with rerank");
  if (rerankTop < topK) {
    throw new HpdError("invalid_argument", `rerankTop should be at least topK, ${topK}, got ${rerankTop}`);
  }
}
