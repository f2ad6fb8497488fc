/** The nearest centroid of each point: the step that k-means spends its time in, a matrix product. */
import { type PreparedRows, prepareRows, scoreBlock } from "../search/score-block.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import type { Pause } from "./pause.ts";

export interface Assignment {
  /** `[count]`: the centroid of each point; of equally near ones the first. */
  readonly labels: Int32Array;
  /** `[count]`: squared distance to it. */
  readonly squaredDistances: Float64Array;
}

/** A block of both stays in the processor's cache. */
const pointsInBlock = 256;
const centroidsInBlock = 256;

export async function assign(points: PreparedRows, centroids: Embeddings, pause: Pause): Promise<Assignment> {
  const { count } = points.embeddings;
  const prepared = prepareRows(centroids, "euclidean");
  const scores = new Float32Array(pointsInBlock * centroidsInBlock);
  const labels = new Int32Array(count);
  const best = new Float32Array(count).fill(Number.NEGATIVE_INFINITY);
  for (let start = 0; start < count; start += pointsInBlock) {
    const rows = { start, end: Math.min(start + pointsInBlock, count) };
    for (let first = 0; first < centroids.count; first += centroidsInBlock) {
      const others = { start: first, end: Math.min(first + centroidsInBlock, centroids.count) };
      scoreBlock("euclidean", points, rows, prepared, others, scores);
      for (let point = rows.start, at = 0; point < rows.end; point++) {
        for (let centroid = others.start; centroid < others.end; centroid++, at++) {
          if (scores[at]! <= best[point]!) continue;
          best[point] = scores[at]!;
          labels[point] = centroid;
        }
      }
    }
    await pause.whenDue();
  }
  return { labels, squaredDistances: Float64Array.from(best, (distance) => distance * distance) };
}

export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
