/** Filters, the same over every store: against a plain reading of what `src/passage-index/filter.ts` says. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IndexDescription } from "../../src/passage-index/description.ts";
import { type Comparison, type Condition, conditionsOf, type Filter } from "../../src/passage-index/filter.ts";
import type { IndexStore, Metadata, NewPart, StoreHit } from "../../src/passage-index/store.ts";
import { anyCharacter } from "../any-character.ts";
import { partOf } from "./store-data.ts";

/** Names and values that some database takes for more than a text. */
const hostile = [
  "a",
  "A",
  "",
  " ",
  "it's",
  "'; DROP TABLE passages; --",
  '"',
  '"; --',
  "\\",
  "\\'",
  "$1",
  "%",
  "_",
  "*",
  "?",
  "a.b",
  "a,b",
  "{}",
  "[0]",
  "null",
  "true",
  "1",
  "id",
  "file",
  "metadata",
  "toString",
  "__proto__",
  "\n",
  "\0",
  "\0\u0001",
  "\u0001",
  "\u0002",
  "ä",
  "z",
  "\uffff",
  "\u{1f600}",
];

const sizes = [0, 1, -1, 2020, 0.1, 2 ** 53, 1e300, 5e-324];

/** Passages, and filters, of which half the conditions have a value that some passage has there. */
function byChance(): { passages: readonly Metadata[]; filter: fc.Arbitrary<Filter> } {
  const texts = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...hostile) }, fc.string({ unit: anyCharacter }));
  const numbers = fc.oneof(fc.constantFrom(...sizes), fc.double({ noNaN: true, noDefaultInfinity: true }));
  const scalars = fc.oneof(texts, numbers, fc.boolean());
  const values = fc.oneof(
    { weight: 5, arbitrary: scalars },
    { weight: 2, arbitrary: fc.array(scalars, { maxLength: 3 }) },
    fc.constantFrom<unknown>(null, [], [["a"]], { a: "a" }, [true, null, "a"]),
  );
  const metadata = fc.dictionary(texts, values, { minKeys: 10, maxKeys: 25 });
  const fields = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...hostile) }, texts);
  const passages = fc.sample(metadata, { seed: 7, numRuns: 60 }) as Metadata[];
  const filter: fc.Arbitrary<Filter> = fc
    .array(
      fc.oneof(
        fc.tuple(fields, scalars),
        fc.constantFrom(
          ...passages.flatMap((each) =>
            Object.entries(each).flatMap(([field, value]) =>
              [value]
                .flat()
                .filter(isScalar)
                .map((item) => [field, item] as const),
            ),
          ),
        ),
      ),
      { minLength: 1, maxLength: 2 },
    )
    .chain((pairs) =>
      fc.tuple(
        ...pairs.map(([field, value]) =>
          fc
            .oneof(
              fc.constant(value),
              fc.array(scalars, { maxLength: 3 }).map((others) => ({ in: [...others, value] })),
              fc.constant({ in: [] }),
              ...(typeof value === "boolean"
                ? []
                : ["gt", "gte", "lt", "lte"].map((operator) => fc.constant({ [operator]: value }))),
            )
            .map((condition) => [field, condition] as const),
        ),
      ),
    )
    .map((entries) => Object.fromEntries(entries) as Filter);
  return { passages, filter };
}

/** A passage a name: its field of that name, and fields that all have, with one value of each type. */
const named = hostile.map((name, at) => ({
  [name]: name,
  text: name,
  texts: [name, at],
  number: sizes[at % sizes.length]!,
  isEven: at % 2 === 0,
}));

const comparisons = ["gt", "gte", "lt", "lte"] as const;

/** For each name its passage. */
const ofNames: readonly Filter[] = hostile.map((name) => ({ [name]: name }));

/** Every comparison, in the middle of all values. */
const ofValues: readonly Filter[] = [
  ...["it's", "\0", "a.b", "\uffff"].flatMap((text) => comparisons.map((operator) => ({ text: { [operator]: text } }))),
  ...[1, 0.1, 2 ** 53, 5e-324].flatMap((size) => comparisons.map((operator) => ({ number: { [operator]: size } }))),
  ...comparisons.flatMap((operator) => [{ nowhere: { [operator]: "a" } }, { text: { [operator]: 1 } }]),
  { text: { in: hostile.filter((_, at) => at % 3 === 0) } },
  { texts: { in: hostile.filter((_, at) => at % 5 === 0) } },
  { texts: { in: ["'", "it's", 3, 4, true] } },
  { number: "1", isEven: true },
  { number: { in: [1, "0.1", -1] }, isEven: false },
  { isEven: true, text: { gt: "a" } },
  { nowhere: { in: [] } },
  { text: { in: [] } },
];

