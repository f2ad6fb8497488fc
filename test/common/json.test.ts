import { expect, test } from "vitest";
import { describe as described, parseJson, parseJsonObject } from "../../src/common/json.ts";
import { HpdError } from "../../src/errors.ts";

const arrays = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test("nesting is bounded, however it is written", () => {
  expect(parseJson(arrays(128), "f")).toBeInstanceOf(Array);
  for (const text of [arrays(129), objects(129), arrays(1_000_000), `{"x":"[","y":${arrays(128)}}`]) {
    expect(() => parseJson(text, "f.json")).toThrow(/^f\.json: its JSON is nested more than 128 deep$/);
  }
});

test("brackets within strings are no nesting", () => {
  const text = JSON.stringify([`\\"${"[{".repeat(1_000)}`, '"'.repeat(500), "\\"]);
  expect(parseJson(text, "f")).toEqual(JSON.parse(text));
});

test("what is no JSON or no object is refused by its file's name", () => {
  expect(() => parseJson("[1,", "a/b.json")).toThrow(/^a\/b\.json should be JSON: /);
  expect(() => parseJsonObject("[1]", "b.json")).toThrow("b.json should hold a JSON object, got [1]");
  expect(() => parseJsonObject("null", "b.json")).toThrow("b.json should hold a JSON object, got null");
});

test("values are short in messages, and so are messages", () => {
  expect(described("x".repeat(1_000_000))).toHaveLength(60);
  expect(described(undefined)).toBe("undefined");
  expect(described(Number.NaN)).toBe("NaN");
  expect(described(10n)).toBe("10n");
  const own: unknown[] = [];
  own.push(own);
  expect(described(own)).toBe("an array");
  const { message } = new HpdError("corrupt_file", `start ${"x".repeat(1_000_000)} what to do`);
  expect(message.length).toBeLessThan(2_010);
  expect(message).toMatch(/^start .* what to do$/);
});
