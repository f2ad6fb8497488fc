/**
 * Agglomerative clustering: the two nearest clusters are merged, again and again, and the tree of merges is cut at a
 * number of clusters or at a distance.
 * Source: `AgglomerativeClustering` of scikit-learn, without connectivity: its tree, and how it numbers clusters. (Only
 * for `single` with `euclidean` the numbers differ, not the clusters.)
 *
 * All distances are in memory: 2 bytes times the square of the number of embeddings. Time grows with the square, too.
 */

import { requireNonNegative, requireOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { cutTree } from "./cut-tree.ts";
import { type Linkage, linkages, nearestNeighborChain } from "./nearest-neighbor-chain.ts";
import { pairDistances } from "./pair-distances.ts";

/** Maximum number of embeddings: their distances take 2 GiB. */
const mostEmbeddings = 32_768;

export interface AgglomerativeClusteringOptions {
  /** Number of clusters. Either this or `distanceThreshold` is required. */
  readonly clusters?: number | undefined;
  /** Distance from which on clusters are not merged. */
  readonly distanceThreshold?: number | undefined;
  /**
   * The distance of two clusters: the mean (`average`), the largest (`complete`) or the smallest (`single`) distance of
   * their embeddings, or the increase of the squared distances from the mean by merging them (`ward`, for `euclidean`
   * only). Default: `ward`.
   */
  readonly linkage?: Linkage | undefined;
  /** `euclidean` (default), or `cosine`: the distance is then 1 - cosine. A zero vector has cosine 0 to everything. */
  readonly similarityFunction?: "euclidean" | "cosine" | undefined;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const agglomerativeClusteringOptions: OptionTable<AgglomerativeClusteringOptions> = {
  clusters: "number",
  distanceThreshold: "number",
  linkage: "string",
  similarityFunction: "string",
  signal: "signal",
};

/** Hints for names of options in scikit-learn. */
const agglomerativeClusteringHints: Hints = {
  nClusters: "clusters is its name here",
  metric: "similarityFunction is its name here",
  affinity: "similarityFunction is its name here",
};

export interface AgglomerativeClusteringResult {
  /** `[count]`: the cluster of each embedding, 0 to `clusters` - 1. */
  readonly labels: Int32Array;
  readonly clusters: number;
  /**
   * `[count - 1, 2]`: the whole tree. Merge i joins these two nodes into node `count` + i; nodes below `count` are
   * embeddings.
   */
  readonly children: Int32Array;
  /** `[count - 1]`: the distance of the two nodes of each merge, in ascending order. */
  readonly distances: Float32Array;
}

/**
 * Clusters embeddings; yields to the event loop.
 *
 * @param embeddings 1 to 32,768
 * @throws HpdError `invalid_argument` for more embeddings, none, more clusters than embeddings, numbers that are not
 *   finite and other invalid arguments; the signal's reason when it aborts
 */
export async function agglomerativeClustering(
  embeddings: EmbeddingsLike,
  options: AgglomerativeClusteringOptions = {},
): Promise<AgglomerativeClusteringResult> {
  checkedOptions("agglomerativeClustering", options, agglomerativeClusteringOptions, agglomerativeClusteringHints);
  const { clusters, distanceThreshold, linkage = "ward", similarityFunction = "euclidean", signal } = options;
  requireOneOf("linkage", linkage, linkages);
  requireOneOf("similarityFunction", similarityFunction, ["euclidean", "cosine"]);
  if (linkage === "ward" && similarityFunction === "cosine") {
    throw new HpdError(
      "invalid_argument",
      "the linkage ward needs euclidean distances: for cosine use average, or encode with normalizeEmbeddings",
    );
  }
  if ((clusters === undefined) === (distanceThreshold === undefined)) {
    throw new HpdError(
      "invalid_argument",
      "expected either clusters or distanceThreshold, which says where the tree is cut",
    );
  }
  if (clusters !== undefined) requirePositiveInteger("clusters", clusters);
  if (distanceThreshold !== undefined) requireNonNegative("distanceThreshold", distanceThreshold);
  const given = asEmbeddings(embeddings);
  requireCount(given.count, clusters ?? 1);
  const yielder = new Yielder(signal);
  const pairs = await pairDistances(given, similarityFunction, yielder);
  const { children, distances } = await nearestNeighborChain(pairs, given.count, linkage, yielder);
  // Number of merges at the end that are undone.
  const undone =
    clusters === undefined ? distances.filter((distance) => distance >= distanceThreshold!).length : clusters - 1;
  return { labels: cutTree(children, undone + 1), clusters: undone + 1, children, distances };
}

function requireCount(count: number, clusters: number): void {
  if (count > mostEmbeddings) {
    throw new HpdError(
      "invalid_argument",
      `expected at most ${mostEmbeddings} embeddings, got ${count}: cluster a sample, or use kMeans or communityDetection, ` +
        "which have no such limit",
    );
  }
  if (count === 0) throw new HpdError("invalid_argument", "expected at least one embedding, got none");
  if (clusters > count) {
    throw new HpdError(
      "invalid_argument",
      `clusters should be at most ${count}, the number of embeddings, got ${clusters}`,
    );
  }
}
