/**
 * The weighted graph that UMAP lays out: the membership strength of two points, by each one's own scale of distance.
 * Source: McInnes, Healy, Melville, arXiv 1802.03426, algorithms 2 and 3; `fuzzy_simplicial_set` of umap-learn with
 * its defaults (`local_connectivity` 1, `set_op_mix_ratio` 1), where a point is its own first neighbour.
 */
import type { Yielder } from "../../common/yielder.ts";

/** A symmetric graph: each edge is there in both directions, sorted by its head. */
export interface FuzzyGraph {
  readonly count: number;
  /** `[edges]`: the points of each edge. */
  readonly heads: Uint32Array;
  readonly tails: Uint32Array;
  /** `[edges]`: membership strengths in (0, 1]. */
  readonly weights: Float32Array;
}

const tolerance = 1e-5;
const smallestScale = 1e-3;
const mostHalvings = 64;

/** Neighbours of points, without the point itself, the nearest first. */
export interface Neighborhoods {
  readonly count: number;
  readonly k: number;
  /** `[count, k]` */
  readonly ids: Uint32Array;
  /** `[count, k]`: not negative. */
  readonly distances: Float32Array;
}

/** @throws the signal's reason when it aborts */
export async function fuzzyGraph(neighborhoods: Neighborhoods, yielder: Yielder): Promise<FuzzyGraph> {
  const { count, k, ids } = neighborhoods;
  const strengths = await membershipStrengths(neighborhoods, yielder);
  const reverse = incomingEdges(neighborhoods);
  const heads: number[] = [];
  const tails: number[] = [];
  const weights: number[] = [];
  // Strengths of the edges from the row's point to each other one, and from it to the row's point.
  const given = new Float64Array(count);
  const got = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    if (yielder.isDue) await yielder.yield();
    const others = new Set<number>();
    for (let edge = row * k; edge < (row + 1) * k; edge++) {
      given[ids[edge]!] = strengths[edge]!;
      others.add(ids[edge]!);
    }
    for (let at = reverse.starts[row]!; at < reverse.starts[row + 1]!; at++) {
      const edge = reverse.edges[at]!;
      const other = Math.floor(edge / k);
      got[other] = strengths[edge]!;
      others.add(other);
    }
    for (const other of [...others].sort((a, b) => a - b)) {
      const weight = given[other]! + got[other]! - given[other]! * got[other]!;
      given[other] = got[other] = 0;
      if (weight <= 0) continue;
      heads.push(row);
      tails.push(other);
      weights.push(weight);
    }
  }
  return {
    count,
    heads: Uint32Array.from(heads),
    tails: Uint32Array.from(tails),
    weights: Float32Array.from(weights),
  };
}

/** `[count, k]`: 1 for the nearest, falling so that the strengths of each point sum to log2(k + 1). */
async function membershipStrengths({ count, k, distances }: Neighborhoods, yielder: Yielder): Promise<Float64Array> {
  const target = Math.log2(k + 1);
  let sum = 0;
  for (const distance of distances) sum += distance;
  // The point itself, at distance 0, counts among its neighbours.
  const meanOfAll = sum / (count * (k + 1));
  const strengths = new Float64Array(count * k);
  for (let row = 0; row < count; row++) {
    if (yielder.isDue) await yielder.yield();
    const own = distances.subarray(row * k, (row + 1) * k);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const mean = nearest > 0 ? own.reduce((total, distance) => total + distance, 0) / (k + 1) : meanOfAll;
    const scale = Math.max(scaleFor(own, nearest, target), smallestScale * mean);
    for (let rank = 0; rank < k; rank++) {
      const beyond = own[rank]! - nearest;
      strengths[row * k + rank] = beyond <= 0 || scale === 0 ? 1 : Math.exp(-beyond / scale);
    }
  }
  return strengths;
}

/** The scale at which the strengths sum to `target`, by bisection. */
function scaleFor(distances: Float32Array, nearest: number, target: number): number {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let scale = 1;
  for (let halving = 0; halving < mostHalvings; halving++) {
    let sum = 0;
    for (const distance of distances) sum += distance > nearest ? Math.exp(-(distance - nearest) / scale) : 1;
    if (Math.abs(sum - target) < tolerance) break;
    if (sum > target) high = scale;
    else low = scale;
    scale = high === Number.POSITIVE_INFINITY ? scale * 2 : (low + high) / 2;
  }
  return scale;
}

/** The edges that lead to each point p: `edges` from `starts[p]` to `starts[p + 1]`. */
function incomingEdges({ count, k, ids }: Neighborhoods): { starts: Uint32Array; edges: Uint32Array } {
  const starts = new Uint32Array(count + 1);
  for (const id of ids) starts[id + 1]!++;
  for (let point = 0; point < count; point++) starts[point + 1]! += starts[point]!;
  const next = starts.slice();
  const edges = new Uint32Array(count * k);
  for (let edge = 0; edge < edges.length; edge++) edges[next[ids[edge]!]!++] = edge;
  return { starts, edges };
}
