/** Agglomerative clustering, against scikit-learn and against the definition. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AgglomerativeClusteringOptions,
  agglomerativeClustering,
} from "../../src/cluster/agglomerative-clustering.ts";
import type { Linkage } from "../../src/cluster/nearest-neighbor-chain.ts";
import { Random } from "../../src/random.ts";
import { similarity } from "../../src/similarity/similarity.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

interface GoldTree {
  readonly linkage: Linkage;
  readonly metric: "euclidean" | "cosine";
  readonly children: number[][];
  readonly distances: number[];
  readonly byCount: { readonly clusters: number; readonly labels: number[] }[];
  readonly byDistance: { readonly threshold: number; readonly clusters: number; readonly labels: number[] }[];
}

const gold: { readonly sets: Record<string, { readonly points: number[][]; readonly trees: GoldTree[] }> } = JSON.parse(
  readFileSync(new URL("../gold/cluster/agglomerative.json", import.meta.url), "utf8"),
);

const trees = Object.entries(gold.sets).flatMap(([name, { points, trees }]) =>
  trees.map((tree) => ({ name, points, ...tree })),
);

describe.each(trees)("$name, $linkage, $metric: scikit-learn's", ({ points, linkage, metric, ...expected }) => {
  const embeddings = Embeddings.fromRows(points);
  const options = { linkage, similarityFunction: metric };
  // There its trees aren't those of SciPy, which have the lower node first; the numbers of clusters follow from that.
  const isUnordered = linkage === "single" && metric === "euclidean";
  const expectSameLabels = (labels: Int32Array, theirs: readonly number[]) =>
    isUnordered ? expect(partition(labels)).toEqual(partition(theirs)) : expect([...labels]).toEqual(theirs);

  test.each(expected.byCount)("$clusters clusters, and the tree", async ({ clusters, labels }) => {
    const result = await agglomerativeClustering(embeddings, { ...options, clusters });
    expectSameLabels(result.labels, labels);
    expect(result.clusters).toBe(clusters);
    const children = expected.children.map((pair) => (isUnordered ? [...pair].sort((a, b) => a - b) : pair));
    expect([...result.children]).toEqual(children.flat());
    for (const [merge, distance] of expected.distances.entries()) {
      expect(Math.abs(result.distances[merge]! - distance)).toBeLessThan(2e-6 * Math.max(1, distance));
    }
  });

  test.each(expected.byDistance)("cut at $threshold", async ({ threshold, clusters, labels }) => {
    const result = await agglomerativeClustering(embeddings, { ...options, distanceThreshold: threshold });
    expectSameLabels(result.labels, labels);
    expect(result.clusters).toBe(clusters);
  });
});

/** The definition: the distance of two clusters is made of those of their embeddings, or of their means. */
const distanceOf = {
  average: (between: number[]) => between.reduce((sum, distance) => sum + distance, 0) / between.length,
  complete: (between: number[]) => Math.max(...between),
  single: (between: number[]) => Math.min(...between),
};

/** Anywhere, or on few places: many distances are then equal. */
const points = fc
  .tuple(fc.integer({ min: 2, max: 24 }), fc.integer({ min: 1, max: 4 }), fc.nat(), fc.boolean())
  .map(([count, dimension, seed, isCoarse]) => {
    const random = new Random(seed);
    const draw = () => (isCoarse ? random.nextInteger(3) : random.normal());
    return new Embeddings(Float32Array.from({ length: count * dimension }, draw), count, dimension);
  });

test("every merge is of the two nearest clusters", async () => {
  await fc.assert(
    fc.asyncProperty(
      points,
      fc.constantFrom(...(Object.keys(distanceOf) as (keyof typeof distanceOf)[])),
      async (embeddings, linkage) => {
        const { children, distances } = await agglomerativeClustering(embeddings, { linkage, clusters: 1 });
        const scores = [...similarity(embeddings, embeddings, "euclidean")];
        const clusters = new Map(Array.from(scores, (_, index) => [index, [index]]));
        for (const [merge, distance] of distances.entries()) {
          const between = (a: number, b: number) =>
            distanceOf[linkage](clusters.get(a)!.flatMap((x) => clusters.get(b)!.map((y) => -scores[x]![y]!)));
          const nodes = [...clusters.keys()];
          const smallest = Math.min(...nodes.flatMap((a) => nodes.filter((b) => b > a).map((b) => between(a, b))));
          const [a, b] = children.subarray(2 * merge) as unknown as [number, number];
          expect(distance).toBeCloseTo(smallest, 4);
          expect(between(a, b)).toBeCloseTo(smallest, 4);
          clusters.set(embeddings.count + merge, [...clusters.get(a)!, ...clusters.get(b)!]);
          clusters.delete(a);
          clusters.delete(b);
        }
        expect(clusters.size).toBe(1);
      },
    ),
    { numRuns: 60 },
  );
});

test("laws: cut lower, clusters are parts of what they were; as many as asked for, each with a member", async () => {
  await fc.assert(
    fc.asyncProperty(
      points,
      fc.constantFrom<Linkage>("ward", "average", "complete", "single"),
      async (given, linkage) => {
        const cut = (clusters: number) => agglomerativeClustering(given, { linkage, clusters });
        const coarse = await cut(1 + Math.floor(given.count / 3));
        const fine = await cut(given.count - Math.floor(given.count / 4));
        for (const { labels, clusters } of [coarse, fine]) {
          expect(new Set(labels)).toEqual(new Set(Array.from({ length: clusters }, (_, label) => label)));
        }
        const pairs = new Set(Array.from(fine.labels, (label, index) => `${label} ${coarse.labels[index]}`));
        expect(pairs.size).toBe(fine.clusters);
      },
    ),
    { numRuns: 60 },
  );
});

