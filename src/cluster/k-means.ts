/**
 * K-means: clusters around their means, so that the squared distances within are small.
 * Source: `KMeans` and `MiniBatchKMeans` of scikit-learn, one start (`n_init="auto"` with k-means++).
 *
 * Memory, beside the embeddings: 20 bytes an embedding, 4 (2 + ln k) while k-means++ draws, the centroids twice; a copy
 * of the embeddings where they are compared by cosine.
 */

import { requireNonNegative, requireOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { Random } from "../random.ts";
import { requireAllFinite } from "../search/arguments.ts";
import { normalizeRows } from "../similarity/normalize.ts";
import { requireFinite } from "../similarity/require-finite.ts";
import { asEmbeddings, requireSameDimension } from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";
import { kMeansPlusPlus } from "./k-means-plus-plus.ts";
import type { KMeansResult } from "./k-means-result.ts";
import { lloyd } from "./lloyd.ts";
import { miniBatchKMeans } from "./mini-batch.ts";

export interface KMeansOptions {
  /** `lloyd` (default) looks at all embeddings in every iteration, `mini-batch` at samples: for 100,000s of them. */
  readonly algorithm?: "lloyd" | "mini-batch" | undefined;
  /**
   * `euclidean` (default), or `cosine`: spherical k-means, of the directions alone. Embeddings are then scaled to length 1
   * (a zero vector stays zero, as far from every centroid) and so are the centroids.
   */
  readonly similarityFunction?: "euclidean" | "cosine" | undefined;
  /** Default: `k-means++`; or the centroids to begin with, `[clusters, dimension]`. */
  readonly init?: "k-means++" | Embeddings | undefined;
  /** Default: 0. Equal seeds give equal clusters. */
  readonly seed?: number | undefined;
  /** At most; `mini-batch`: passes, each over as many embeddings as there are. Default: 300, `mini-batch`: 100. */
  readonly maxIterations?: number | undefined;
  /** `lloyd` stops when the centroids move less, relative to the variance of the embeddings. Default: 1e-4. */
  readonly tolerance?: number | undefined;
  /** Of `mini-batch`. Default: 1024. */
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

/** What scikit-learn has under other names. */
const kMeansHints: Hints = {
  nClusters: "it is the second argument",
  clusters: "it is the second argument",
  randomState: "seed is its name here",
  maxIter: "maxIterations is its name here",
  tol: "tolerance is its name here",
  nInit: "there is one start",
};

/**
 * Lets the event loop turn as it goes.
 *
 * @param clusters how many: 1 to as many as there are embeddings
 * @throws HpdError `invalid_argument` for clusters out of range, numbers that are not finite, an `init` of another shape
 *   and other odd arguments; the signal's reason when it aborts
 */
export async function kMeans(
  embeddings: Embeddings,
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
    throw new HpdError("invalid_argument", `${given.count} embeddings can't make ${clusters} clusters: ask for fewer`);
  }
  const yielder = new Yielder(signal);
  const random = new Random(seed);
  const isSpherical = similarityFunction === "cosine";
  // Refused here, with their positions, before they are scaled.
  await requireAllFinite(given, yielder);
  const points = isSpherical ? await normalizeAll(given, yielder) : given;
  const start = init === "k-means++" ? undefined : copyOf(init, clusters, given, isSpherical);
  if (algorithm === "mini-batch") {
    const settings = { isSpherical, maxPasses: maxIterations, batchSize, start };
    return miniBatchKMeans(points, clusters, random, settings, yielder);
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

/** The caller's centroids stay as they are. */
function copyOf(init: Embeddings, clusters: number, points: Embeddings, isSpherical: boolean): Embeddings {
  const { data, count, dimension } = asEmbeddings(init);
  if (count !== clusters) {
    throw new HpdError("invalid_argument", `init should hold ${clusters} centroids, one a cluster, got ${count}`);
  }
  const copy = new Embeddings(Float32Array.from(data), count, dimension);
  requireSameDimension(points, copy);
  requireFinite(copy);
  return isSpherical ? normalizeRows(copy) : copy;
}
