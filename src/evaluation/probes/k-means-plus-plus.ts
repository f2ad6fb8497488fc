/**
 * Centers for k-means to begin with: points far from one another, drawn by their squared distance to the centers so far.
 * Source: `_kmeans_plusplus` of scikit-learn, the greedy variant: of 2 + ln(k) candidates the one that helps most.
 */
import type { Random } from "../../random.ts";
import { prepareRows, scoreBlock } from "../../search/score-block.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import { rowsAt } from "./rows-at.ts";

/** @param clusters at most as many as points @returns `[clusters, dimension]`, each of them a point */
export function kMeansPlusPlus(points: Embeddings, clusters: number, random: Random): Embeddings {
  const prepared = prepareRows(points, "euclidean");
  const all = { start: 0, end: points.count };
  const distances = new Float32Array(points.count);
  const squaredDistancesTo = (center: number): Float32Array => {
    scoreBlock("euclidean", prepared, { start: center, end: center + 1 }, prepared, all, distances);
    return distances.map((distance) => distance * distance);
  };
  const trials = 2 + Math.floor(Math.log(clusters));
  const centers = [random.nextInteger(points.count)];
  let closest = squaredDistancesTo(centers[0]!);
  while (centers.length < clusters) {
    let best: { center: number; closest: Float32Array; potential: number } | undefined;
    for (let trial = 0; trial < trials; trial++) {
      const center = drawByWeight(closest, random);
      const closer = squaredDistancesTo(center).map((distance, point) => Math.min(distance, closest[point]!));
      const potential = sum(closer);
      if (best === undefined || potential < best.potential) best = { center, closest: closer, potential };
    }
    centers.push(best!.center);
    closest = best!.closest;
  }
  return rowsAt(points, centers);
}

function drawByWeight(weights: Float32Array, random: Random): number {
  let left = random.nextFloat() * sum(weights);
  // Where all weights are 0 the first is drawn: every point is a center already.
  const index = weights.findIndex((weight) => {
    left -= weight;
    return left <= 0;
  });
  return index < 0 ? weights.length - 1 : index;
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
