/** K-means: the same as scikit-learn's from given centroids, as good as scikit-learn's otherwise (tools/gold/k-means.py). */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { type KMeansOptions, kMeans } from "../../src/cluster/k-means.ts";
import { kMeansPlusPlus } from "../../src/cluster/k-means-plus-plus.ts";
import { miniBatchKMeans } from "../../src/cluster/mini-batch.ts";
import { Yielder } from "../../src/common/yielder.ts";
import { clusteringScores } from "../../src/evaluation/metrics/clustering.ts";
import { mean } from "../../src/evaluation/statistics/mean.ts";
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

interface LloydCase {
  points: string;
  init: number[][];
  options?: { tol?: number; max_iter?: number };
  labels: number[];
  centroids: number[][];
  inertia: number;
  iterations?: number;
}

interface MiniBatchCase {
  points: number[];
  dimension: number;
  labels: number[];
  vMeasures: number[];
  inertias: number[];
}

const gold: {
  points: Record<string, number[][]>;
  lloyd: Record<string, LloydCase>;
  spherical: Record<string, LloydCase>;
  plusPlus: { points: string; clusters: number; potentials: number[] };
  miniBatch: Record<string, MiniBatchCase>;
  outlierAlone: { runs: number; alone: number };
} = JSON.parse(readFileSync(new URL("../gold/cluster/k-means.json", import.meta.url), "utf8"));

