/**
 * The tree of agglomerative clustering: a chain goes from cluster to nearest cluster until two are each other's nearest;
 * these are joined, whatever the others do, and the chain goes on. Takes n^2 steps, where the obvious way takes n^3.
 * Source: `nn_chain` and `label` of `scipy.cluster.hierarchy`, with its choice among equals; Müllner (2011), Modern
 * Hierarchical, Agglomerative Clustering Algorithms, 3.2.
 */
import type { Yielder } from "../common/yielder.ts";
import { DisjointSets } from "./disjoint-sets.ts";
import { pairIndex } from "./pair-distances.ts";

/**
 * The distance of a cluster to x and y joined, by Lance and Williams: from the distances to x and to y, between these two,
 * and the sizes. Of `ward` the distances are squared.
 */
const updates = {
  ward: (toX, toY, between, x, y, size) => ((size + x) * toX + (size + y) * toY - size * between) / (size + x + y),
  average: (toX, toY, _, x, y) => (x * toX + y * toY) / (x + y),
  complete: (toX, toY) => Math.max(toX, toY),
  single: (toX, toY) => Math.min(toX, toY),
} satisfies Record<string, (toX: number, toY: number, between: number, x: number, y: number, size: number) => number>;

export type Linkage = keyof typeof updates;

export const linkages = Object.keys(updates) as readonly Linkage[];

export interface Tree {
  /** `[count - 1, 2]`: merge i makes node `count` + i of two, the lower one first. */
  readonly children: Int32Array;
  /** `[count - 1]`, ascending. */
  readonly distances: Float32Array;
}

/** @param pairs `[count (count - 1) / 2]`, which it overwrites */
export async function nearestNeighborChain(
  pairs: Float32Array,
  count: number,
  linkage: Linkage,
  yielder: Yielder,
): Promise<Tree> {
  const update: (typeof updates)["ward"] = updates[linkage];
  const isSquared = linkage === "ward";
  if (isSquared) {
    await yielder.inSteps(pairs.length, (start, end) => {
      for (let pair = start; pair < end; pair++) pairs[pair]! *= pairs[pair]!;
    });
  }
  const sizes = new Float64Array(count).fill(1);
  /** A cluster goes by the number of one of its embeddings: those that are left, ascending. */
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
    merges.push({ x, y, distance: isSquared ? Math.sqrt(distance) : distance });
    const place = left.indexOf(x);
    left.copyWithin(place, place + 1, clusters);
    for (const cluster of left.subarray(0, clusters - 1)) {
      if (cluster === y) continue;
      const toX = pairs[indexOf(cluster, x)]!;
      const toY = indexOf(cluster, y);
      pairs[toY] = update(toX, pairs[toY]!, distance, sizes[x]!, sizes[y]!, sizes[cluster]!);
    }
    sizes[y]! += sizes[x]!;
  }
  return treeOf(merges, count);
}

interface Neighbor {
  readonly cluster: number;
  readonly distance: number;
}

/** @param previous is taken where others are as near */
function nearestOf(pairs: Float32Array, cluster: number, left: Uint32Array, previous: number | undefined): Neighbor {
  let nearest = previous ?? -1;
  let distance = previous === undefined ? Number.POSITIVE_INFINITY : pairs[indexOf(cluster, previous)]!;
  let at = 0;
  // Those below stand side by side.
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

/** Merges by their distance, and for the embeddings that clusters went by the nodes that these are in by then. */
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
