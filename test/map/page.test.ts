import { Script } from "node:vm";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { cut, shortened } from "../../src/map/cut.ts";
import { buildMap, type MapStage, mapHtml, type TextMap } from "../../src/map/index.ts";
import { hueOfEach } from "../../src/map/page/client/colors.ts";
import { placeLabels } from "../../src/map/page/client/label-layout.ts";
import { PointGrid } from "../../src/map/page/client/point-grid.ts";
import { TextSearch } from "../../src/map/page/client/text-search.ts";
import { unpack } from "../../src/map/page/client/unpack.ts";
import { between, fitted, toMap, toScreen, zoomedAt } from "../../src/map/page/client/viewport.ts";
import { hues } from "../../src/map/page/hues.ts";
import type { MapData } from "../../src/map/page/map-data.ts";
import { pageScript } from "../../src/map/page/page-script.ts";
import { Random } from "../../src/random.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";
import { expectPolicy } from "../report/policy.ts";

const hostile = `</script><img src=x onerror=alert(1)> \ud800 &amp; "'`;
const subjects = ["credit card", "guitar chords", "black holes"];
const texts = Array.from({ length: 120 }, (_, index) =>
  index === 0 ? hostile : index === 1 ? "x".repeat(10_000) : `Question ${index} about ${subjects[index % 3]}`,
);
const random = new Random(2);
const embeddings = Embeddings.fromRows(
  texts.map((_, index) => [0, 1, 2, 3].map((i) => (i === index % 3 ? 2 : 0) + 0.3 * random.normal())),
);

let map: TextMap;
const stages = new Set<MapStage>();
beforeAll(async () => {
  map = await buildMap(texts, embeddings, { clusters: 3, onProgress: ({ stage }) => stages.add(stage) });
});

/** What the page holds. */
async function dataOf(html: string): Promise<MapData> {
  return unpack(/id="data">([^<]*)</.exec(html)![1]!);
}

