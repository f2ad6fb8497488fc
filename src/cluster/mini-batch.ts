/**
 * K-means on samples: each centroid is the mean of the points assigned to it so far. For many points.
 * Source: `MiniBatchKMeans` of scikit-learn with its defaults; Sculley (2010), Web-Scale K-Means Clustering. Random
 * numbers differ, and so do clusters, but not their quality.
 */

import type { Yielder } from "../common/yielder.ts";
import type { Random } from "../random.ts";
import { normalizeRows } from "../similarity/normalize.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt } from "../tensor/rows.ts";
import { sum } from "./arithmetic.ts";
import { Assigner } from "./assign.ts";
import { kMeansPlusPlus } from "./k-means-plus-plus.ts";
import type { KMeansResult } from "./k-means-result.ts";

/** Batches without a better inertia after which it stops. */
const patience = 10;
/** Share of the points of the largest cluster below which a centroid is reassigned. */
const reassignmentRatio = 0.01;

export interface MiniBatchOptions {
  readonly random: Random;
  readonly isSpherical?: boolean;
  /** Points drawn, with replacement, as a multiple of the number of points. Default: 100. */
  readonly maxPasses?: number;
  readonly batchSize: number;
  /** Initial centroids, which are overwritten. Default: k-means++ on a sample. */
  readonly start?: Embeddings | undefined;
}

/** @param clusters at most the number of points */
export async function miniBatchKMeans(
  points: Embeddings,
  clusters: number,
  { random, isSpherical = false, maxPasses = 100, batchSize: mostInBatch, start }: MiniBatchOptions,
  yielder: Yielder,
): Promise<KMeansResult> {
  const batchSize = Math.min(mostInBatch, points.count);
  const draw = (size: number) => Array.from({ length: size }, () => random.nextInteger(points.count));
  const sampleSize = 3 * Math.max(batchSize, clusters);
  const sample = () => (sampleSize < points.count ? rowsAt(points, draw(sampleSize)) : points);
  let centroids = start ?? (await kMeansPlusPlus(sample(), clusters, random, yielder));
  const counts = new Float64Array(clusters);
  const stopping = new EarlyStopping((2 * batchSize) / (points.count + 1));
  let sinceReassignment = 0;
  const steps = Math.max(1, Math.floor((maxPasses * points.count) / batchSize));
  const assigner = new Assigner(points.dimension, yielder);
  try {
    let iterations = 0;
    while (iterations < steps) {
      const batch = rowsAt(points, draw(batchSize));
      const { labels, squaredDistances } = await assigner.assign(batch, centroids);
      iterations++;
      sinceReassignment += batchSize;
      const isReassigning = counts.includes(0) || sinceReassignment >= 10 * clusters;
      moveCentroids(centroids, counts, batch, labels);
      if (isReassigning) {
        reassign(centroids, counts, batch, random);
        sinceReassignment = 0;
      }
      if (isSpherical) centroids = normalizeRows(centroids);
      // The first inertia is that of the initial centroids.
      if (iterations > 1 && stopping.isDone(sum(squaredDistances) / batchSize)) break;
    }
    const { labels, squaredDistances } = await assigner.assign(points, centroids);
    return { labels, centroids, inertia: sum(squaredDistances), iterations };
  } finally {
    await assigner.dispose();
  }
}

/** Updates each centroid to the mean of all points assigned to it so far. */
function moveCentroids(centroids: Embeddings, counts: Float64Array, batch: Embeddings, labels: Int32Array): void {
  for (const [row, label] of labels.entries()) {
    const centroid = centroids.row(label);
    const point = batch.row(row);
    const weight = 1 / ++counts[label]!;
    for (let i = 0; i < centroid.length; i++) centroid[i]! += weight * (point[i]! - centroid[i]!);
  }
}

/** Replaces centroids with few points by points of the batch, drawn without replacement. */
function reassign(centroids: Embeddings, counts: Float64Array, batch: Embeddings, random: Random): void {
  const most = counts.reduce((a, b) => Math.max(a, b));
  const small = [...counts.keys()]
    .filter((centroid) => counts[centroid]! < reassignmentRatio * most)
    .sort((a, b) => counts[a]! - counts[b]!)
    .slice(0, Math.floor(batch.count / 2));
  if (small.length === 0) return;
  const left = Array.from({ length: batch.count }, (_, row) => row);
  for (const centroid of small) {
    const [row] = left.splice(random.nextInteger(left.length), 1);
    centroids.row(centroid).set(batch.row(row!));
  }
  // They count as having as many points as the smallest other cluster, or they would be replaced again at once.
  const replaced = new Set(small);
  const fewest = counts.reduce((a, b, centroid) => (replaced.has(centroid) ? a : Math.min(a, b)), most);
  for (const centroid of small) counts[centroid] = fewest;
}

/** Stops when the moving average of the inertia has not fallen for `patience` batches. */
class EarlyStopping {
  readonly #weight: number;
  #average: number | undefined;
  #lowest = Number.POSITIVE_INFINITY;
  #worse = 0;

  constructor(weight: number) {
    this.#weight = Math.min(weight, 1);
  }

  isDone(inertia: number): boolean {
    this.#average = this.#average === undefined ? inertia : this.#average * (1 - this.#weight) + inertia * this.#weight;
    this.#worse = this.#average < this.#lowest ? 0 : this.#worse + 1;
    this.#lowest = Math.min(this.#average, this.#lowest);
    return this.#worse >= patience;
  }
}
