import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Progress } from "../../src/common/progress.ts";
import { Yielder } from "../../src/common/yielder.ts";
import { nearestNeighbors } from "../../src/map/nearest-neighbors.ts";
import { fitCurve } from "../../src/map/umap/curve.ts";
import { fuzzyGraph } from "../../src/map/umap/fuzzy-graph.ts";
import { umap } from "../../src/map/umap/umap.ts";
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

const gold = JSON.parse(readFileSync(new URL("../gold/map/umap.json", import.meta.url), "utf8"));

test("the graph is the one of umap-learn", async () => {
  const { count, k, ids, distances, edges } = gold;
  const graph = await fuzzyGraph(
    { count, k, ids: Uint32Array.from(ids), distances: Float32Array.from(distances) },
    new Yielder(),
  );
  expect(graph.weights.length).toBe(edges.length);
  for (const [index, [head, tail, weight]] of (edges as [number, number, number][]).entries()) {
    expect([graph.heads[index], graph.tails[index]]).toEqual([head, tail]);
    expect(graph.weights[index]).toBeCloseTo(weight, 5);
  }
});

test.each(Object.entries(gold.curves as Record<string, [number, number]>))(
  "the curve for min_dist %s is the one of umap-learn",
  (minDist, [a, b]) => {
    const curve = fitCurve(Number(minDist));
    expect(curve.a / a).toBeCloseTo(1, 4);
    expect(curve.b / b).toBeCloseTo(1, 4);
  },
);

test.each([-0.1, 1.5, Number.NaN])("min_dist %s is refused", (minDist) => {
  expect(() => fitCurve(minDist)).toThrow(/minDist should be a number from 0 to 1/);
});

/** Groups around orthogonal axes. */
function grouped(count: number, groups: number, spread: number): Embeddings {
  const random = new Random(5);
  return Embeddings.fromRows(
    Array.from({ length: count }, (_, row) =>
      Array.from({ length: 12 }, (_, i) => (i === row % groups ? 1 : 0) + spread * random.normal()),
    ),
  );
}

describe("a layout", () => {
  test("keeps neighbours together and groups apart", async () => {
    const embeddings = grouped(400, 4, 0.08);
    const neighbors = await nearestNeighbors(embeddings, 14);
    const layout = await umap(embeddings, neighbors, { epochs: 150 });
    const distance = (a: number, b: number) =>
      Math.hypot(layout[2 * a]! - layout[2 * b]!, layout[2 * a + 1]! - layout[2 * b + 1]!);
    // Of each point the nearest on the map: of its group, and mostly among its nearest before.
    let same = 0;
    let kept = 0;
    for (let point = 0; point < 400; point++) {
      const others = Array.from({ length: 400 }, (_, other) => other).filter((other) => other !== point);
      const near = others.sort((a, b) => distance(point, a) - distance(point, b)).slice(0, 14);
      same += near.filter((other) => other % 4 === point % 4).length / 14;
      const before = new Set(neighbors.ids.subarray(14 * point, 14 * (point + 1)));
      kept += near.filter((other) => before.has(other)).length / 14;
    }
    expect(same / 400).toBe(1);
    // By chance within the groups: 0.14.
    expect(kept / 400).toBeGreaterThan(0.4);
  });

  test("depends on the seed alone", async () => {
    const embeddings = grouped(120, 3, 0.2);
    const neighbors = await nearestNeighbors(embeddings, 10);
    const make = (seed: number) => umap(embeddings, neighbors, { seed, epochs: 50 });
    expect(await make(1)).toEqual(await make(1));
    expect(await make(2)).not.toEqual(await make(1));
  });

  test("tells of every epoch, and stops where it is told to", async () => {
    const embeddings = grouped(60, 3, 0.2);
    const neighbors = await nearestNeighbors(embeddings, 5);
    const seen: Progress[] = [];
    await umap(embeddings, neighbors, { epochs: 3, onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3].map((done) => ({ stage: "layout", done, total: 3 })));
    const controller = new AbortController();
    const stopped = umap(embeddings, neighbors, {
      epochs: 1_000_000,
      signal: controller.signal,
      onProgress: ({ done }) => done === 2 && controller.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });

  test.each([1, 2, 3])("of %i points is finite", async (count) => {
    const embeddings = grouped(count, 3, 0.2);
    const layout = await umap(embeddings, await nearestNeighbors(embeddings, 14));
    expect(layout.length).toBe(2 * count);
    expect(layout.every(Number.isFinite)).toBe(true);
  });

  test("of the largest numbers of float32 is finite", async () => {
    const embeddings = Embeddings.fromRows([[1e38, 0], [0, 3e38], [-3e38, -3e38], [1, 2]]); // biome-ignore format: rows
    const layout = await umap(embeddings, await nearestNeighbors(embeddings, 3), { epochs: 5 });
    expect(layout.every(Number.isFinite)).toBe(true);
  });

  test("of equal points is finite", async () => {
    const embeddings = Embeddings.fromRows(Array.from({ length: 50 }, () => [0, 1, 0]));
    const layout = await umap(embeddings, await nearestNeighbors(embeddings, 14), { epochs: 20 });
    expect(layout.every(Number.isFinite)).toBe(true);
  });

  test("of zero vectors, and with other neighbours, is an error or finite", async () => {
    const zeros = Embeddings.fromRows([
      [0, 0],
      [0, 0],
      [1, 0],
    ]);
    const neighbors = await nearestNeighbors(zeros, 2);
    expect((await umap(zeros, neighbors, { epochs: 5 })).every(Number.isFinite)).toBe(true);
    await expect(umap(grouped(5, 1, 0.1), neighbors)).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describe("neighbours", () => {
  test("are those of an exact search, without the point itself", async () => {
    const embeddings = grouped(90, 3, 0.3);
    const { ids, similarities, k } = await nearestNeighbors(embeddings, 6);
    const cosine = (a: number, b: number) => {
      const [x, y] = [embeddings.row(a), embeddings.row(b)];
      const dot = (p: Float32Array, q: Float32Array) => p.reduce((sum, value, i) => sum + value * q[i]!, 0);
      return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
    };
    for (let point = 0; point < 90; point++) {
      const others = Array.from({ length: 90 }, (_, other) => other).filter((other) => other !== point);
      const best = others.map((other) => cosine(point, other)).sort((a, b) => b - a);
      for (let rank = 0; rank < k; rank++) {
        expect(ids[point * k + rank]).not.toBe(point);
        expect(similarities[point * k + rank]).toBeCloseTo(best[rank]!, 5);
        expect(cosine(point, ids[point * k + rank]!)).toBeCloseTo(best[rank]!, 5);
      }
    }
  });

  test("of equal points are other points, and of few points all others", async () => {
    const equal = Embeddings.fromRows(Array.from({ length: 20 }, () => [1, 2]));
    const { ids, k } = await nearestNeighbors(equal, 3);
    for (let point = 0; point < 20; point++) {
      const own = ids.subarray(point * k, (point + 1) * k);
      expect(own).not.toContain(point);
      expect(new Set(own).size).toBe(3);
    }
    expect((await nearestNeighbors(grouped(3, 3, 0.1), 14)).k).toBe(2);
    expect((await nearestNeighbors(grouped(1, 1, 0.1), 14)).k).toBe(0);
  });

  test.each([0, 2.5, Number.NaN])("%d of them are refused", async (k) => {
    await expect(nearestNeighbors(grouped(5, 1, 0.1), k)).rejects.toThrow("k should be a positive integer");
  });
});
