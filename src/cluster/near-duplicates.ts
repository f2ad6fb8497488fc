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
import { FloatSearch } from "../search/float-search.ts";
import { TopK } from "../search/top-k.ts";
import { Turns } from "../search/turns.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { requireCosine } from "./arguments.ts";
import { blocksOf, type EmbeddingStream } from "./blocks.ts";
import { KeptRows } from "./kept-rows.ts";
import { rowsAt } from "./rows-at.ts";

export interface NearDuplicatesOptions {
  /** The cosine from which on two are duplicates: above 0, at most 1. Default: 0.9. */
  threshold?: number;
  /** Stops the work; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What becomes of an embedding. */
export interface NearDuplicateDecision {
  /** Its position. */
  readonly index: number;
  /** Where it is a duplicate: the kept one that it is most like, of equally alike ones the first. */
  readonly duplicateOf?: DuplicateOf;
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
  { threshold = 0.9, signal }: NearDuplicatesOptions = {},
): AsyncGenerator<NearDuplicateDecision, void, undefined> {
  requireCosine("threshold", threshold);
  const limit = Math.fround(threshold);
  const turns = new Turns(signal);
  /** Positions of the kept ones among all. */
  const positions: number[] = [];
  let kept: KeptRows | undefined;
  let search: FloatSearch | undefined;
  try {
    for await (const { block, start } of blocksOf(embeddings, rowsInBlock)) {
      search ??= new FloatSearch("cosine", block.dimension, turns);
      kept ??= new KeptRows(block.dimension);
      const nearest = new TopK(block.count, 1, limit);
      let first = 0;
      for (const piece of kept.pieces()) {
        await search.search(block, piece, first, nearest);
        first += piece.count;
      }
      const best = Array.from(block, (_, row) => {
        const [hit] = nearest.hits(row);
        return hit !== undefined && hit.score >= limit ? hit : undefined;
      });
      const candidates = [...best.keys()].filter((row) => best[row] === undefined);
      const within = await hitsWithin(block, candidates, limit, turns);
      const keptAt = new Map<number, number>();
      for (const [row, found] of best.entries()) {
        let duplicateOf = found && { index: positions[found.corpusId]!, score: found.score };
        const other = within(row).find(({ corpusId }) => keptAt.has(candidates[corpusId]!));
        if (other !== undefined && other.score > (duplicateOf?.score ?? 0)) {
          duplicateOf = { index: start + candidates[other.corpusId]!, score: other.score };
        }
        const index = start + row;
        if (duplicateOf === undefined) {
          keptAt.set(row, positions.length);
          positions.push(index);
          kept.add(block.row(row));
        }
        yield { index, ...(duplicateOf !== undefined && { duplicateOf }) };
      }
      if (turns.isDue) await turns.take();
    }
  } finally {
    await search?.dispose();
  }
}

/** For each row of a block: those of the candidates before it that are as alike as the limit, the most alike first. */
async function hitsWithin(block: Embeddings, candidates: readonly number[], limit: number, turns: Turns) {
  const best = new TopK(block.count, candidates.length, limit);
  // A search of its own: a block is never worth threads, and what comes after it is to be searched otherwise.
  const search = new FloatSearch("cosine", block.dimension, turns);
  await search.search(block, rowsAt(block, candidates), 0, best);
  return (row: number) => best.hits(row).filter(({ corpusId, score }) => score >= limit && candidates[corpusId]! < row);
}
