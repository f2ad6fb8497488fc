/**
 * Centroids for k-means to begin with: points far from one another, drawn by their squared distance to those so far.
 * Source: `_kmeans_plusplus` of scikit-learn, the greedy variant: of 2 + ln(k) candidates the one that helps most.
 */
import type { Random } from "../random.ts";
import { type PreparedRows, prepareRows, scoreBlock } from "../search/score-block.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { sum } from "./assign.ts";
import type { Pause } from "./pause.ts";
import { rowsAt } from "./rows-at.ts";

const pointsInBlock = 2048;

/** @param clusters at most as many as points @returns `[clusters, dimension]`, each of them a point */
export async function kMeansPlusPlus(
  points: PreparedRows,
  clusters: number,
  random: Random,
  pause: Pause,
): Promise<Embeddings> {
  const { count } = points.embeddings;
  const trials = 2 + Math.floor(Math.log(clusters));
  const centroids = [random.nextInteger(count)];
  const far = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let [closest] = await squaredDistances(points, centroids, far, pause);
  while (centroids.length < clusters) {
    const total = sum(closest!);
    const candidates = Array.from({ length: trials }, () => draw(closest!, random.nextFloat() * total));
    const closer = await squaredDistances(points, candidates, closest!, pause);
    const potentials = closer.map(sum);
    const best = potentials.indexOf(Math.min(...potentials));
    centroids.push(candidates[best]!);
    closest = closer[best]!;
  }
  return rowsAt(points.embeddings, centroids);
}

/** Of all points to each of a few of them, where they are smaller than `closest`. */
async function squaredDistances(
  points: PreparedRows,
  candidates: readonly number[],
  closest: Float64Array,
  pause: Pause,
): Promise<Float64Array[]> {
  const { count } = points.embeddings;
  const prepared = prepareRows(rowsAt(points.embeddings, candidates), "euclidean");
  const closer = candidates.map(() => new Float64Array(count));
  const scores = new Float32Array(candidates.length * pointsInBlock);
  for (let start = 0; start < count; start += pointsInBlock) {
    const end = Math.min(start + pointsInBlock, count);
    scoreBlock("euclidean", prepared, { start: 0, end: candidates.length }, points, { start, end }, scores);
    let at = 0;
    for (const squares of closer) {
      for (let point = start; point < end; point++, at++) {
        squares[point] = Math.min(scores[at]! * scores[at]!, closest[point]!);
      }
    }
    await pause.whenDue();
  }
  return closer;
}

/** The first point at which the weights add up to `target`. */
function draw(weights: Float64Array, target: number): number {
  let left = target;
  // Where all weights are 0 the first is drawn: every point is a centroid already.
  const index = weights.findIndex((weight) => {
    left -= weight;
    return left <= 0;
  });
  return index < 0 ? weights.length - 1 : index;
}