/** Which are together, whatever the number. */
function partition(labels: ArrayLike<number>): number[] {
  const all = Array.from(labels);
  return all.map((label) => all.indexOf(label));
}

test("more than a block, and the order of the embeddings doesn't matter", async () => {
  const random = new Random(4);
  const rows = Array.from({ length: 150 }, (_, index) =>
    [10 * (index % 3), 7 * (index % 2), 0].map((v) => v + random.normal()),
  );
  const order = Array.from(rows.keys()).sort((a, b) => ((a * 67) % 150) - ((b * 67) % 150));
  for (const linkage of ["ward", "average", "complete"] as const) {
    const straight = partition(
      (await agglomerativeClustering(Embeddings.fromRows(rows), { linkage, clusters: 6 })).labels,
    );
    const shuffled = await agglomerativeClustering(Embeddings.fromRows(order.map((index) => rows[index]!)), {
      linkage,
      clusters: 6,
    });
    expect(partition(shuffled.labels.map((_, index) => shuffled.labels[order.indexOf(index)]!))).toEqual(straight);
    expect(new Set(straight).size).toBe(6);
  }
});

test("equal embeddings are at the distance 0, a zero vector has cosine 0 to everything", async () => {
  const rows = Embeddings.fromRows([[1, 2], [0, 0], [2, 4], [-2, 1]]); // biome-ignore format: rows
  const result = await agglomerativeClustering(rows, {
    linkage: "single",
    similarityFunction: "cosine",
    distanceThreshold: 0.5,
  });
  expect(result.labels[0]).toBe(result.labels[2]);
  expect(result.clusters).toBe(3);
  expect([...result.distances]).toEqual([0, 1, 1]);
  const same = Embeddings.fromRows(Array(9).fill([3, 1]));
  for (const linkage of ["ward", "average", "complete", "single"] as const) {
    expect([...(await agglomerativeClustering(same, { linkage, clusters: 2 })).distances]).toEqual(Array(8).fill(0));
    expect((await agglomerativeClustering(same, { linkage, distanceThreshold: 1e-3 })).clusters).toBe(1);
  }
});

test("one embedding is one cluster", async () => {
  const one = await agglomerativeClustering(Embeddings.fromRows([[1, 2]]), { distanceThreshold: 1 });
  expect(one).toEqual({
    labels: Int32Array.of(0),
    clusters: 1,
    children: new Int32Array(0),
    distances: new Float32Array(0),
  });
});

test.each([1e-30, 1e20, 1.5e38])("numbers around %d give the same tree", async (size) => {
  const points = [[1, 1], [-1, -1], [0.1, 0]]; // biome-ignore format: rows
  const scaled = points.map((row) => row.map((value) => value * size));
  for (const linkage of ["ward", "average", "complete", "single"] as const) {
    const [one, other] = await Promise.all(
      [points, scaled].map((rows) => agglomerativeClustering(rows, { clusters: 2, linkage })),
    );
    expect(other!.children).toEqual(one!.children);
    expect(other!.labels).toEqual(one!.labels);
  }
});

test("odd arguments are refused", async () => {
  const two = Embeddings.fromRows([[1, 2], [3, 4]]); // biome-ignore format: rows
  const refused = (options: AgglomerativeClusteringOptions, message: RegExp, given = two) =>
    expect(agglomerativeClustering(given, options)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
  await refused({}, /either clusters or distanceThreshold/);
  await refused({ clusters: 1, distanceThreshold: 1 }, /either clusters or distanceThreshold/);
  await refused({ clusters: 0 }, /clusters should be a positive integer, got 0/);
  await refused({ clusters: 3 }, /clusters should be at most 2, the number of embeddings, got 3/);
  await refused({ distanceThreshold: -1 }, /distanceThreshold should be a non-negative number, got -1/);
  await refused({ distanceThreshold: Number.NaN }, /distanceThreshold/);
  await refused(
    { clusters: 1, linkage: "centroid" as Linkage },
    /linkage should be one of ward, average, complete, single/,
  );
  await refused({ clusters: 1, similarityFunction: "cosine" }, /the linkage ward needs euclidean distances/);
  await refused({ clusters: 1, similarityFunction: "dot" as "cosine" }, /similarityFunction should be one of/);
  await refused(
    { distanceThreshold: 1 },
    /expected at least one embedding, got none/,
    new Embeddings(new Float32Array(0), 0, 2),
  );
  await refused(
    { clusters: 1 },
    /at most 32768 embeddings, got 32769.*kMeans/,
    new Embeddings(new Float32Array(32_769), 32_769, 1),
  );
  await refused(
    { clusters: 1 },
    /embedding 1 holds a number that is not finite/,
    Embeddings.fromRows([[1], [Number.NaN]]),
  );
  await refused({ clusters: 1 }, /embedding 0 should hold numbers, got "1"/, [["1"]] as unknown as Embeddings);
});

test("a signal stops it, and the event loop turns meanwhile", async () => {
  const random = new Random(1);
  const many = new Embeddings(Float32Array.from({ length: 3000 * 64 }, () => random.normal()), 3000, 64); // biome-ignore format: long
  const wide = new AbortController();
  setTimeout(() => wide.abort(new Error("stopped")), 1);
  await expect(agglomerativeClustering(many, { clusters: 2, signal: wide.signal })).rejects.toThrow("stopped");
  const before = AbortSignal.abort(new Error("before"));
  await expect(agglomerativeClustering(many, { clusters: 2, signal: before })).rejects.toThrow("before");
});
