/**
 * Embeddings without those that are nearly the same as one before: the first of each group stays.
 * Source: what SemHash and "semantic deduplication" do, but exact, and in the order in which the embeddings come: each is
 * compared with all that were kept so far, by cosine.
 *
 * A duplicate is never compared with: where a is like b and b like c, but a not like c, then a and c stay. So each one that
 * stays is less alike than the threshold to every other one that does, and what comes later changes nothing.
 *
 * Memory: the embeddings that are kept, 4 bytes a dimension, and a few megabytes.
 */

import { checkedOptions, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { requireCosine } from "../search/arguments.ts";
import { type Block, blocksOf, type EmbeddingStream, piecesOf } from "../search/blocks.ts";
import { FloatSearch } from "../search/float-search.ts";
import { TopK } from "../search/top-k.ts";
import { requireFinite } from "../similarity/require-finite.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt, rowsBetween } from "../tensor/rows.ts";
import { KeptRows } from "./kept-rows.ts";

export interface NearDuplicatesOptions {
  /** The cosine from which on two are duplicates: above 0, at most 1. Default: 0.9. */
  readonly threshold?: number | undefined;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const nearDuplicatesOptions: OptionTable<NearDuplicatesOptions> = { threshold: "number", signal: "signal" };

/** What becomes of an embedding. */
export interface NearDuplicateDecision {
  /** Its position. */
  readonly index: number;
  /** Where it is a duplicate: the kept one that it is most like, of equally alike ones the first. */
  readonly duplicateOf?: DuplicateOf | undefined;
}

export interface DuplicateOf {
  readonly index: number;
  readonly score: number;
}

/** One that was kept, and those that were not, because it is what they are most like. */
export interface NearDuplicateGroup {
  readonly kept: number;
  /** In the order in which they came: at least one. */
  readonly duplicates: readonly { readonly index: number; readonly score: number }[];
}

export interface NearDuplicates {
  /** Positions of the embeddings that stay, in order. */
  readonly kept: readonly number[];
  /** In the order of what they kept. */
  readonly groups: readonly NearDuplicateGroup[];
}

const rowsInBlock = 1024;

/**
 * Lets the event loop turn as it goes.
 *
 * @param embeddings all of them, or a stream. A zero vector has cosine 0 to everything, and stays.
 * @throws HpdError `invalid_argument` for a threshold out of range, dimensions that differ and numbers that are not finite;
 *   the signal's reason when it aborts
 */
export async function removeNearDuplicates(
  embeddings: EmbeddingStream,
  options: NearDuplicatesOptions = {},
): Promise<NearDuplicates> {
  checkedOptions("removeNearDuplicates", options, nearDuplicatesOptions);
  const kept: number[] = [];
  const groups = new Map<number, { index: number; score: number }[]>();
  for await (const { index, duplicateOf } of streamNearDuplicates(embeddings, options)) {
    if (duplicateOf === undefined) {
      kept.push(index);
      continue;
    }
    const duplicate = { index, score: duplicateOf.score };
    const others = groups.get(duplicateOf.index);
    if (others === undefined) groups.set(duplicateOf.index, [duplicate]);
    else others.push(duplicate);
  }
  const sorted = [...groups].sort(([a], [b]) => a - b);
  return { kept, groups: sorted.map(([kept, duplicates]) => ({ kept, duplicates })) };
}

/**
 * As `removeNearDuplicates`: the decision about each embedding, in their order, as soon as a block of them was read.
 *
 * @throws as `removeNearDuplicates`
 */
export async function* streamNearDuplicates(
  embeddings: EmbeddingStream,
  options: NearDuplicatesOptions = {},
): AsyncGenerator<NearDuplicateDecision, void, undefined> {
  checkedOptions("streamNearDuplicates", options, nearDuplicatesOptions);
  const { threshold = 0.9, signal } = options;
  requireCosine("threshold", threshold);
  const limit = Math.fround(threshold);
  const yielder = new Yielder(signal);
  let kept: Kept | undefined;
  try {
    for await (const { block, start } of shortBlocksOf(embeddings, signal)) {
      requireFinite(block, "embedding", start);
      kept ??= new Kept(block.dimension, limit, yielder);
      const nearestBefore = await kept.nearest(block);
      const candidates = [...nearestBefore.keys()].filter((row) => nearestBefore[row] === undefined);
      const hits = await hitsAmong(candidates, block, limit, yielder);
      const keptRows = new Set<number>();
      for (const [row, nearest] of nearestBefore.entries()) {
        const within = hits(row).find(({ index }) => index < row && keptRows.has(index));
        const isNearer = within !== undefined && within.score > (nearest?.score ?? 0);
        const duplicateOf = isNearer ? { index: start + within.index, score: within.score } : nearest;
        const index = start + row;
        if (duplicateOf === undefined) {
          keptRows.add(row);
          kept.add(index, block.row(row));
          yield { index };
        } else {
          yield { index, duplicateOf };
        }
      }
      if (yielder.isDue) await yielder.yield();
    }
  } finally {
    await kept?.dispose();
  }
}

/** Their hits among themselves are as many as the square of their number. */
async function* shortBlocksOf(
  embeddings: EmbeddingStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, undefined> {
  for await (const { block, start } of blocksOf(piecesOf(embeddings), rowsInBlock, signal)) {
    for (let first = 0; first < block.count; first += rowsInBlock) {
      const end = Math.min(first + rowsInBlock, block.count);
      yield { block: rowsBetween(block, first, end), start: start + first };
    }
  }
}

/** What was kept in the blocks before. */
class Kept {
  readonly #limit: number;
  readonly #rows: KeptRows;
  readonly #search: FloatSearch;
  /** Of the rows, among all embeddings. */
  readonly #indices: number[] = [];

  constructor(dimension: number, limit: number, yielder: Yielder) {
    this.#limit = limit;
    this.#rows = new KeptRows(dimension);
    this.#search = new FloatSearch("cosine", dimension, yielder);
  }

  add(index: number, row: Float32Array): void {
    this.#indices.push(index);
    this.#rows.add(row);
  }

  /** For each row of a block what it is most like, if that is as alike as the limit. */
  async nearest(block: Embeddings): Promise<(DuplicateOf | undefined)[]> {
    const best = new TopK(block.count, 1, this.#limit);
    await this.#search.searchBlocks(block, this.#rows.blocks(), best);
    return Array.from(block, (_, row) => {
      const [hit] = best.hits(row);
      if (hit === undefined || hit.score < this.#limit) return undefined;
      return { index: this.#indices[hit.corpusId]!, score: hit.score };
    });
  }

  dispose(): Promise<void> {
    return this.#search.dispose();
  }
}

/** For each row of a block: those of some of its rows that are as alike as the limit, the most alike first. */
async function hitsAmong(
  candidates: readonly number[],
  block: Embeddings,
  limit: number,
  yielder: Yielder,
): Promise<(row: number) => DuplicateOf[]> {
  const best = new TopK(block.count, candidates.length, limit);
  // A search of its own, since it settles on how to search by how many hits are wanted.
  const search = new FloatSearch("cosine", block.dimension, yielder);
  try {
    await search.search(block, rowsAt(block, candidates), 0, best);
  } finally {
    await search.dispose();
  }
  return (row) =>
    best
      .hits(row)
      .filter(({ score }) => score >= limit)
      .map(({ corpusId, score }) => ({ index: candidates[corpusId]!, score }));
}
