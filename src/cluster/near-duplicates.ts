/**
 * Removes near-duplicates: the first embedding of each group is kept.
 * Source: SemHash and "semantic deduplication", but exact, and in the order of the embeddings: each is compared by
 * cosine with all that were kept before.
 *
 * Nothing is compared with a duplicate: if a is similar to b and b to c, but a not to c, then a and c are kept. So the
 * similarity of any two kept embeddings is below the threshold, and later embeddings change no decision.
 *
 * Memory: the kept embeddings, 4 bytes a dimension, and a few megabytes.
 */

import { checkedOptions, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { requireThreshold } from "../search/arguments.ts";
import { type Block, blocksOf, type EmbeddingStream, piecesOf } from "../search/blocks.ts";
import { FloatSearch } from "../search/float-search.ts";
import { TopK } from "../search/top-k.ts";
import { requireFinite } from "../similarity/require-finite.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt, rowsBetween } from "../tensor/rows.ts";
import { KeptRows } from "./kept-rows.ts";

export interface NearDuplicatesOptions {
  /** Cosine from which on two embeddings are duplicates: above 0, at most 1. Default: 0.9. */
  readonly threshold?: number | undefined;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const nearDuplicatesOptions: OptionTable<NearDuplicatesOptions> = { threshold: "number", signal: "signal" };

/** The decision about an embedding. */
export interface NearDuplicateDecision {
  /** Its position. */
  readonly index: number;
  /** The most similar kept embedding, if this one is a duplicate; the first of equally similar ones. */
  readonly duplicateOf?: DuplicateOf | undefined;
}

/** A kept embedding, and the cosine of a duplicate to it. */
export interface DuplicateOf {
  readonly index: number;
  readonly score: number;
}

/** A kept embedding with its duplicates, to which it is the most similar of all that are kept. */
export interface NearDuplicateGroup {
  readonly kept: number;
  /** The duplicates, at least one, in their order, with their cosines. */
  readonly duplicates: readonly { readonly index: number; readonly score: number }[];
}

export interface NearDuplicates {
  /** Positions of the kept embeddings, ascending. */
  readonly kept: readonly number[];
  /** Groups in the order of `kept`. */
  readonly groups: readonly NearDuplicateGroup[];
}

const rowsInBlock = 1024;

/**
 * Removes near-duplicates; yields to the event loop.
 *
 * @param embeddings as a whole or as a stream. A zero vector has cosine 0 to everything, and is kept.
 * @throws HpdError `invalid_argument` for a threshold out of range, dimensions that differ and numbers that are not
 *   finite; the signal's reason when it aborts
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
 * Yields the decision about each embedding, in order, as soon as a block of them was read.
 *
 * @throws as `removeNearDuplicates`
 */
export async function* streamNearDuplicates(
  embeddings: EmbeddingStream,
  options: NearDuplicatesOptions = {},
): AsyncGenerator<NearDuplicateDecision, void, undefined> {
  checkedOptions("streamNearDuplicates", options, nearDuplicatesOptions);
  const { threshold = 0.9, signal } = options;
  requireThreshold(threshold);
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

/** Blocks of at most `rowsInBlock` rows: the hits among them are as many as the square of their number. */
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

/** The embeddings that were kept from earlier blocks. */
class Kept {
  readonly #limit: number;
  readonly #rows: KeptRows;
  readonly #search: FloatSearch;
  /** `[rows]`: positions of the rows among all embeddings. */
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

  /** The most similar kept embedding of each row of a block, if the similarity reaches the limit. */
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

/**
 * Finds, for each row of a block, the candidates among its rows whose similarity reaches the limit, the most similar
 * first.
 */
async function hitsAmong(
  candidates: readonly number[],
  block: Embeddings,
  limit: number,
  yielder: Yielder,
): Promise<(row: number) => DuplicateOf[]> {
  const best = new TopK(block.count, candidates.length, limit);
  // A search of its own, since a search chooses its group size by the number of hits.
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
