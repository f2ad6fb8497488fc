/** Laws of mining, with embeddings that have many equal scores. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import { type MinedNegatives, type MineHardNegativesOptions, mineHardNegatives } from "../../src/train.ts";
import { modelOf, type Row, ranked } from "./made-up.ts";

/** Halves and quarters: float32 has them and their sums. */
const quarters = fc.integer({ min: -8, max: 8 }).map((value) => value / 4);
const vector = fc.array(quarters, { minLength: 2, maxLength: 2 });

const data = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 11 })), { minLength: 2, maxLength: 25 })
  .map((pairs) => pairs.map(([anchor, positive]): Row => ({ anchor: `q${anchor}`, positive: `p${positive}` })))
  .filter((rows) => new Set(rows.map(({ positive }) => positive)).size > 1);

const vectors = fc
  .array(vector, { minLength: 19, maxLength: 19 })
  .map((all) => new Map(all.map((each, at) => [at < 7 ? `q${at}` : `p${at - 7}`, each])));

const limits = fc.record(
  {
    rangeMin: fc.integer({ min: 0, max: 1 }),
    rangeMax: fc.integer({ min: 6, max: 20 }),
    absoluteMargin: quarters,
    relativeMargin: fc.constantFrom(0, 0.25, 0.5),
    maxScore: fc.integer({ min: 0, max: 4 }),
    minScore: fc.integer({ min: -8, max: 0 }),
  },
  { requiredKeys: [] },
);

/** Undefined where nothing is left, of which `ranked` must know as well. */
async function mine(
  rows: readonly Row[],
  all: ReadonlyMap<string, readonly number[]>,
  options: MineHardNegativesOptions,
): Promise<MinedNegatives | undefined> {
  try {
    return await mineHardNegatives(rows, modelOf(all), options);
  } catch (error) {
    expect(error).toBeInstanceOf(HpdError);
    expect((error as HpdError).message).toMatch(/^none of|^`rangeMin` is/);
    return undefined;
  }
}

function negativesOf(mined: MinedNegatives | undefined): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const { anchor, negative } of mined ?? []) {
    found.set(anchor as string, (found.get(anchor as string) ?? new Set()).add(negative as string));
  }
  return new Map([...found].map(([anchor, negatives]) => [anchor, [...negatives]]));
}

test("the negatives are those of Python's function written out, ties in the order of the corpus", async () => {
  await fc.assert(
    fc.asyncProperty(
      data,
      vectors,
      limits,
      fc.integer({ min: 1, max: 5 }),
      async (rows, all, options, numNegatives) => {
        const mined = await mine(rows, all, { ...options, numNegatives });
        const expected = [...ranked(rows, all, options, numNegatives)]
          .map(([anchor, texts]): [string, string[]] => [anchor, texts.slice(0, numNegatives)])
          .filter(([, texts]) => texts.length > 0);
        expect(negativesOf(mined)).toEqual(new Map(expected));
      },
    ),
  );
});

test("random ones are some of those between the ranks, the best first, as many as there are", async () => {
  await fc.assert(
    fc.asyncProperty(data, vectors, limits, fc.nat(1000), async (rows, all, options, seed) => {
      const given = { ...options, numNegatives: 3, samplingStrategy: "random", seed } as const;
      const mined = await mine(rows, all, given);
      const between = ranked(rows, all, options, 3);
      const found = negativesOf(mined);
      for (const [anchor, texts] of between) {
        const chosen = found.get(anchor) ?? [];
        expect(chosen.length).toBe(Math.min(3, texts.length));
        // In their order, none twice, and none else.
        expect(chosen).toEqual(texts.filter((text) => chosen.includes(text)));
      }
      expect(negativesOf(await mine(rows, all, given))).toEqual(found);
    }),
  );
});

test("each of them is chosen as often as the others", async () => {
  const rows = Array.from({ length: 9 }, (_, at): Row => ({ anchor: "q0", positive: `p${at}` }));
  rows.push({ anchor: "q1", positive: "p9" });
  const all = new Map(Array.from({ length: 19 }, (_, at) => [at < 7 ? `q${at}` : `p${at - 7}`, [1, at]]));
  const times = new Map<string, number>();
  for (let seed = 0; seed < 400; seed++) {
    const options = { samplingStrategy: "random", numNegatives: 3, rangeMax: 9, seed } as const;
    const mined = await mine(rows, all, options);
    for (const text of negativesOf(mined).get("q1")!) times.set(text, (times.get(text) ?? 0) + 1);
  }
  // Of 9, 3 each: 133 expected, with a deviation of 9.4.
  expect(times.size).toBe(9);
  for (const count of times.values()) expect(Math.abs(count - 400 / 3)).toBeLessThan(5 * 9.4);
});

test("statistics count what each limit took, and rows in every format", async () => {
  await fc.assert(
    fc.asyncProperty(
      data,
      vectors,
      fc.constantFrom("triplet", "n-tuple", "labeled-pair", "labeled-list"),
      async (rows, all, outputFormat) => {
        const mined = await mine(rows, all, { outputFormat, minScore: -1, rangeMax: 40 });
        if (mined === undefined) return;
        const made = [...mined];
        expect(made.length).toBe(mined.count);
        for (const row of made) expect(Object.keys(row)).toEqual(mined.columns);
        const { statistics } = mined;
        expect(statistics.possible - statistics.missing).toBe(mined.count);
        const pairs = new Set(rows.map((row) => JSON.stringify([row.anchor, row.positive])));
        expect(statistics.pairs).toBe(pairs.size);
        const below = ranked(rows, all, { rangeMax: 40 }, 3);
        const kept = ranked(rows, all, { rangeMax: 40, minScore: -1 }, 3);
        const count = (texts: Map<string, string[]>) => [...texts.values()].flat().length;
        expect(statistics.skipped).toEqual({
          minScore: expect.objectContaining({ count: count(below) - count(kept) }),
        });
      },
    ),
  );
});
