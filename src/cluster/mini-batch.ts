/**
 * K-means on samples: each centroid is the mean of the points that it has seen. For many points, of which each pass of
 * `lloyd` takes long.
 * Source: `MiniBatchKMeans` of scikit-learn with its defaults; Sculley (2010), Web-Scale K-Means Clustering. Random
 * numbers differ, so clusters do; their quality does not.
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

/** Batches without a better inertia until it stops. */
const patience = 10;
/** A cluster that has seen fewer points than this part of the largest begins anew. */
const reassignmentRatio = 0.01;

export interface MiniBatchOptions {
  readonly isSpherical?: boolean;
  /** So many times as many points as there are, drawn with replacement, are looked at. */
  readonly maxPasses?: number;
  readonly batchSize: number;
  /** Default: k-means++ on a sample. */
  readonly start?: Embeddings | undefined;
}

/** @param clusters at most as many as there are points */
export async function miniBatchKMeans(
  points: Embeddings,
  clusters: number,
  random: Random,
  { isSpherical = false, maxPasses = 100, batchSize: mostInBatch, start }: MiniBatchOptions,
  yielder: Yielder,
): Promise<KMeansResult> {
  const batchSize = Math.min(mostInBatch, points.count);
  const draw = (size: number) => Array.from({ length: size }, () => random.nextInteger(points.count));
  let centroids = start ?? (await drawStart(points, clusters, 3 * Math.max(batchSize, clusters), random, yielder));
  const seen = new Float64Array(clusters);
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
      const isReassigning = seen.includes(0) || sinceReassignment >= 10 * clusters;
      moveCentroids(centroids, seen, batch, labels);
      if (isReassigning) {
        reassign(centroids, seen, batch, random);
        sinceReassignment = 0;
      }
      if (isSpherical) centroids = normalizeRows(centroids);
      // The first inertia is that of the centroids drawn.
      if (iterations > 1 && stopping.isDone(sum(squaredDistances) / batchSize)) break;
    }
    const { labels, squaredDistances } = await assigner.assign(points, centroids);
    return { labels, centroids, inertia: sum(squaredDistances), iterations };
  } finally {
    await assigner.dispose();
  }
}

function drawStart(points: Embeddings, clusters: number, size: number, random: Random, yielder: Yielder) {
  const draw = () => Array.from({ length: size }, () => random.nextInteger(points.count));
  const sample = size < points.count ? rowsAt(points, draw()) : points;
  return kMeansPlusPlus(sample, clusters, random, yielder);
}

/** Each centroid becomes the mean of all points that it has seen. */
function moveCentroids(centroids: Embeddings, seen: Float64Array, batch: Embeddings, labels: Int32Array): void {
  for (const [row, label] of labels.entries()) {
    const centroid = centroids.row(label);
    const point = batch.row(row);
    const weight = 1 / ++seen[label]!;
    for (let i = 0; i < centroid.length; i++) centroid[i]! += weight * (point[i]! - centroid[i]!);
  }
}

/** Centroids that have seen few points become points of the batch, drawn without replacement. */
function reassign(centroids: Embeddings, seen: Float64Array, batch: Embeddings, random: Random): void {
  const most = seen.reduce((a, b) => Math.max(a, b));
  const poor = [...seen.keys()]
    .filter((centroid) => seen[centroid]! < reassignmentRatio * most)
    .sort((a, b) => seen[a]! - seen[b]!)
    .slice(0, Math.floor(batch.count / 2));
  if (poor.length === 0) return;
  const left = Array.from({ length: batch.count }, (_, row) => row);
  for (const centroid of poor) {
    const [row] = left.splice(random.nextInteger(left.length), 1);
    centroids.row(centroid).set(batch.row(row!));
  }
  // As if they had seen as many as the poorest of the others, or they would begin anew at once.
  const anew = new Set(poor);
  const fewest = seen.reduce((a, b, centroid) => (anew.has(centroid) ? a : Math.min(a, b)), most);
  for (const centroid of poor) seen[centroid] = fewest;
}

/** Done when the moving average of the inertia has not fallen for a while. */
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
