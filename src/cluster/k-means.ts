/**
 * K-means: clusters with small squared distances to their means.
 * Source: `KMeans` and `MiniBatchKMeans` of scikit-learn, one start (`n_init="auto"` with k-means++).
 *
 * Memory, beside the embeddings: 20 bytes an embedding, 4 (2 + ln k) more during k-means++, the centroids twice; for
 * cosine a copy of the embeddings.
 */

import { requireNonNegative, requireOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { Random } from "../random.ts";
import { requireAllFinite } from "../search/arguments.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { normalizeRows } from "../similarity/normalize.ts";
import { requireFinite } from "../similarity/require-finite.ts";
import { requireSameDimension } from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";
import { kMeansPlusPlus } from "./k-means-plus-plus.ts";
import type { KMeansResult } from "./k-means-result.ts";
import { lloyd } from "./lloyd.ts";
import { miniBatchKMeans } from "./mini-batch.ts";

export interface KMeansOptions {
  /** `lloyd` (default) uses all embeddings in every iteration, `mini-batch` samples: for 100,000s of embeddings. */
  readonly algorithm?: "lloyd" | "mini-batch" | undefined;
  /**
   * `euclidean` (default), or `cosine`: spherical k-means. Embeddings and centroids are then scaled to length 1; a zero
   * vector stays zero, equally far from every centroid.
   */
  readonly similarityFunction?: "euclidean" | "cosine" | undefined;
  /** Initial centroids, `[clusters, dimension]`. Default: `k-means++`. */
  readonly init?: "k-means++" | Embeddings | undefined;
  /** Seed of the random numbers; equal seeds give equal clusters. Default: 0. */
  readonly seed?: number | undefined;
  /**
   * Maximum number of iterations. For `mini-batch`, one is as many embeddings as there are. Default: 300; `mini-batch`:
   * 100.
   */
  readonly maxIterations?: number | undefined;
  /** Shift of the centroids, relative to the variance of the embeddings, at which `lloyd` stops. Default: 1e-4. */
  readonly tolerance?: number | undefined;
  /** Embeddings of a batch of `mini-batch`. Default: 1024. */
  readonly batchSize?: number | undefined;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const kMeansOptions: OptionTable<KMeansOptions> = {
  algorithm: "string",
  similarityFunction: "string",
  init: "any",
  seed: "number",
  maxIterations: "number",
  tolerance: "number",
  batchSize: "number",
  signal: "signal",
};

/** Hints for names of options in scikit-learn. */
const kMeansHints: Hints = {
  nClusters: "it is the second argument",
  clusters: "it is the second argument",
  randomState: "seed is its name here",
  maxIter: "maxIterations is its name here",
  tol: "tolerance is its name here",
  nInit: "there is one start",
};

/**
 * Clusters embeddings; yields to the event loop.
 *
 * @param clusters number of clusters: 1 to the number of embeddings
 * @throws HpdError `invalid_argument` for clusters out of range, numbers that are not finite, an `init` of another
 *   shape and other invalid arguments; the signal's reason when it aborts
 */
export async function kMeans(
  embeddings: EmbeddingsLike,
  clusters: number,
  options: KMeansOptions = {},
): Promise<KMeansResult> {
  checkedOptions("kMeans", options, kMeansOptions, kMeansHints);
  const {
    algorithm = "lloyd",
    similarityFunction = "euclidean",
    init = "k-means++",
    seed = 0,
    maxIterations = algorithm === "lloyd" ? 300 : 100,
    tolerance = 1e-4,
    batchSize = 1024,
    signal,
  } = options;
  requireOneOf("algorithm", algorithm, ["lloyd", "mini-batch"]);
  requireOneOf("similarityFunction", similarityFunction, ["euclidean", "cosine"]);
  requirePositiveInteger("clusters", clusters);
  requirePositiveInteger("maxIterations", maxIterations);
  requirePositiveInteger("batchSize", batchSize);
  requireNonNegative("tolerance", tolerance);
  const given = asEmbeddings(embeddings);
  if (clusters > given.count) {
    throw new HpdError(
      "invalid_argument",
      `clusters should be at most ${given.count}, the number of embeddings, got ${clusters}`,
    );
  }
  const yielder = new Yielder(signal);
  const random = new Random(seed);
  const isSpherical = similarityFunction === "cosine";
  // Checked here, before they are scaled, so that messages have positions.
  await requireAllFinite(given, yielder);
  const points = isSpherical ? await normalizeAll(given, yielder) : given;
  const start = init === "k-means++" ? undefined : copyOf(init, clusters, given, isSpherical);
  if (algorithm === "mini-batch") {
    const settings = { random, isSpherical, maxPasses: maxIterations, batchSize, start };
    return miniBatchKMeans(points, clusters, settings, yielder);
  }
  const centroids = start ?? (await kMeansPlusPlus(points, clusters, random, yielder));
  return lloyd(points, centroids, { isSpherical, maxIterations, tolerance }, yielder);
}

async function normalizeAll(points: Embeddings, yielder: Yielder): Promise<Embeddings> {
  const { data, count, dimension } = points;
  const scaled = new Float32Array(data.length);
  await yielder.inSteps(count, (start, end) => {
    scaled.set(normalizeRows(rowsBetween(points, start, end)).data, start * dimension);
  });
  return new Embeddings(scaled, count, dimension);
}

/** A copy of the caller's centroids, since the algorithms change theirs. */
function copyOf(init: Embeddings, clusters: number, points: Embeddings, isSpherical: boolean): Embeddings {
  const { data, count, dimension } = asEmbeddings(init);
  if (count !== clusters) {
    throw new HpdError("invalid_argument", `init should have ${clusters} rows, one for each cluster, got ${count}`);
  }
  const copy = new Embeddings(Float32Array.from(data), count, dimension);
  requireSameDimension(points, copy);
  requireFinite(copy);
  return isSpherical ? normalizeRows(copy) : copy;
}