describe("a map", () => {
  test("has clusters with names, and topics that are their parts", () => {
    expect(map.clusters.map(({ size }) => size)).toEqual([40, 40, 40]);
    expect(map.clusters.map(({ terms }) => terms[0]).sort()).toEqual([...subjects].sort());
    const sizes = new Map<number, number>();
    for (const { cluster, size } of map.topics) sizes.set(cluster, (sizes.get(cluster) ?? 0) + size);
    expect([...sizes].sort()).toEqual([
      [0, 40],
      [1, 40],
      [2, 40],
    ]);
    for (const [text, topic] of map.topicOf.entries()) {
      if (text > 1) expect(map.clusters[map.topics[topic]!.cluster]!.terms[0]).toBe(subjects[text % 3]);
    }
    expect([...stages]).toEqual(["neighbors", "layout", "names"]);
  });

  test.each([
    ["no texts", [], Embeddings.fromRows([]), {}],
    ["other embeddings", ["a"], Embeddings.fromRows([[1], [2]]), {}],
    ["no clusters", ["a"], Embeddings.fromRows([[1]]), { clusters: 0 }],
    ["half a neighbour", ["a"], Embeddings.fromRows([[1]]), { neighbors: 0.5 }],
    ["no neighbour but the text itself", ["a", "b"], Embeddings.fromRows([[1], [2]]), { neighbors: 1 }],
    ["a distance of 2", ["a"], Embeddings.fromRows([[1]]), { minDist: 2 }],
    ["a number that is none", ["a", "b"], Embeddings.fromRows([[1], [Number.NaN]]), {}],
  ])("of %s is refused", async (_, given, rows, options) => {
    await expect(buildMap(given, rows, options)).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test.each([1, 2, 5])("of %i texts is there", async (count) => {
    const few = await buildMap(texts.slice(0, count), Embeddings.fromRows([...embeddings].slice(0, count)));
    const data = await dataOf(mapHtml(few));
    expect(data.texts.length).toBe(count);
    expect(data.topicOf.length).toBe(count);
    expect(data.neighbors.length).toBe(count * (count - 1));
  });

  test("of equal texts is one cluster, named by their words", async () => {
    const equal = await buildMap(
      Array.from({ length: 300 }, () => "credit card"),
      Embeddings.fromRows(Array.from({ length: 300 }, () => [1, 2, 3])),
      { clusters: 5 },
    );
    expect(equal.clusters).toMatchObject([{ terms: ["credit card"], size: 300 }]);
  });

  test("has equal texts side by side, with other texts as their neighbours", async () => {
    const doubled = await buildMap([...texts, ...texts], Embeddings.fromRows([...embeddings, ...embeddings]));
    const { coordinates, neighbors, topicOf } = doubled;
    for (const text of texts.keys()) {
      const other = text + texts.length;
      expect(coordinates[2 * other]).toBeCloseTo(coordinates[2 * text]!, 1);
      expect(coordinates[2 * other + 1]).toBeCloseTo(coordinates[2 * text + 1]!, 1);
      expect(topicOf[other]).toBe(topicOf[text]);
      const own = neighbors.ids.subarray(14 * text, 14 * text + 14);
      expect(own).toEqual(neighbors.ids.subarray(14 * other, 14 * other + 14));
      expect(new Set(Array.from(own, (id) => doubled.texts[id])).add(texts[text]!).size).toBe(15);
    }
  });

  test("stops where it is told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(buildMap(texts, embeddings, { signal })).rejects.toThrow("enough");
  });
});

describe("a page", () => {
  test("holds the texts as data alone, whatever they are", async () => {
    const html = mapHtml(map, { title: hostile });
    expect(html).not.toContain("onerror=alert");
    expect(html.match(/<script/g)?.length).toBe(2);
    const data = await dataOf(html);
    expect(data.texts[0]).toBe(hostile);
    expect(data.title).toBe(hostile);
    expect(data.texts.slice(2)).toEqual(texts.slice(2));
    expect(data.texts[1]).toMatch(/^x{4000}… \(cut: 10,000 characters\)$/);
  });

  test("and a name hold whole characters, where texts are cut", async () => {
    const long = `x${"🎸".repeat(3000)}`;
    const data = await dataOf(mapHtml(await buildMap([long], Embeddings.fromRows([[1]]))));
    expect(data.texts[0]).toBe(`x${"🎸".repeat(1999)}… (cut: 6,001 characters)`);
    expect(data.clusters[0]!.terms).toEqual([`x${"🎸".repeat(19)}…`]);
  });

  test("asks for nothing from outside", () => {
    const html = mapHtml(map);
    expectPolicy(html);
    expect(html.replace(/<script type="application.*?<\/script>/s, "")).not.toMatch(/https?:|\bfetch\(|import\(/);
  });

  test("keeps shape, neighbours and clusters", async () => {
    const data = await dataOf(mapHtml(map));
    const distance = (positions: ArrayLike<number>, a: number, b: number) =>
      Math.hypot(positions[2 * a]! - positions[2 * b]!, positions[2 * a + 1]! - positions[2 * b + 1]!);
    const scale = distance(data.positions, 2, 3) / distance(map.coordinates, 2, 3);
    expect(distance(data.positions, 2, 4) / distance(map.coordinates, 2, 4) / scale).toBeCloseTo(1, 2);
    expect(Math.max(...data.positions) - Math.min(...data.positions)).toBeGreaterThan(60_000);
    expect(data.k).toBe(8);
    for (const text of [0, 5, 119]) {
      const own = map.neighbors.ids.subarray(14 * text, 14 * text + 8);
      expect(data.neighbors.subarray(8 * text, 8 * text + 8)).toEqual(own);
      expect(data.similarities[8 * text]! / 255).toBeCloseTo(map.neighbors.similarities[14 * text]!, 2);
    }
    expect([...data.topicOf]).toEqual([...map.topicOf]);
    expect(data.clusters.map(({ terms, size }) => ({ terms, size }))).toEqual(
      map.clusters.map(({ terms, size }) => ({ terms, size })),
    );
  });

  test("has a script that is one, without imports or types", () => {
    const script = pageScript();
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/\b(import|export)\b/);
    expect(script).not.toContain("</");
    expect(script.length).toBeLessThan(40_000);
  });
});

describe("the page's parts", () => {
  const size = { width: 800, height: 600 };
  const view = fc.record({
    x: fc.double({ min: 0, max: 65_535, noNaN: true }),
    y: fc.double({ min: 0, max: 65_535, noNaN: true }),
    scale: fc.double({ min: 0.005, max: 5, noNaN: true }),
  });
  const place = fc.tuple(fc.integer({ min: 0, max: 800 }), fc.integer({ min: 0, max: 600 }));

  test("zooming leaves what is under the pointer where it is", () => {
    fc.assert(
      fc.property(view, place, fc.double({ min: 0.005, max: 5, noNaN: true }), (before, [x, y], scale) => {
        const fixed = toMap({ view: before, size }, { x, y });
        const after = toScreen({ view: zoomedAt({ view: before, size }, { x, y }, scale), size }, fixed);
        expect(after.x).toBeCloseTo(x, 3);
        expect(after.y).toBeCloseTo(y, 3);
      }),
    );
  });

  test("a box is fitted into what is free, and a glide goes from view to view", () => {
    const insets = { left: 300, right: 20, top: 10, bottom: 50 };
    const box = { left: 1000, right: 3000, top: 500, bottom: 900 };
    const fit = fitted(box, size, insets, 100);
    const low = toScreen({ view: fit, size }, { x: box.left, y: box.top });
    const high = toScreen({ view: fit, size }, { x: box.right, y: box.bottom });
    expect([low.x, high.x].map(Math.round)).toEqual([300, 780]);
    expect((low.y + high.y) / 2).toBeCloseTo((10 + 550) / 2, 6);
    fc.assert(
      fc.property(view, view, (from, to) => {
        expect(between(from, to, 0).scale).toBeCloseTo(from.scale, 6);
        for (const [part, end] of [
          [0, from],
          [1, to],
        ] as const) {
          expect(between(from, to, part).x).toBeCloseTo(end.x, 2);
          expect(between(from, to, part).y).toBeCloseTo(end.y, 2);
        }
      }),
    );
  });

  test("the point under the pointer is the nearest one", () => {
    const draw = new Random(4);
    const positions = Uint16Array.from({ length: 600 }, () => draw.nextInteger(65_536));
    const grid = new PointGrid(positions);
    for (let round = 0; round < 200; round++) {
      const [x, y] = [draw.nextInteger(65_536), draw.nextInteger(65_536)];
      const near = Array.from({ length: 300 }, (_, point) => point)
        .filter((point) => point % 3 !== 0)
        .map((point) => ({ point, distance: Math.hypot(positions[2 * point]! - x, positions[2 * point + 1]! - y) }))
        .filter(({ distance }) => distance <= 3000)
        .sort((a, b) => a.distance - b.distance);
      expect(grid.nearest({ x, y }, 3000, (point) => point % 3 !== 0)).toBe(near[0]?.point);
    }
  });

  test("a search finds texts with all words, whatever case and accents", () => {
    const search = new TextSearch(["Café au lait", "cafe noir", "thé au lait"]);
    expect([...search.matches("CAFE")!]).toEqual([0, 1]);
    expect([...search.matches(" lait  caf")!]).toEqual([0]);
    expect([...search.matches("thé")!]).toEqual([2]);
    expect([...search.matches("(.*")!]).toEqual([]);
    expect(search.matches("  ")).toBeUndefined();
  });

  test("what is a vowel or another letter in its script is no accent to a search", () => {
    const search = new TextSearch(["\u0915\u093f\u0924\u093e\u092c", "かぎ", "น้ำ", "й", "Ångström"]);
    expect([...search.matches("\u0915\u0924\u092c")!]).toEqual([]);
    expect([...search.matches("\u0915\u093f\u0924\u093e\u092c")!]).toEqual([0]);
    expect([...search.matches("かき")!]).toEqual([]);
    expect([...search.matches("か\u304d\u3099")!]).toEqual([1]);
    expect([...search.matches("นำ")!]).toEqual([]);
    expect([...search.matches("и")!]).toEqual([3]);
    expect([...search.matches("angstrom")!]).toEqual([4]);
  });

  test("a text is not cut within an emoji", () => {
    expect(cut("ab🎸c", 3)).toBe("ab");
    expect(cut("ab🎸c", 4)).toBe("ab🎸");
    expect(shortened("  ab\n🎸🎸 ", 6)).toBe("ab 🎸…");
    expect(shortened("ab 🎸🎸", 7)).toBe("ab 🎸🎸");
    expect(shortened(" \n", 7)).toBe("(empty)");
  });

  test("labels never overlap, and the first is where it should be", () => {
    const label = fc.record({
      x: fc.integer({ min: 0, max: 500 }),
      y: fc.integer({ min: 0, max: 300 }),
      width: fc.integer({ min: 20, max: 150 }),
      height: fc.integer({ min: 10, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 30 }), (labels) => {
        const places = placeLabels(labels);
        expect(places[0]).toEqual({ x: labels[0]!.x, y: labels[0]!.y });
        const boxes = places.flatMap((at, index) => (at ? [{ ...at, ...size_(labels[index]!) }] : []));
        for (const [index, a] of boxes.entries()) {
          for (const b of boxes.slice(0, index)) {
            const apart =
              Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= (a.height + b.height) / 2;
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });

  test("clusters side by side have other hues, and all hues are used", () => {
    const row = Array.from({ length: 24 }, (_, index) => [index * 2500, 0] as const);
    const given = hueOfEach(row);
    expect(new Set(given).size).toBe(hues.light.length);
    for (const [index, hue] of given.entries()) {
      if (index === 0) continue;
      const steps = Math.abs(hue - given[index - 1]!);
      expect(Math.min(steps, 12 - steps)).toBeGreaterThanOrEqual(2);
    }
  });
});

function size_({ width, height }: { width: number; height: number }) {
  return { width, height };
}
