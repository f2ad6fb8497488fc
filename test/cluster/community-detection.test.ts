/** Communities, as sentence-transformers finds them. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CommunityDetectionOptions, communityDetection } from "../../src/cluster/community-detection.ts";
import { Random } from "../../src/random.ts";
import { similarity } from "../../src/similarity/similarity.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

interface Gold {
  readonly sets: Record<
    string,
    {
      readonly points: number[][];
      readonly cases: {
        readonly options: { readonly threshold: number; readonly min_community_size: number };
        readonly communities: number[][];
      }[];
    }
  >;
}

const gold: Gold = JSON.parse(readFileSync(new URL("../gold/cluster/communities.json", import.meta.url), "utf8"));

const cases = Object.entries(gold.sets).flatMap(([name, { points, cases }]) =>
  cases.map(({ options, communities }) => ({
    name,
    points,
    threshold: options.threshold,
    minCommunitySize: options.min_community_size,
    communities,
  })),
);

test.each(cases)(
  "$name, $threshold, $minCommunitySize: those of Python",
  async ({ name: _, points, communities, ...options }) => {
    expect(await communityDetection(Embeddings.fromRows(points), options)).toEqual(communities);
  },
);

/** As the Python function goes about it, with all similarities at once. */
function allAtOnce(embeddings: Embeddings, threshold: number, smallest: number): number[][] {
  const scores = cosines(embeddings);
  const all = scores.map((row, center) => ({
    center,
    members: [...row.keys()].filter((other) => row[other]! >= Math.fround(threshold)),
  }));
  const taken = new Set<number>();
  const communities: number[][] = [];
  for (const { center, members } of all.sort((a, b) => b.members.length - a.members.length)) {
    const free = members.filter((member) => !taken.has(member));
    if (taken.has(center) || free.length < smallest) continue;
    const score = scores[center]!;
    const others = free.filter((member) => member !== center).sort((a, b) => score[b]! - score[a]! || a - b);
    communities.push([center, ...others]);
    for (const member of free) taken.add(member);
  }
  return communities.sort((a, b) => b.length - a.length);
}

/** In double precision: which side of a threshold a pair is on is then not a matter of rounding. */
function cosines(embeddings: Embeddings): Float32Array[] {
  const units = Array.from(embeddings, (row) => Array.from(row, (value) => value / Math.hypot(...row)));
  return units.map((a) => Float32Array.from(units, (b) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)));
}

function clumps(count: number, dimension: number, centers: number, seed: number): Embeddings {
  const random = new Random(seed);
  const center = Array.from({ length: centers * dimension }, () => random.normal());
  const data = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    const at = random.nextInteger(centers) * dimension;
    for (let i = 0; i < dimension; i++) data[row * dimension + i] = center[at + i]! + 0.4 * random.normal();
  }
  return new Embeddings(data, count, dimension);
}

test("over blocks, and more members than are looked for at once", async () => {
  const embeddings = clumps(2300, 3, 2, 5);
  for (const threshold of [0.4, 0.98]) {
    const found = await communityDetection(embeddings, { threshold });
    const expected = allAtOnce(embeddings, threshold, 10);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map((community) => community.length)).toEqual(expected.map((community) => community.length));
    expect(found.map(([center]) => center)).toEqual(expected.map(([center]) => center));
    // The last bit of a similarity, and so the order of what is almost equal, depends on how it is summed.
    for (const [index, community] of found.entries()) {
      expect(new Set(community)).toEqual(new Set(expected[index]));
    }
  }
});

test("laws: no overlaps, large enough, all as alike to the center, and so is nothing that is left", async () => {
  const coarse = fc
    .tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 3 }), fc.nat())
    .map(([count, dimension, seed]) => {
      const random = new Random(seed);
      const data = Float32Array.from({ length: count * dimension }, () => random.nextInteger(7) - 3);
      return new Embeddings(data, count, dimension);
    });
  await fc.assert(
    fc.asyncProperty(
      coarse,
      fc.constantFrom(0.35, 0.8, 0.97, 1),
      fc.integer({ min: 1, max: 6 }),
      async (embeddings, threshold, smallest) => {
        const found = await communityDetection(embeddings, { threshold, minCommunitySize: smallest });
        const scores = [...similarity(embeddings, embeddings)];
        const members = found.flat();
        expect(new Set(members).size).toBe(members.length);
        const sizes = found.map((community) => community.length);
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
        for (const [center, ...others] of found) {
          expect(1 + others.length).toBeGreaterThanOrEqual(smallest);
          const alike = others.map((other) => scores[center!]![other]!);
          for (const score of alike) expect(score).toBeGreaterThan(threshold - 1e-6);
          for (const [at, score] of alike.entries()) expect(score).toBeLessThan((alike[at - 1] ?? 1) + 1e-6);
        }
        const left = [...scores.keys()].filter((index) => !members.includes(index));
        for (const center of left) {
          const alike = left.filter((other) => scores[center]![other]! >= threshold + 1e-6);
          expect(alike.length).toBeLessThan(smallest);
        }
      },
    ),
    { numRuns: 80 },
  );
});

test("a zero vector is in no community, and one embedding is one of its own", async () => {
  const rows = [[0, 0], [1, 1], [0, 0], [2, 2]]; // biome-ignore format: rows
  expect(await communityDetection(Embeddings.fromRows(rows), { minCommunitySize: 1 })).toEqual([[1, 3]]);
  expect(await communityDetection(Embeddings.fromRows([[3, 4]]), { minCommunitySize: 1, threshold: 1 })).toEqual([[0]]);
  expect(await communityDetection(new Embeddings(new Float32Array(0), 0, 4))).toEqual([]);
});

test("odd arguments are refused", async () => {
  const one = Embeddings.fromRows([[1, 2]]);
  const refused = (given: unknown, options: CommunityDetectionOptions, message: RegExp) =>
    expect(communityDetection(given as Embeddings, options)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
  for (const threshold of [0, -0.5, 1.01, Number.NaN]) {
    await refused(one, { threshold }, /threshold should be a cosine above 0, at most 1/);
  }
  await refused(one, { minCommunitySize: 0 }, /minCommunitySize should be a positive integer, got 0/);
  await refused(Embeddings.fromRows([[1], [Number.NaN]]), {}, /embedding 1 holds a number that is not finite/);
  await refused([["1", 2]], {}, /embedding 0 should hold numbers, got "1" at position 0/);
});

test("a signal stops it, and the event loop turns meanwhile", async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("stopped")), 1);
  await expect(communityDetection(clumps(20_000, 32, 500, 2), { signal: abort.signal })).rejects.toThrow("stopped");
});