export function describeFilters(
  name: string,
  create: (changes?: Partial<IndexDescription>) => Promise<IndexStore>,
): void {
  describe(`${name}: filters`, () => {
    test.each([
      ["fields and values are called", 0, [...ofNames, ...ofValues]],
      ["and however many fields there are before", 70, [...ofNames.filter((_, at) => at % 4 === 0), ...ofValues]],
    ])("hold for the passages that they say, whatever %s", async (_, before, filters) => {
      await using store = await create();
      const others = Object.fromEntries(Array.from({ length: before }, (_, at) => [`before ${at}`, true]));
      const first = partOf("b", 0, ["word"]);
      await store.update({ parts: [withMetadata(first, [others])], removed: [] });
      const check = await checkOf(store, named);
      for (const filter of filters) await check(filter);
    });

    test("hold for the passages that they say, by chance", async () => {
      await using store = await create();
      await store.update({ parts: [partOf("b", 0, ["word"])], removed: [] });
      const { passages, filter } = byChance();
      const check = await checkOf(store, passages);
      let found = 0;
      const property = fc.asyncProperty(filter, async (wanted) => {
        found += await check(wanted);
      });
      await fc.assert(property, { numRuns: 30, seed: 1 });
      // Or nothing was tested.
      expect(found).toBeGreaterThan(20);
    });

    test("the nearest of those that match are found, however many are nearer", async () => {
      await using store = await create();
      const part = partOf("a", 0, Array(1000).fill("word"));
      const query = part.embeddings.row(0);
      const withYear = part.passages.map((each, index) => ({ ...each, metadata: { year: 1000 + index } }));
      await store.update({ parts: [{ ...part, passages: withYear }], removed: [] });
      await store.optimize();
      const all = await store.searchVector(query, { topK: 1000, conditions: [] });
      const [, , ...rest] = all.map(({ passage }) => passage.id);
      const last = rest.at(-1)!;
      const year = withYear.find(({ id }) => id === last)!.metadata.year;
      const farthest = await store.searchVector(query, { topK: 5, conditions: conditionsOf({ year }) });
      expect(farthest.map(({ passage }) => passage.id)).toEqual([last]);
      const even = conditionsOf({ year: { gte: 1000, in: withYear.map((_, index) => 1000 + 2 * index) } });
      const isEven = new Set(withYear.filter((_, index) => index % 2 === 0).map(({ id }) => id));
      const nearestEven = await store.searchVector(query, { topK: 20, conditions: even });
      expect(nearestEven.map(({ passage }) => passage.id)).toEqual(
        all
          .map(({ passage }) => passage.id)
          .filter((id) => isEven.has(id))
          .slice(0, 20),
      );
    });
  });
}

function withMetadata(part: NewPart, all: readonly Metadata[]): NewPart {
  return { ...part, passages: part.passages.map((each, at) => ({ ...each, metadata: all[at]! })) };
}

/** Puts passages with such metadata into a store, which has others. @returns asks it, and says how many match */
async function checkOf(store: IndexStore, all: readonly Metadata[]): Promise<(filter: Filter) => Promise<number>> {
  const part = partOf("a", 0, Array(all.length).fill("word"));
  await store.update({ parts: [withMetadata(part, all)], removed: [] });
  expect(await store.filesWith([])).toEqual(["a", "b"]);
  let count = 0;
  return async (wanted) => {
    const conditions = conditionsOf(wanted);
    const expected = part.passages.filter((_, at) => matches(all[at]!, conditions)).map(({ id }) => id);
    const options = { topK: all.length, conditions };
    const idsOf = (hits: readonly StoreHit[]) => hits.map(({ passage }) => passage.id).toSorted();
    expect(idsOf(await store.searchVector(new Float32Array(8).fill(0.5), options))).toEqual(expected.toSorted());
    // What else asks it has the same conditions.
    if (count++ % 5 === 0) {
      expect(await store.filesWith(conditions)).toEqual(expected.length > 0 ? ["a"] : []);
      expect(idsOf(await store.searchText("word", options))).toEqual(expected.toSorted());
    }
    return expected.length;
  };
}

const compare: Record<Comparison, (order: number) => boolean> = {
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
};

function matches(metadata: Metadata, conditions: readonly Condition[]): boolean {
  return conditions.every((condition) => {
    const value = Object.hasOwn(metadata, condition.field) ? metadata[condition.field] : undefined;
    if (condition.operator === "in")
      return [value].flat().some((item) => condition.values.some((wanted) => wanted === item));
    const wanted = condition.value;
    if (typeof value === "number" && typeof wanted === "number") return compare[condition.operator](value - wanted);
    if (typeof value !== "string" || typeof wanted !== "string") return false;
    return compare[condition.operator](Buffer.compare(bytes(value), bytes(wanted)));
  });
}

/** UTF-8, whose order is that of code points. */
function bytes(text: string): Buffer {
  return Buffer.from(text);
}

function isScalar(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
