/**
 * The exact nearest neighbours of every embedding among the others, for the layout and for the page.
 */
import { requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import { Yielder } from "../common/yielder.ts";
import { allocate, requireAllFinite } from "../search/arguments.ts";
import { FloatSearch } from "../search/float-search.ts";
import { TopK } from "../search/top-k.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";

export interface NearestNeighbors {
  readonly count: number;
  /** Number of neighbours of each embedding. */
  readonly k: number;
  /** `[count, k]`, the nearest first. */
  readonly ids: Uint32Array;
  /** `[count, k]`: cosines, in the order of `ids`. */
  readonly similarities: Float32Array;
}

export interface NearestNeighborsOptions {
  readonly onProgress?: ((progress: Progress<"neighbors", number>) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const nearestNeighborsOptions: OptionTable<NearestNeighborsOptions> = { onProgress: "function", signal: "signal" };

const queriesAtOnce = 4096;

/**
 * The neighbours of highest cosine. No embedding is its own neighbour; equal embeddings are neighbours of each other.
 *
 * @param k number of neighbours; at most `count - 1` are found
 * @throws HpdError `invalid_argument` for other than a positive integer, and as `semanticSearch`
 */
export async function nearestNeighbors(
  embeddings: EmbeddingsLike,
  k: number,
  options: NearestNeighborsOptions = {},
): Promise<NearestNeighbors> {
  const { onProgress, signal } = checkedOptions("nearestNeighbors", options, nearestNeighborsOptions);
  requirePositiveInteger("k", k);
  const all = asEmbeddings(embeddings);
  const { count, dimension } = all;
  const width = Math.min(k, Math.max(count - 1, 0));
  const ids = new Uint32Array(count * width);
  const similarities = new Float32Array(count * width);
  const yielder = new Yielder(signal);
  await requireAllFinite(all, yielder);
  const search = new FloatSearch("cosine", dimension, yielder);
  try {
    for (let start = 0; start < count && width > 0; start += queriesAtOnce) {
      const end = Math.min(start + queriesAtOnce, count);
      // One more, since each embedding finds itself, unless it has more than `width` copies.
      const best = allocate(`${width} neighbours`, () => new TopK(end - start, width + 1));
      await search.search(rowsBetween(all, start, end), all, 0, best);
      for (let text = start; text < end; text++) {
        const hits = best.hits(text - start);
        const others = hits.filter(({ corpusId }) => corpusId !== text).slice(0, width);
        for (const [rank, { corpusId, score }] of others.entries()) {
          ids[text * width + rank] = corpusId;
          similarities[text * width + rank] = score;
        }
      }
      onProgress?.({ stage: "neighbors", done: end, total: count });
      if (yielder.isDue) await yielder.yield();
    }
  } finally {
    await search.dispose();
  }
  return { count, k: width, ids, similarities };
}
