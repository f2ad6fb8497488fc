/**
 * The tree of agglomerative clustering by nearest-neighbour chains: a chain goes from cluster to nearest cluster until
 * two are each other's nearest; these are merged, and the chain goes on. Takes n^2 steps; the naive algorithm takes
 * n^3.
 * Source: `nn_chain` and `label` of `scipy.cluster.hierarchy`, with its choice among equals; Müllner (2011), Modern
 * Hierarchical, Agglomerative Clustering Algorithms, 3.2.
 */
import type { Yielder } from "../common/yielder.ts";
import { DisjointSets } from "./disjoint-sets.ts";
import { pairIndex } from "./pair-distances.ts";

/** Two clusters that are merged: their sizes and their distance. */
interface Merging {
  readonly x: number;
  readonly y: number;
  readonly between: number;
}

/** The distance of a cluster of some size to the union of x and y, from its distances to x and to y. */
type Update = (toX: number, toY: number, size: number, merging: Merging) => number;

/** The formulas of Lance and Williams. */
const updates = {
  // The squares are of double precision: float32 holds those of numbers from 1e-19 to 1e19 only.
  ward: (toX, toY, size, { x, y, between }) =>
    Math.sqrt(((size + x) * toX ** 2 + (size + y) * toY ** 2 - size * between ** 2) / (size + x + y)),
  average: (toX, toY, _, { x, y }) => (x * toX + y * toY) / (x + y),
  complete: (toX, toY) => Math.max(toX, toY),
  single: (toX, toY) => Math.min(toX, toY),
} satisfies Record<string, Update>;

export type Linkage = keyof typeof updates;

export const linkages = Object.keys(updates) as readonly Linkage[];

export interface Tree {
  /** `[count - 1, 2]`: merge i joins these two nodes, the lower one first, into node `count` + i. */
  readonly children: Int32Array;
  /** `[count - 1]`, ascending. */
  readonly distances: Float32Array;
}

/** @param pairs `[count (count - 1) / 2]`: distances by `pairIndex`, which are overwritten */
export async function nearestNeighborChain(
  pairs: Float32Array,
  count: number,
  linkage: Linkage,
  yielder: Yielder,
): Promise<Tree> {
  const update: Update = updates[linkage];
  const sizes = new Float64Array(count).fill(1);
  /** The clusters that are left, ascending; each is called by one of its embeddings. */
  const left = Uint32Array.from({ length: count }, (_, index) => index);
  const chain: number[] = [];
  const merges: Merge[] = [];
  for (let clusters = count; clusters > 1; clusters--) {
    if (chain.length === 0) chain.push(left[0]!);
    let nearest: Neighbor;
    while (true) {
      const last = chain.at(-1)!;
      nearest = nearestOf(pairs, last, left.subarray(0, clusters), chain.at(-2));
      if (nearest.cluster === chain.at(-2)) break;
      chain.push(nearest.cluster);
      if (yielder.isDue) await yielder.yield();
    }
    const joined = [chain.pop()!, chain.pop()!];
    const [x, y] = [Math.min(...joined), Math.max(...joined)];
    const { distance } = nearest;
    merges.push({ x, y, distance });
    const removed = left.indexOf(x);
    left.copyWithin(removed, removed + 1, clusters);
    const merging = { x: sizes[x]!, y: sizes[y]!, between: distance };
    for (const cluster of left.subarray(0, clusters - 1)) {
      if (cluster === y) continue;
      const toX = pairs[indexOf(cluster, x)]!;
      const toY = indexOf(cluster, y);
      pairs[toY] = update(toX, pairs[toY]!, sizes[cluster]!, merging);
    }
    sizes[y]! += sizes[x]!;
  }
  return treeOf(merges, count);
}

interface Neighbor {
  readonly cluster: number;
  readonly distance: number;
}

/** The nearest of the clusters that are left. @param previous is preferred to others that are as near */
function nearestOf(pairs: Float32Array, cluster: number, left: Uint32Array, previous: number | undefined): Neighbor {
  let nearest = previous ?? -1;
  let distance = previous === undefined ? Number.POSITIVE_INFINITY : pairs[indexOf(cluster, previous)]!;
  let at = 0;
  // Distances to lower clusters lie side by side.
  for (const row = pairIndex(cluster, 0); left[at]! < cluster; at++) {
    const other = left[at]!;
    if (pairs[row + other]! >= distance) continue;
    distance = pairs[row + other]!;
    nearest = other;
  }
  for (at++; at < left.length; at++) {
    const other = left[at]!;
    const pair = pairIndex(other, cluster);
    if (pairs[pair]! >= distance) continue;
    distance = pairs[pair]!;
    nearest = other;
  }
  return { cluster: nearest, distance };
}

function indexOf(a: number, b: number): number {
  return a > b ? pairIndex(a, b) : pairIndex(b, a);
}

interface Merge {
  readonly x: number;
  readonly y: number;
  readonly distance: number;
}

/**
 * The tree of merges: in the order of their distances, with nodes instead of the embeddings that clusters are called
 * by.
 */
function treeOf(merges: Merge[], count: number): Tree {
  merges.sort((a, b) => a.distance - b.distance);
  const joined = new DisjointSets(count);
  const nodes = Int32Array.from({ length: count }, (_, embedding) => embedding);
  const children = new Int32Array(2 * merges.length);
  for (const [index, { x, y }] of merges.entries()) {
    const two = [nodes[joined.find(x)]!, nodes[joined.find(y)]!];
    children.set([Math.min(...two), Math.max(...two)], 2 * index);
    nodes[joined.unite(x, y)] = count + index;
  }
  return { children, distances: Float32Array.from(merges, ({ distance }) => distance) };
}
