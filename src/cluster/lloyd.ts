/**
 * Lloyd's k-means: points are assigned to their nearest centroid, centroids become the mean of their points, until
 * nothing changes.
 * Source: `KMeans` of scikit-learn (`_kmeans_single_lloyd`): its stopping rules and its treatment of empty clusters.
 * The spherical variant, whose means are scaled to length 1: Dhillon and Modha (2001), Concept Decompositions for Large
 * Sparse Text Data Using Clustering.
 */

import type { Yielder } from "../common/yielder.ts";
import { TopK } from "../search/top-k.ts";
import { normalizeRows } from "../similarity/normalize.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { meanVariance, sum } from "./arithmetic.ts";
import { Assigner, type Assignment } from "./assign.ts";
import type { KMeansResult } from "./k-means-result.ts";

export interface LloydOptions {
  readonly isSpherical: boolean;
  readonly maxIterations: number;
  /** Shift of all centroids, relative to the mean variance of a dimension, at which the algorithm stops. */
  readonly tolerance: number;
}

export async function lloyd(
  points: Embeddings,
  start: Embeddings,
  { isSpherical, maxIterations, tolerance }: LloydOptions,
  yielder: Yielder,
): Promise<KMeansResult> {
  const assigner = new Assigner(points.dimension, yielder);
  try {
    const smallestShift = tolerance * (await meanVariance(points, yielder));
    let centroids = start;
    let previous: Int32Array | undefined;
    for (let iterations = 1; ; iterations++) {
      const assignment = await assigner.assign(points, centroids);
      const { labels, squaredDistances } = assignment;
      // The centroids are the means of these labels already.
      if (previous !== undefined && isEqual(previous, labels)) {
        return { labels, centroids, inertia: sum(squaredDistances), iterations };
      }
      const means = await meansOf(points, assignment, centroids.count, yielder);
      const moved = isSpherical ? normalizeRows(means) : means;
      const shift = squaredDistance(centroids, moved);
      centroids = moved;
      if (shift <= smallestShift || iterations === maxIterations) {
        const last = await assigner.assign(points, centroids);
        return { labels: last.labels, centroids, inertia: sum(last.squaredDistances), iterations };
      }
      previous = labels;
    }
  } finally {
    await assigner.dispose();
  }
}

/**
 * The mean of each cluster. An empty cluster takes the point farthest from its centroid out of that cluster; if all
 * points are at their centroid, it gets the mean of the largest cluster.
 */
async function meansOf(
  points: Embeddings,
  { labels, squaredDistances }: Assignment,
  clusters: number,
  yielder: Yielder,
): Promise<Embeddings> {
  const { dimension, data } = points;
  const sums = new Float64Array(clusters * dimension);
  const sizes = new Float64Array(clusters);
  await yielder.inSteps(points.count, (start, end) => {
    for (let point = start, from = start * dimension; point < end; point++) {
      const label = labels[point]!;
      sizes[label]!++;
      for (let i = 0, to = label * dimension; i < dimension; i++) sums[to++]! += data[from++]!;
    }
  });
  const empty = [...sizes.keys()].filter((cluster) => sizes[cluster] === 0);
  const farthest = empty.length === 0 ? [] : await farthestPoints(squaredDistances, empty.length, yielder);
  for (const [index, cluster] of empty.entries()) {
    const point = farthest[index]!;
    if (squaredDistances[point] === 0) break;
    const from = labels[point]!;
    for (const [i, value] of points.row(point).entries()) {
      sums[from * dimension + i]! -= value;
      sums[cluster * dimension + i] = value;
    }
    sizes[cluster] = 1;
    sizes[from]!--;
  }
  const most = sizes.indexOf(sizes.reduce((a, b) => Math.max(a, b)));
  const means = new Float32Array(clusters * dimension);
  for (let cluster = 0; cluster < clusters; cluster++) {
    const from = sizes[cluster] === 0 ? most : cluster;
    for (let i = 0; i < dimension; i++) {
      means[cluster * dimension + i] = sums[from * dimension + i]! / sizes[from]!;
    }
  }
  return new Embeddings(means, clusters, dimension);
}

/** Indices of the points farthest from their centroid, the farthest first; of equal ones the lower index first. */
async function farthestPoints(squaredDistances: Float64Array, count: number, yielder: Yielder): Promise<number[]> {
  const best = new TopK(1, count);
  await yielder.inSteps(squaredDistances.length, (start, end) => {
    for (let point = start; point < end; point++) {
      // The distance itself is a float32, as scores are.
      const distance = Math.sqrt(squaredDistances[point]!);
      if (distance > best.threshold(0)) best.add(0, point, distance);
    }
  });
  return best.hits(0).map(({ corpusId }) => corpusId);
}

function isEqual(a: Int32Array, b: Int32Array): boolean {
  return a.every((label, point) => label === b[point]);
}

function squaredDistance(a: Embeddings, b: Embeddings): number {
  return a.data.reduce((total, value, at) => total + (value - b.data[at]!) ** 2, 0);
}
