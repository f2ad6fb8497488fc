import { describe, expect, test } from "vitest";
import { DisjointSets } from "../../src/cluster/disjoint-sets.ts";
import { densityClusters } from "../../src/map/density-clusters.ts";
import { Random } from "../../src/random.ts";

/** Clumps of points around the places; the point's clump is its number modulo theirs. */
function clumps(places: readonly (readonly [number, number])[], count: number, spread = 0.5): Float32Array {
  const random = new Random(9);
  return Float32Array.from({ length: 2 * count }, (_, at) => {
    const place = places[Math.floor(at / 2) % places.length]!;
    return place[at % 2]! + spread * random.normal();
  });
}

const corners = [
  [0, 0],
  [8, 0],
  [0, 8],
  [9, 9],
] as const;

describe("clusters by density", () => {
  test("are the clumps, each with all of its points and its middle", () => {
    const positions = clumps(corners, 400);
    const { labels, sizes, centers } = densityClusters(positions).assign(4);
    expect(sizes).toEqual([100, 100, 100, 100]);
    for (const clump of corners.keys()) {
      const own = new Set(Array.from(labels).filter((_, point) => point % 4 === clump));
      expect(own.size).toBe(1);
      const center = centers[[...own][0]!]!;
      const [x, y] = [positions[2 * center]!, positions[2 * center + 1]!];
      expect(labels[center]).toBe([...own][0]);
      expect(Math.hypot(x - corners[clump]![0], y - corners[clump]![1])).toBeLessThan(0.4);
    }
  });

  test("nest: fewer are unions of more, and the largest comes first", () => {
    const clusters = densityClusters(clumps(corners, 600, 1.6));
    expect(clusters.most).toBeGreaterThan(4);
    let finer = clusters.assign(clusters.most);
    expect(finer.sizes.length).toBeLessThanOrEqual(clusters.most);
    for (let wanted = clusters.most - 1; wanted > 0; wanted--) {
      const coarser = clusters.assign(wanted);
      expect(coarser.sizes.length).toBeLessThanOrEqual(wanted);
      expect(coarser.sizes.reduce((sum, size) => sum + size, 0)).toBe(600);
      expect([...coarser.sizes].sort((a, b) => b - a)).toEqual(coarser.sizes);
      const parents = new Map<number, number>();
      for (const [point, fine] of finer.labels.entries()) {
        const parent = parents.get(fine) ?? coarser.labels[point]!;
        expect(coarser.labels[point]).toBe(parent);
        parents.set(fine, parent);
      }
      finer = coarser;
    }
    expect(finer.sizes).toEqual([600]);
  });

  test("leave no island to a clump on the other side", () => {
    // Three points beside the second clump, far from the large first one.
    const positions = Float32Array.from([
      ...clumps(
        [
          [0, 0],
          [40, 0],
        ],
        300,
      ),
      50,
      0,
      50.1,
      0,
      50,
      0.1,
    ]);
    const { labels } = densityClusters(positions).assign(2);
    expect(labels[300]).toBe(labels[1]);
    expect(labels[301]).toBe(labels[1]);
  });

  test("of a single point, of equal points and of a line are there", () => {
    for (const positions of [
      [1, 2],
      [3, 3, 3, 3, 3, 3],
      Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? at : 0)),
    ]) {
      const { labels, sizes } = densityClusters(Float32Array.from(positions)).assign(5);
      expect(labels.length).toBe(positions.length / 2);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(labels.length);
    }
  });
});

test("disjoint sets unite", () => {
  const sets = new DisjointSets(4);
  expect(sets.add()).toBe(4);
  sets.unite(4, 2);
  sets.unite(2, 3);
  expect([0, 1, 2, 3, 4].map((member) => sets.find(member))).toEqual([0, 1, 2, 2, 2]);
});
