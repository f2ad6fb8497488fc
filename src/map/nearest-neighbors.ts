/** The nearest neighbours of every embedding among the others, exactly: what the projection and the page's list are made of. */

import { semanticSearch } from "../search/semantic-search.ts";
import { Turns } from "../search/turns.ts";
import { Embeddings } from "../tensor/embeddings.ts";

export interface NearestNeighbors {
  readonly count: number;
  /** Neighbours of each. */
  readonly k: number;
  /** `[count, k]`, the nearest first. */
  readonly ids: Uint32Array;
  /** `[count, k]`: cosine. */
  readonly similarities: Float32Array;
}

export interface NearestNeighborsOptions {
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal | undefined;
}

const queriesAtOnce = 4096;

/**
 * By cosine. None is its own neighbour; equal ones are neighbours of each other.
 *
 * @param k at most: of `count` embeddings each has `count - 1` neighbours
 * @throws HpdError as `semanticSearch`
 */
export async function nearestNeighbors(
  embeddings: Embeddings,
  k: number,
  { onProgress, signal }: NearestNeighborsOptions = {},
): Promise<NearestNeighbors> {
  const { data, count, dimension } = embeddings;
  const width = Math.max(0, Math.min(k, count - 1));
  const ids = new Uint32Array(count * width);
  const similarities = new Float32Array(count * width);
  const turns = new Turns(signal);
  for (let start = 0; start < count && width > 0; start += queriesAtOnce) {
    const end = Math.min(start + queriesAtOnce, count);
    const queries = new Embeddings(data.subarray(start * dimension, end * dimension), end - start, dimension);
    // One more, since each finds itself, but where more others equal it than there is room for.
    const hits = await semanticSearch(queries, embeddings, { topK: width + 1, ...(signal && { signal }) });
    for (const [query, found] of hits.entries()) {
      const others = found.filter(({ corpusId }) => corpusId !== start + query).slice(0, width);
      for (const [rank, { corpusId, score }] of others.entries()) {
        ids[(start + query) * width + rank] = corpusId;
        similarities[(start + query) * width + rank] = score;
      }
    }
    onProgress?.(end, count);
    if (turns.isDue) await turns.take();
  }
  return { count, k: width, ids, similarities };
}
