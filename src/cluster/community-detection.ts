/**
 * Communities: embeddings around a central one, whose similarity to it reaches a threshold.
 * Source: `sentence_transformers.util.community_detection`, in its order. There, equally similar ones come in any
 * order; here the lower position first.
 *
 * That function keeps all communities before it drops the overlapping ones, whose size grows with the square of the
 * number of similar embeddings. Here sizes are counted first, and communities are then built one by one, the largest
 * first, around embeddings that are in none yet. Memory, beside the embeddings: 20 bytes an embedding, and a few
 * blocks, in megabytes.
 */

import { requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { requireAllFinite, requireThreshold } from "../search/arguments.ts";
import { FloatSearch } from "../search/float-search.ts";
import type { HitCollector, SearchHit } from "../search/top-k.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt, rowsBetween } from "../tensor/rows.ts";

export interface CommunityDetectionOptions {
  /** Cosine from which on an embedding is in the community of a central one: above 0, at most 1. Default: 0.75. */
  readonly threshold?: number | undefined;
  /** Minimum size of a community. Default: 10. */
  readonly minCommunitySize?: number | undefined;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const communityDetectionOptions: OptionTable<CommunityDetectionOptions> = {
  threshold: "number",
  minCommunitySize: "number",
  signal: "signal",
};

const countedAtOnce = 2048;
/** Centers whose communities are built at once: few, since many centers will be members of earlier communities. */
const centersAtOnce = 256;
/** Members of communities that are built at once, unless a single one has more. */
const membersAtOnce = 2 ** 18;

/**
 * Finds communities; yields to the event loop. Time grows with the square of the number of embeddings.
 *
 * @returns positions: the largest community first, in each the central embedding first, then by similarity to it. No
 *   position comes twice, and not all are in a community. A zero vector has cosine 0 to everything, and is in none.
 * @throws HpdError `invalid_argument` for a threshold out of range, numbers that are not finite and other
 *   invalid arguments; the signal's reason when it aborts
 */
export async function communityDetection(
  embeddings: EmbeddingsLike,
  options: CommunityDetectionOptions = {},
): Promise<number[][]> {
  checkedOptions("communityDetection", options, communityDetectionOptions);
  const { threshold = 0.75, minCommunitySize = 10, signal } = options;
  requireThreshold(threshold);
  requirePositiveInteger("minCommunitySize", minCommunitySize);
  const yielder = new Yielder(signal);
  const given = asEmbeddings(embeddings);
  // Checked here, so that messages have positions.
  await requireAllFinite(given, yielder);
  if (given.count < minCommunitySize) return [];
  const neighbors = new Neighbors(given, Math.fround(threshold), minCommunitySize, yielder);
  try {
    return await communitiesOf(neighbors, await neighbors.counts(), minCommunitySize);
  } finally {
    await neighbors.dispose();
  }
}

async function communitiesOf(neighbors: Neighbors, sizes: Uint32Array, smallest: number): Promise<number[][]> {
  const communities: number[][] = [];
  const isTaken = new Uint8Array(sizes.length);
  const centers = sizes.map((_, index) => index).filter((index) => sizes[index]! >= smallest);
  centers.sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  for (let next = 0; next < centers.length; ) {
    const some: number[] = [];
    for (let members = 0; next < centers.length && some.length < centersAtOnce; next++) {
      const center = centers[next]!;
      if (isTaken[center]) continue;
      members += sizes[center]!;
      if (members > membersAtOnce && some.length > 0) break;
      some.push(center);
    }
    for (const [index, hits] of (await neighbors.of(some)).entries()) {
      const center = some[index]!;
      if (isTaken[center]) continue;
      const free = hits.filter(({ corpusId }) => !isTaken[corpusId]);
      if (free.length < smallest) continue;
      const others = free.filter(({ corpusId }) => corpusId !== center);
      others.sort((a, b) => b.score - a.score || a.corpusId - b.corpusId);
      const community = [center, ...others.map(({ corpusId }) => corpusId)];
      for (const member of community) isTaken[member] = 1;
      communities.push(community);
    }
  }
  return communities.sort((a, b) => b.length - a.length);
}

/** Finds the embeddings whose similarity reaches a threshold. */
class Neighbors {
  readonly #embeddings: Embeddings;
  readonly #threshold: number;
  readonly #expected: number;
  readonly #search: FloatSearch;

  constructor(embeddings: Embeddings, threshold: number, expected: number, yielder: Yielder) {
    this.#embeddings = embeddings;
    this.#threshold = threshold;
    this.#expected = expected;
    this.#search = new FloatSearch("cosine", embeddings.dimension, yielder);
  }

  /** `[count]`: the number of neighbours of each embedding, itself included. */
  async counts(): Promise<Uint32Array> {
    const { count } = this.#embeddings;
    const counts = new Uint32Array(count);
    for (let start = 0; start < count; start += countedAtOnce) {
      const end = Math.min(start + countedAtOnce, count);
      const hits = new ThresholdVisitor(this.#threshold, this.#expected, (query, other) => {
        counts[start + query]!++;
        // Earlier embeddings have been compared with it already.
        if (other >= end) counts[other]!++;
      });
      const [some, rest] = [rowsBetween(this.#embeddings, start, end), rowsBetween(this.#embeddings, start, count)];
      await this.#search.search(some, rest, start, hits);
    }
    return counts;
  }

  /** The neighbours of some of the embeddings, in no order. */
  async of(positions: readonly number[]): Promise<SearchHit[][]> {
    const found = positions.map((): SearchHit[] => []);
    const hits = new ThresholdVisitor(this.#threshold, this.#expected, (query, corpusId, score) => {
      found[query]!.push({ corpusId, score });
    });
    await this.#search.search(rowsAt(this.#embeddings, positions), this.#embeddings, 0, hits);
    return found;
  }

  dispose(): Promise<void> {
    return this.#search.dispose();
  }
}

/** Visits all hits from a score on, as they are found. */
class ThresholdVisitor implements HitCollector {
  readonly k: number;
  readonly #limit: number;
  readonly #visit: (query: number, id: number, score: number) => void;

  /** @param expected hits of a query */
  constructor(limit: number, expected: number, visit: (query: number, id: number, score: number) => void) {
    this.k = expected;
    this.#limit = limit;
    this.#visit = visit;
  }

  threshold(): number {
    // A hit has to exceed it, and the limit itself is a hit.
    return this.#limit - 1e-7;
  }

  add(query: number, id: number, score: number): void {
    if (score >= this.#limit) this.#visit(query, id, score);
  }
}
