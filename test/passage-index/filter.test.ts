/** What a filter asks for, as the conditions that stores translate; what they find is the stores' contract. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { conditionsOf, type Filter, isScalar } from "../../src/passage-index/filter.ts";

const comparisons = ["gt", "gte", "lt", "lte"] as const;
const scalar = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
const ordered = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const name = fc.string().filter((text) => text !== "__proto__");

test("each value and each condition becomes one, in the order in which they stand", () => {
  const condition = fc.oneof(
    fc.tuple(fc.constant("in" as const), fc.array(scalar)),
    fc.tuple(fc.constantFrom(...comparisons), ordered),
  );
  const conditions = fc.uniqueArray(condition, { minLength: 1, selector: ([operator]) => operator });
  const fields = fc.uniqueArray(fc.tuple(name, fc.oneof(scalar, conditions)), { selector: ([field]) => field });
  fc.assert(
    fc.property(fields, (given) => {
      const filter = Object.fromEntries(
        given.map(([field, wanted]) => [field, Array.isArray(wanted) ? Object.fromEntries(wanted) : wanted]),
      );
      const expected = Object.keys(filter).flatMap((field): object[] => {
        const wanted = new Map(given).get(field)!;
        if (!Array.isArray(wanted)) return [{ field, operator: "in", values: [wanted] }];
        return wanted.map(([operator, value]) =>
          operator === "in" ? { field, operator, values: value } : { field, operator, value },
        );
      });
      expect(conditionsOf(filter as Filter)).toEqual(expected);
    }),
  );
});

const odd = [null, undefined, Number.NaN, Infinity, -Infinity, 1n, Symbol("x"), () => 1];

test("scalars are strings, finite numbers and booleans", () => {
  for (const value of ["", "a", 0, -1.5, true, false]) expect(isScalar(value)).toBe(true);
  for (const value of [...odd, [], {}, ["a"]]) expect(isScalar(value)).toBe(false);
});

test.each([
  ["no object", /^filter should be an object/, [...odd, "a", 1, true, []]],
  ["a field with nothing to compare", /^filter of a should be a string/, [...odd, [], {}, ["x"]].map((a) => ({ a }))],
  [
    "in without a list of scalars",
    /^filter of a: in should be a list/,
    [...odd, "x", 1, true, {}, [null], ["x", []], [1, Number.NaN]].map((value) => ({ a: { in: value } })),
  ],
  [
    "another condition",
    /^filter of a should be one of in, gt/,
    ["eq", "IN", "", "gt "].map((key) => ({ a: { [key]: 1 } })),
  ],
  ...comparisons.map(
    (key) =>
      [
        `${key} with what has no order`,
        new RegExp(`^filter of a: ${key} should be a string or a finite number`),
        [...odd, true, false, [], {}, [1]].map((value) => ({ a: { [key]: value } })),
      ] as const,
  ),
] as const)("refused: %s", (_, message, filters) => {
  for (const filter of filters) {
    expect(() => conditionsOf(filter as never)).toThrow(
      expect.objectContaining({ code: "invalid_argument", message: expect.stringMatching(message) }),
    );
  }
});
