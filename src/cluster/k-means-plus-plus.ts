/**
 * Initial centroids of k-means: points far from one another, drawn with probability proportional to their squared
 * distance to the centroids so far.
 * Source: `_kmeans_plusplus` of scikit-learn, the greedy variant: the best of 2 + ln(k) candidates.
 */

import type { Yielder } from "../common/yielder.ts";
import type { Random } from "../random.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt } from "../tensor/rows.ts";
import { sum } from "./arithmetic.ts";
import { SquaredDistances } from "./squared-distances.ts";

/** @param clusters at most the number of points @returns `[clusters, dimension]`, each row a point */
export async function kMeansPlusPlus(
  points: Embeddings,
  clusters: number,
  random: Random,
  yielder: Yielder,
): Promise<Embeddings> {
  const distances = new SquaredDistances(points.dimension, yielder);
  const trials = 2 + Math.floor(Math.log(clusters));
  const centroids = [random.nextInteger(points.count)];
  let closest = new Float32Array(points.count).fill(Number.POSITIVE_INFINITY);
  /** `[candidates][points]`: squared distance to the nearest centroid if the candidate were one. */
  const closestWith = async (candidates: readonly number[]): Promise<Float32Array[]> => {
    const closer = candidates.map(() => closest.slice());
    await distances.visit(rowsAt(points, candidates), points, (candidate, point, distance) => {
      if (distance < closer[candidate]![point]!) closer[candidate]![point] = distance;
    });
    return closer;
  };
  [closest] = (await closestWith(centroids)) as [Float32Array<ArrayBuffer>];
  while (centroids.length < clusters) {
    const total = sum(closest);
    const candidates = Array.from({ length: trials }, () => draw(closest, random.nextFloat() * total));
    const closer = await closestWith(candidates);
    const potentials = closer.map(sum);
    const best = potentials.indexOf(Math.min(...potentials));
    centroids.push(candidates[best]!);
    closest = closer[best] as Float32Array<ArrayBuffer>;
  }
  return rowsAt(points, centroids);
}

/** The first point at which the weights add up to `target`. */
function draw(weights: Float32Array, target: number): number {
  let left = target;
  // If all weights are 0, every point is a centroid already, and the first is drawn.
  for (let point = 0; point < weights.length; point++) {
    left -= weights[point]!;
    if (left <= 0) return point;
  }
  return weights.length - 1;
}
