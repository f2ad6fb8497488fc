/**
 * Agglomerative clustering: the two clusters that are nearest to each other become one, over and over, and the tree that
 * this makes is cut at a number of clusters or at a distance.
 * Source: `AgglomerativeClustering` of scikit-learn, without connectivity: its tree, and how it numbers clusters. (Only of
 * `single` and `euclidean` it goes another way, to the same clusters with other numbers.)
 *
 * All distances are in memory: 2 bytes times the square of the number of embeddings. Time grows with the square, too.
 */

import { requireNonNegative, requireOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { asEmbeddings } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { cutTree } from "./cut-tree.ts";
import { type Linkage, linkages, nearestNeighborChain } from "./nearest-neighbor-chain.ts";
import { pairDistances } from "./pair-distances.ts";

/** Their distances take 2 GiB. */
const mostEmbeddings = 32_768;

export interface AgglomerativeClusteringOptions {
  /** How many clusters. Either this, or `distanceThreshold`. */
  readonly clusters?: number | undefined;
  /** Clusters that are as far from each other, or farther, are not joined. */
  readonly distanceThreshold?: number | undefined;
  /**
   * What the distance of two clusters is: of their embeddings' distances the mean (`average`), the largest (`complete`) or
   * the smallest (`single`), or by how much joining them adds to the squared distances from the mean (`ward`, of
   * `euclidean` alone). Default: `ward`.
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

/** What scikit-learn has under other names. */
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
   * `[count - 1, 2]`, the whole tree: merge i joins these two into node `count` + i. Numbers below `count` are embeddings.
   */
  readonly children: Int32Array;
  /** `[count - 1]`: how far from each other what a merge joins is, never less than before. */
  readonly distances: Float32Array;
}

/**
 * Lets the event loop turn as it goes.
 *
 * @param embeddings 1 to 32,768
 * @throws HpdError `invalid_argument` for more embeddings than that, none, a number of clusters that they can't make,
 *   numbers that are not finite and other odd arguments; the signal's reason when it aborts
 */
export async function agglomerativeClustering(
  embeddings: Embeddings,
  options: AgglomerativeClusteringOptions = {},
): Promise<AgglomerativeClusteringResult> {
  checkedOptions("agglomerativeClustering", options, agglomerativeClusteringOptions, agglomerativeClusteringHints);
  const { clusters, distanceThreshold, linkage = "ward", similarityFunction = "euclidean", signal } = options;
  requireOneOf("linkage", linkage, linkages);
  requireOneOf("similarityFunction", similarityFunction, ["euclidean", "cosine"]);
  if (linkage === "ward" && similarityFunction === "cosine") {
    throw new HpdError(
      "invalid_argument",
      "the linkage ward is of euclidean distances: of cosine use average, or encode with normalizeEmbeddings",
    );
  }
  if ((clusters === undefined) === (distanceThreshold === undefined)) {
    throw new HpdError("invalid_argument", "give either clusters or distanceThreshold: it says where the tree is cut");
  }
  if (clusters !== undefined) requirePositiveInteger("clusters", clusters);
  if (distanceThreshold !== undefined) requireNonNegative("distanceThreshold", distanceThreshold);
  const given = asEmbeddings(embeddings);
  requireCount(given.count, clusters ?? 1);
  const yielder = new Yielder(signal);
  const pairs = await pairDistances(given, similarityFunction, yielder);
  const { children, distances } = await nearestNeighborChain(pairs, given.count, linkage, yielder);
  // Of the merges at the end these are undone.
  const undone =
    clusters === undefined ? distances.filter((distance) => distance >= distanceThreshold!).length : clusters - 1;
  return { labels: cutTree(children, undone + 1), clusters: undone + 1, children, distances };
}

function requireCount(count: number, clusters: number): void {
  if (count > mostEmbeddings) {
    throw new HpdError(
      "invalid_argument",
      `${count} embeddings have too many distances, ${mostEmbeddings} is the most: cluster a sample, or use kMeans or ` +
        "communityDetection, which have no such limit",
    );
  }
  if (count === 0 || clusters > count) {
    throw new HpdError("invalid_argument", `${count} embeddings can't make ${clusters} clusters: ask for fewer`);
  }
}