function expectSame({ centroids, labels, inertia }: LloydCase, result: Awaited<ReturnType<typeof kMeans>>): void {
  expect([...result.labels]).toEqual(labels);
  expect(result.inertia / inertia).toBeCloseTo(1, 5);
  for (const [cluster, expected] of centroids.entries()) {
    for (const [i, value] of expected.entries()) {
      // Single precision far from the origin is coarser.
      expect(Math.abs(result.centroids.row(cluster)[i]! - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
    }
  }
}

describe.each(Object.entries(gold.lloyd))("Lloyd, %s", (_, expected) => {
  test("labels, centroids, inertia and iterations are scikit-learn's", async () => {
    const { tol, max_iter } = expected.options!;
    const init = Embeddings.fromRows(expected.init);
    const options: KMeansOptions = {
      init,
      ...(tol !== undefined && { tolerance: tol }),
      ...(max_iter !== undefined && { maxIterations: max_iter }),
    };
    const points = Embeddings.fromRows(gold.points[expected.points]!);
    const result = await kMeans(points, init.count, options);
    expectSame(expected, result);
    expect(result.iterations).toBe(expected.iterations);
    // The caller's centroids are as they were.
    expect([...init.data]).toEqual(expected.init.flat().map(Math.fround));
  });
});

test.each(Object.entries(gold.spherical))("spherical, %s: Dhillon and Modha's algorithm", async (_, expected) => {
  const points = Embeddings.fromRows(gold.points[expected.points]!);
  const init = Embeddings.fromRows(expected.init);
  const result = await kMeans(points, init.count, { init, similarityFunction: "cosine", tolerance: 0 });
  expectSame(expected, result);
});

test("k-means++ leaves as much distance as scikit-learn's, on average over seeds", async () => {
  const { points, clusters, potentials } = gold.plusPlus;
  const given = Embeddings.fromRows(gold.points[points]!);
  const ours: number[] = [];
  for (let seed = 0; seed < potentials.length; seed++) {
    const init = await kMeansPlusPlus(given, clusters, new Random(seed), new Yielder());
    let potential = 0;
    for (const point of given) potential += Math.min(...[...init].map((centroid) => squaredDistance(point, centroid)));
    ours.push(potential);
  }
  expectSameMean(ours, potentials);
});

test("k-means++ takes points far from one another", async () => {
  const points = Embeddings.fromRows([...Array(50).fill([0, 0]), [100, 0], ...Array(50).fill([0, 1]), [0, 100]]);
  for (let seed = 0; seed < 20; seed++) {
    const centroids = await kMeansPlusPlus(points, 3, new Random(seed), new Yielder());
    const rows = [...centroids].map((row) => [...row]);
    expect(rows).toContainEqual([100, 0]);
    expect(rows).toContainEqual([0, 100]);
  }
});

describe.each(Object.entries(gold.miniBatch))("mini-batch, %s", (_, expected) => {
  const { dimension, labels } = expected;
  const points = new Embeddings(Float32Array.from(expected.points), labels.length, dimension);
  const clusters = new Set(labels).size;
  const run = (seed: number) => kMeans(points, clusters, { algorithm: "mini-batch", batchSize: 512, seed });

  test("clusters are as good as scikit-learn's, on average over seeds", async () => {
    const runs = await Promise.all(expected.vMeasures.map((_, seed) => run(seed)));
    expectSameMean(
      runs.map((result) => clusteringScores(labels.map(String), result.labels).vMeasure),
      expected.vMeasures,
    );
    expectSameMean(
      runs.map(({ inertia }) => inertia),
      expected.inertias,
    );
  });

  test("the inertia is that of the labels' nearest centroids, every seed gives its own clusters again", async () => {
    const result = await run(1);
    expect(await run(1)).toEqual(result);
    expect((await run(2)).labels).not.toEqual(result.labels);
    expect(result.inertia).toBeCloseTo(inertiaOf(points, result.centroids), 2);
  });
});

test("mini-batch: as many clusters as points, and points that are all the same", async () => {
  const different = Embeddings.fromRows([[0], [5], [9]]);
  const runs = await Promise.all(
    Array.from({ length: 200 }, (_, seed) => kMeans(different, 3, { algorithm: "mini-batch", batchSize: 512, seed })),
  );
  // A batch may leave a point out, whose centroid then begins anew: scikit-learn 1.9 tells all apart in 131 of 200 runs.
  const told = runs.filter(({ labels }) => new Set(labels).size === 3).length;
  expect(told).toBeGreaterThan(100);
  expect(told).toBeLessThan(160);
  const same = Embeddings.fromRows(Array(20).fill([1, 2]));
  expect(new Set((await kMeans(same, 4, { algorithm: "mini-batch" })).labels).size).toBe(1);
});

test("mini-batch: a single point far off is a cluster of its own as seldom as in scikit-learn", async () => {
  const { runs, alone } = gold.outlierAlone;
  const near = Array.from({ length: 3000 }, (_, i) => [(i % 2) * 10 + ((i * 7919) % 1000) / 1000, 0]);
  const points = Embeddings.fromRows([...near, [0, 300]]);
  let ours = 0;
  for (let seed = 0; seed < runs; seed++) {
    const { labels } = await miniBatchKMeans(points, 3, { random: new Random(seed), batchSize: 512 }, new Yielder());
    if (labels.indexOf(labels.at(-1)!) === 3000) ours++;
  }
  // Three standard errors of the difference of two such counts; without new beginnings it is twice as many.
  expect(Math.abs(ours - alone)).toBeLessThan(3 * Math.sqrt(2 * alone * (1 - alone / runs)));
});

describe("laws", () => {
  const data = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5 })).chain(([count, dimension]) =>
    fc.tuple(
      fc
        .array(fc.integer({ min: -3, max: 3 }), { minLength: count * dimension, maxLength: count * dimension })
        .map((values) => new Embeddings(Float32Array.from(values), count, dimension)),
      fc.integer({ min: 1, max: count }),
      fc.nat(1000),
    ),
  );
  const kinds = fc.record({
    algorithm: fc.constantFrom("lloyd", "mini-batch" as const),
    similarityFunction: fc.constantFrom("euclidean", "cosine" as const),
  }) as fc.Arbitrary<KMeansOptions>;

  test("each label is of a nearest centroid, the inertia their distances' sum; equal seeds, equal clusters", async () => {
    await fc.assert(
      fc.asyncProperty(data, kinds, async ([points, clusters, seed], kind) => {
        const result = await kMeans(points, clusters, { ...kind, seed, maxIterations: 20 });
        expect(await kMeans(points, clusters, { ...kind, seed, maxIterations: 20 })).toEqual(result);
        expect(result.centroids.count).toBe(clusters);
        const scaled = [...points].map((point) => (kind.similarityFunction === "cosine" ? unit(point) : point));
        let inertia = 0;
        for (const [index, point] of scaled.entries()) {
          const distances = [...result.centroids].map((centroid) => squaredDistance(point, centroid));
          expect(distances[result.labels[index]!]).toBeLessThan(Math.min(...distances) + 1e-5);
          inertia += Math.min(...distances);
        }
        expect(Math.abs(result.inertia - inertia)).toBeLessThan(1e-4 * (1 + inertia));
      }),
      { numRuns: 60 },
    );
  });

  test("Lloyd from its own result stays there", async () => {
    await fc.assert(
      fc.asyncProperty(data, async ([points, clusters, seed]) => {
        const first = await kMeans(points, clusters, { seed, tolerance: 0 });
        const again = await kMeans(points, clusters, { init: first.centroids, tolerance: 0 });
        expect(again.inertia).toBeLessThan(first.inertia + 1e-4);
      }),
      { numRuns: 40 },
    );
  });
});

test("more centroids than a block, and more points", async () => {
  const random = new Random(3);
  const data = Float32Array.from({ length: 3000 * 4 }, () => random.normal());
  const points = new Embeddings(data, 3000, 4);
  const { labels, centroids, inertia } = await kMeans(points, 700, { maxIterations: 2 });
  expect(inertia / inertiaOf(points, centroids)).toBeCloseTo(1, 5);
  for (const point of [0, 255, 256, 2999]) {
    const distances = [...centroids].map((centroid) => squaredDistance(points.row(point), centroid));
    expect(labels[point]).toBe(distances.indexOf(Math.min(...distances)));
  }
});

