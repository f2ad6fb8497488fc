/**
 * Clusters of embeddings, each around its mean, learned from samples of them.
 * Source: `MiniBatchKMeans` of scikit-learn with its defaults, as MTEB calls it (k-means++, one start, batches of 512);
 * Sculley (2010), Web-Scale K-Means Clustering. Random numbers differ, so clusters do; their quality does not.
 */
import type { Random } from "../../random.ts";
import { prepareRows, scoreBlock } from "../../search/score-block.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import { kMeansPlusPlus } from "./k-means-plus-plus.ts";
import { rowsAt } from "./rows-at.ts";

const maxBatchSize = 512;
const maxPasses = 100;
/** Batches without a better inertia until it stops. */
const patience = 10;
/** A cluster that has seen fewer points than this part of the largest begins anew. */
const reassignmentRatio = 0.01;

export interface Clustering {
  /** `[count]`: the cluster of each point, 0 to `clusters` - 1. */
  readonly labels: Int32Array;
  /** Sum of squared distances to the clusters' centers. */
  readonly inertia: number;
}

/** @param clusters at most as many as there are points */
export function miniBatchKMeans(points: Embeddings, clusters: number, random: Random): Clustering {
  const batchSize = Math.min(maxBatchSize, points.count);
  const draw = (size: number) => Array.from({ length: size }, () => random.nextInteger(points.count));
  const startSize = 3 * Math.max(batchSize, clusters);
  const start = startSize < points.count ? rowsAt(points, draw(startSize)) : points;
  const centers = kMeansPlusPlus(start, clusters, random);
  const seen = new Float64Array(clusters);
  const stopping = new EarlyStopping((2 * batchSize) / (points.count + 1));
  let sinceReassignment = 0;
  const steps = Math.floor((maxPasses * points.count) / batchSize);
  for (let step = 0; step < steps; step++) {
    const batch = rowsAt(points, draw(batchSize));
    const { labels, inertia } = assign(batch, centers);
    sinceReassignment += batchSize;
    const isReassigning = seen.includes(0) || sinceReassignment >= 10 * clusters;
    moveCenters(centers, seen, batch, labels);
    if (isReassigning) {
      reassign(centers, seen, batch, random);
      sinceReassignment = 0;
    }
    // The first inertia is that of the centers drawn.
    if (step > 0 && stopping.isDone(inertia / batchSize)) break;
  }
  return assign(points, centers);
}

function assign(points: Embeddings, centers: Embeddings): Clustering {
  const rowsAtOnce = 512;
  const prepared = prepareRows(points, "euclidean");
  const preparedCenters = prepareRows(centers, "euclidean");
  const similarities = new Float32Array(rowsAtOnce * centers.count);
  const labels = new Int32Array(points.count);
  let inertia = 0;
  for (let start = 0; start < points.count; start += rowsAtOnce) {
    const end = Math.min(start + rowsAtOnce, points.count);
    scoreBlock("euclidean", prepared, { start, end }, preparedCenters, { start: 0, end: centers.count }, similarities);
    for (let point = start, at = 0; point < end; point++) {
      let nearest = 0;
      let best = Number.NEGATIVE_INFINITY;
      for (let center = 0; center < centers.count; center++, at++) {
        if (similarities[at]! <= best) continue;
        best = similarities[at]!;
        nearest = center;
      }
      labels[point] = nearest;
      inertia += best * best;
    }
  }
  return { labels, inertia };
}

/** Each center becomes the mean of all points that it has seen. */
function moveCenters(centers: Embeddings, seen: Float64Array, batch: Embeddings, labels: Int32Array): void {
  for (const [row, label] of labels.entries()) {
    const center = centers.row(label);
    const point = batch.row(row);
    const weight = 1 / ++seen[label]!;
    for (let i = 0; i < center.length; i++) center[i]! += weight * (point[i]! - center[i]!);
  }
}

/** Centers that have seen few points become points of the batch, drawn without replacement. */
function reassign(centers: Embeddings, seen: Float64Array, batch: Embeddings, random: Random): void {
  const most = Math.max(...seen);
  const poor = [...seen.keys()]
    .filter((center) => seen[center]! < reassignmentRatio * most)
    .sort((a, b) => seen[a]! - seen[b]!)
    .slice(0, Math.floor(batch.count / 2));
  if (poor.length === 0) return;
  const left = Array.from({ length: batch.count }, (_, row) => row);
  for (const center of poor) {
    const [row] = left.splice(random.nextInteger(left.length), 1);
    centers.row(center).set(batch.row(row!));
  }
  // As if they had seen as many as the poorest of the others, or they would begin anew at once.
  const fewest = Math.min(...seen.filter((_, center) => !poor.includes(center)));
  for (const center of poor) seen[center] = fewest;
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
