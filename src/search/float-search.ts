/**
 * The exact search that all of search, clustering and mining is made of: the nearest of float32 embeddings.
 * WebAssembly, or for large searches the runtime's threads, finds the rows that could be among the hits.
 *
 * Memory, beside the embeddings and the hits: a few megabytes for blocks, and for cosine a copy of the queries.
 */

import type { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { notFinite } from "../similarity/require-finite.ts";
import { requireSameDimension, type SimilarityFunction } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";
import type { Block } from "./blocks.ts";
import { ExactSimilarity } from "./exact-similarity.ts";
import { rowsInGroup } from "./kernel-code.ts";
import type { RowRange } from "./score-block.ts";
import { ScoreKernel } from "./score-kernel.ts";
import { type GroupScores, ScoreSession } from "./score-session.ts";
import type { HitCollector } from "./top-k.ts";

/** Products from which on threads pay: half a second of WebAssembly, about what starting them takes. */
const productsWorthThreads = 12e9;
/** Queries from which on threads pay: with fewer, most time is spent on copying rows. */
const queriesWorthThreads = 64;
/** Queries of a call of a thread, which are copied for it. */
const queriesOfCall = 2048;

export class FloatSearch {
  readonly #similarityFunction: SimilarityFunction;
  readonly #dimension: number;
  readonly #yielder: Yielder;
  readonly #kernel: ScoreKernel;
  #session: ScoreSession | "none" | undefined;
  #products = 0;

  constructor(similarityFunction: SimilarityFunction, dimension: number, yielder: Yielder) {
    this.#similarityFunction = similarityFunction;
    this.#dimension = dimension;
    this.#yielder = yielder;
    this.#kernel = new ScoreKernel(similarityFunction === "manhattan" ? "distances" : "products", dimension);
  }

  /**
   * Adds the hits of each query among the rows to `best`.
   *
   * @param firstId the id of the first row
   * @throws HpdError `invalid_argument` for a number that is not finite
   */
  search(queries: Embeddings, rows: Embeddings, firstId: number, best: HitCollector): Promise<void> {
    return this.searchBlocks(queries, [{ block: rows, start: firstId }], best);
  }

  /** Does the same for the rows of all blocks. @throws HpdError `invalid_argument` also for dimensions that differ */
  async searchBlocks(
    queries: Embeddings,
    blocks: Iterable<Block> | AsyncIterable<Block>,
    best: HitCollector,
  ): Promise<void> {
    const similarity = new ExactSimilarity(queries, this.#similarityFunction);
    for await (const { block: rows, start } of blocks) {
      requireSameDimension(queries, rows);
      this.#products += queries.count * rows.count * this.#dimension;
      const search = new BlockSearch(similarity, rows, start, best);
      const isMuch = this.#products >= productsWorthThreads && queries.count >= queriesWorthThreads;
      if (isMuch) this.#session ??= await this.#startSession(best.k, start + rows.count);
      if (!isMuch || typeof this.#session !== "object") await this.#searchHere(search, best.keepsOne);
      else await this.#searchInThreads(search, this.#session);
    }
  }

  async dispose(): Promise<void> {
    if (typeof this.#session === "object") await this.#session.dispose();
  }

  async #startSession(topK: number, rows: number): Promise<ScoreSession | "none"> {
    if (this.#similarityFunction === "manhattan") return "none";
    // A query inspects about k (1 + ln(n / k)) of n rows in random order; of the groups it should be a few percent.
    const inspected = topK * (1 + Math.log(Math.max(rows / topK, 1)));
    const groupSize = 2 ** Math.min(Math.max(Math.floor(Math.log2((0.03 * rows) / inspected)), 0), 5);
    try {
      return await ScoreSession.create(this.#similarityFunction, this.#dimension, groupSize);
    } catch (error) {
      // Without a runtime the search takes longer, and the hits are the same.
      if (error instanceof HpdError && error.code === "runtime") return "none";
      throw error;
    }
  }

  async #searchHere(search: BlockSearch, keepsOne = false): Promise<void> {
    const { similarity, rows, limits } = search;
    await this.#kernel.scan(rows, similarity.scaledQueries, limits, {
      yielder: this.#yielder,
      startBlock: (count) => search.setLimits(this.#setTerms(similarity, count)),
      startGroup: keepsOne ? (query, largest) => search.startGroup(query, largest) : undefined,
      inspect: (query, row) => search.inspect(query, row),
    });
  }

  /** Sets the factors and summands of the loaded rows. @returns the length of the longest one */
  #setTerms(similarity: ExactSimilarity, count: number): number {
    const { squares, terms } = this.#kernel;
    this.#kernel.sumSquares(count);
    let largest = 0;
    for (let row = 0; row < count; row++) {
      const [factor, summand] = similarity.termsOf(squares[row]!);
      const at = 2 * row - (row % rowsInGroup);
      terms[at] = factor;
      terms[at + rowsInGroup] = summand;
      if (squares[row]! > largest) largest = squares[row]!;
    }
    return Math.sqrt(largest);
  }

  async #searchInThreads(search: BlockSearch, session: ScoreSession): Promise<void> {
    const { similarity, rows } = search;
    const pending: { tile: Tile; scored: Promise<GroupScores> }[] = [];
    const inspectFirst = async () => {
      const { tile, scored } = pending.shift()!;
      search.inspectGroups(await scored, tile, session.groupSize);
      if (this.#yielder.isDue) await this.#yielder.yield();
    };
    for (const tile of tilesOf(similarity.queries.count, rows.count, session)) {
      const queries = rowsBetween(similarity.scaledQueries, tile.queries.start, tile.queries.end);
      const scored = session.score(queries, rowsBetween(rows, tile.rows.start, tile.rows.end));
      // Awaited later; this handler prevents an unhandled rejection if another call fails first.
      scored.catch(() => {});
      pending.push({ tile, scored });
      if (pending.length > session.concurrency) await inspectFirst();
    }
    while (pending.length > 0) await inspectFirst();
  }
}

/** The part of the score matrix that one call of a thread computes. */
interface Tile {
  readonly queries: RowRange;
  readonly rows: RowRange;
}

/** The tiles of a score matrix: all rows, in order, with some queries, then with the next queries. */
function* tilesOf(queries: number, rows: number, session: ScoreSession): Generator<Tile, void, undefined> {
  for (let first = 0; first < queries; first += queriesOfCall) {
    const some = { start: first, end: Math.min(first + queriesOfCall, queries) };
    const rowsOfCall = session.rowsAtOnce(some.end - some.start);
    for (let start = 0; start < rows; start += rowsOfCall) {
      yield { queries: some, rows: { start, end: Math.min(start + rowsOfCall, rows) } };
    }
  }
}

/** The exact part of a search in a block: scores the rows that could be among the hits. */
class BlockSearch {
  readonly similarity: ExactSimilarity;
  readonly rows: Embeddings;
  /** `[queries]`: float32 scores below which no row of the current block can be a hit. */
  readonly limits: Float64Array;
  readonly #firstId: number;
  readonly #best: HitCollector;
  #longest = 0;

  constructor(similarity: ExactSimilarity, rows: Embeddings, firstId: number, best: HitCollector) {
    this.similarity = similarity;
    this.rows = rows;
    this.limits = new Float64Array(similarity.queries.count);
    this.#firstId = firstId;
    this.#best = best;
  }

  /** Sets the limits of some queries. @param longest the length of the longest row of the block */
  setLimits(longest: number, queries: RowRange = { start: 0, end: this.limits.length }): void {
    // Squares of smaller numbers have no precision in float32.
    this.#longest = Math.max(longest, 1e-18);
    for (let query = queries.start; query < queries.end; query++) this.#setLimit(query);
  }

  /** Raises the limit of a query for whose most similar row is searched: rows far below another one aren't it. */
  startGroup(query: number, largest: number): void {
    const limit = this.similarity.limitOfOne(query, largest, this.#longest);
    // False where rows that aren't finite make it no number.
    if (limit > this.limits[query]!) this.limits[query] = limit;
  }

  /** Scores a row exactly, and adds it to the hits if it is one. */
  inspect(query: number, row: number): void {
    const score = this.similarity.score(query, this.rows, row);
    if (score <= this.#best.threshold(query)) return;
    const id = this.#firstId + row;
    if (Number.isNaN(score)) throw notFinite(`embedding ${id} of the corpus`);
    this.#best.add(query, id, score);
    this.#setLimit(query);
  }

  inspectGroups({ maxima, lengths }: GroupScores, { queries, rows }: Tile, groupSize: number): void {
    const longest = lengths.reduce((largest, length) => Math.max(largest, length), 0);
    // The runtime may compute anything from numbers that are not finite: then all rows are scored exactly.
    const areFinite = Number.isFinite(longest);
    this.setLimits(longest, queries);
    for (let group = rows.start, at = 0; group < rows.end; group += groupSize) {
      for (let query = queries.start; query < queries.end; query++, at++) {
        if (areFinite && maxima[at]! < this.limits[query]!) continue;
        for (let row = group; row < Math.min(group + groupSize, rows.end); row++) this.inspect(query, row);
      }
    }
  }

  #setLimit(query: number): void {
    this.limits[query] = this.similarity.limit(query, this.#best.threshold(query), this.#longest);
  }
}