test("a zero vector is as far from every direction", async () => {
  const points = Embeddings.fromRows([[2, 0], [0, 3], [0, 0]]); // biome-ignore format: rows
  const init = Embeddings.fromRows([[1, 0], [0, 1]]); // biome-ignore format: rows
  const { labels, inertia } = await kMeans(points, 2, { similarityFunction: "cosine", init });
  expect([...labels.subarray(0, 2)]).toEqual([0, 1]);
  expect(inertia).toBeCloseTo(1, 0);
});

test("the largest numbers of float32 are clustered", async () => {
  const points = [[3e38, 3e38], [-3e38, -3e38], [2e38, 3e38]]; // biome-ignore format: rows
  const init = Embeddings.fromRows(points.slice(0, 2));
  const { labels, inertia } = await kMeans(points, 2, { init });
  expect([...labels]).toEqual([0, 1, 0]);
  expect(inertia).toBeLessThan(1e76);
});

test("odd arguments are refused", async () => {
  const points = Embeddings.fromRows([[1, 2], [3, 4]]); // biome-ignore format: rows
  const refused = (clusters: number, options: KMeansOptions, message: RegExp, given = points) =>
    expect(kMeans(given, clusters, options)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
  await refused(0, {}, /clusters should be a positive integer, got 0/);
  await refused(1.5, {}, /clusters should be a positive integer/);
  await refused(3, {}, /clusters should be at most 2, the number of embeddings, got 3/);
  await refused(
    1,
    {},
    /clusters should be at most 0, the number of embeddings, got 1/,
    new Embeddings(new Float32Array(0), 0, 2),
  );
  await refused(1, {}, /embedding 1 holds a number that is not finite/, Embeddings.fromRows([[1], [Number.NaN]]));
  await refused(2, { init: Embeddings.fromRows([[1, 2]]) }, /init should have 2 rows, one for each cluster, got 1/);
  await refused(1, { init: Embeddings.fromRows([[1]]) }, /dimension 2 and 1/);
  await refused(1, { init: Embeddings.fromRows([[1, Number.POSITIVE_INFINITY]]) }, /not finite/);
  await refused(1, { maxIterations: 0 }, /maxIterations/);
  await refused(1, { batchSize: 0, algorithm: "mini-batch" }, /batchSize/);
  await refused(1, { tolerance: Number.NaN }, /tolerance should be a non-negative number, got NaN/);
  await refused(1, { seed: -1 }, /seed/);
  await refused(1, { algorithm: "elkan" as "lloyd" }, /algorithm should be one of lloyd, mini-batch, got "elkan"/);
  await refused(1, { similarityFunction: "dot" as "cosine" }, /similarityFunction should be one of euclidean, cosine/);
  await refused(1, {}, /embedding 0 should hold numbers, got "1"/, [["1"]] as unknown as Embeddings);
});

test("a signal stops it, and the event loop turns meanwhile", async () => {
  const random = new Random(1);
  const points = new Embeddings(Float32Array.from({ length: 20_000 * 32 }, () => random.nextFloat()), 20_000, 32); // biome-ignore format: long
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("stopped")), 1);
  await expect(kMeans(points, 200, { signal: abort.signal })).rejects.toThrow("stopped");
  await expect(kMeans(points, 2, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
});

test("every pass over the points lets the event loop turn", async () => {
  const points = new Embeddings(new Float32Array(9000).fill(1), 4500, 2);
  const init = Embeddings.fromRows([[1, 0], [0, 1]]); // biome-ignore format: rows
  const inSteps = vi.spyOn(Yielder.prototype, "inSteps");
  const passes = async (options: KMeansOptions) => {
    inSteps.mockClear();
    await kMeans(points, 2, { init, maxIterations: 1, ...options });
    return inSteps.mock.calls.filter(([count]) => count === points.count).length;
  };
  try {
    // Are they finite, twice for the variance, for the means, and for the point that the empty cluster gets.
    expect(await passes({})).toBe(5);
    // And to scale them.
    expect(await passes({ similarityFunction: "cosine" })).toBe(6);
  } finally {
    inSteps.mockRestore();
  }
});

/** Means of samples: within three of their standard errors. */
function expectSameMean(ours: readonly number[], theirs: readonly number[]): void {
  const error = Math.sqrt(variance(ours) / ours.length + variance(theirs) / theirs.length);
  expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(3 * error);
}

function variance(values: readonly number[]): number {
  const center = mean(values);
  return mean(values.map((value) => (value - center) ** 2));
}

function inertiaOf(points: Embeddings, centroids: Embeddings): number {
  const rows = [...centroids];
  let inertia = 0;
  for (const point of points) inertia += Math.min(...rows.map((centroid) => squaredDistance(point, centroid)));
  return inertia;
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return squares;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.max(Math.hypot(...vector), 1e-12);
  return vector.map((value) => value / length);
}
