/** Rows of JSON: an array, one object, or values one after the other. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HpdError } from "../../src/errors.ts";
import { rowsOfJson } from "../../src/texts/json-rows.ts";
import { rowsOfJsonl } from "../../src/texts/jsonl.ts";
import { textOf } from "../../src/texts/row.ts";
import type { Row } from "../../src/texts/source.ts";

async function* inSteps(content: string, step: number): AsyncGenerator<string> {
  for (let start = 0; start < content.length; start += step) yield content.slice(start, start + step);
}

async function read(content: string, columns = ["text"], step = 1000): Promise<Row[]> {
  return collect(rowsOfJson(inSteps(content, step), "a.json", columns));
}

async function collect(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

test.each([
  ["strings", '["a", "b\\"]", "\\\\"]\n', ["a", 'b"]', "\\"]],
  ["objects", '[\n  {"text": "a", "x": [1, {"y": "}"}]},\n  {"text": "b"}\n]', ["a", "b"]],
  ["both", '[{"text":"a"},"b"]', ["a", "b"]],
  ["one object", '{\n "text": "a"\n}\n', ["a"]],
  ["an object a line", '{"text":"a"}\n{"text":"b"}\n', ["a", "b"]],
  ["one string", '"a"', ["a"]],
  ["nothing in it", " [ ] ", []],
  ["nothing", "", []],
])("%s", async (_, content, expected) => {
  for (const step of [1, 2, 7, 1000]) {
    expect((await read(content, ["text"], step)).map((row) => textOf(row, "text"))).toEqual(expected);
  }
});

test("lines", async () => {
  const rows = await read('[\n  {\n "text": "a"\n },\n\n "b", "c"\n]');
  expect(rows.map(({ firstLine, number, place }) => [firstLine, number, place])).toEqual([
    [2, 4, "a.json, item 1 (line 2)"],
    [6, 6, "a.json, item 2 (line 6)"],
    [6, 6, "a.json, item 3 (line 6)"],
  ]);
});

test.each([
  ["[1]", /item 1 \(line 1\): should be a string, or an object with the field text, got 1/],
  ["[[1]]", /got \[1\]/],
  ['["a",]', /line 1: not JSON: expected a value, got "\]"/],
  ['["a"\n "b"]', /line 2: not JSON: expected a comma or the end of the array, got "\\""/],
  ['["a"]\n["b"]', /line 2: not JSON: something follows the end of the array/],
  ['["a"', /line 1: not JSON: the array has no end/],
  ['["a", "b', /line 1: not JSON: a value has no end/],
  ['[{"text": "a"}, {text: "b"}]', /item 2 \(line 1\): not JSON/],
  ["Some prose.", /not JSON/],
  ["}", /expected a value, got "}"/],
])("%s is refused", async (content, message) => {
  for (const step of [1, 1000]) await expect(read(content, ["text"], step)).rejects.toThrow(message);
});

test("strings are no rows of several fields", async () => {
  await expect(read('["a"]', ["text", "label"])).rejects.toThrow(/should be an object with the fields text, label/);
});

test.each(["[", '{"a":'])("a million %s in each other are refused, and quickly", async (opening) => {
  const closing = opening === "[" ? "]" : "}";
  const deep = `${opening.repeat(1_000_000)}1${closing.repeat(1_000_000)}`;
  await expect(read(`[${deep}]`)).rejects.toMatchObject({ code: "corrupt_file" });
  await expect(collect(rowsOfJsonl(inSteps(`{"text":${deep}}`, 1e9), "a.jsonl"))).rejects.toMatchObject({
    code: "corrupt_file",
    message: "a.jsonl, line 1: its JSON is nested more than 128 deep",
  });
  expect(await read(`{"text":"${opening.replaceAll('"', '\\"').repeat(10_000)}"}`)).toHaveLength(1);
});

test.each(["constructor", "toString", "__proto__", "valueOf"])("the field %s", async (field) => {
  const rows = await read(`[{"text":"a"},{"${field}":"b"},"c"]`, [field]);
  expect(() => textOf(rows[0]!, field)).toThrow(`has no field "${field}", only text`);
  expect([textOf(rows[1]!, field), textOf(rows[2]!, field)]).toEqual(["b", "c"]);
});

/** What `JSON.parse` makes of an array; undefined where it is none. */
function itemsOf(content: string): unknown[] | undefined {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

const tokens = fc.constantFrom(
  "[",
  "]",
  "{",
  "}",
  ",",
  ":",
  '"',
  '"a"',
  "\\",
  '\\"',
  "1",
  "-",
  "e",
  "null",
  "true",
  " ",
  "\n",
  "é",
);

test("an array is what JSON.parse says, in pieces of any size", async () => {
  const arrays = fc.oneof(
    fc.array(fc.jsonValue({ maxDepth: 4 })).map((items) => JSON.stringify(items, null, items.length % 3)),
    fc.array(tokens, { maxLength: 12 }).map((parts) => `[${parts.join("")}`),
    fc.array(tokens, { maxLength: 12 }).map((parts) => `[${parts.join("")}]`),
  );
  await fc.assert(
    fc.asyncProperty(arrays, fc.integer({ min: 1, max: 9 }), async (content, step) => {
      const items = itemsOf(content);
      const bad: HpdError[] = [];
      const rows: unknown[] = [];
      const reading = (async () => {
        const onBadRow = (problem: HpdError) => bad.push(problem);
        for await (const { values } of rowsOfJson(inSteps(content, step), "a.json", ["text"], { onBadRow }))
          rows.push(values);
      })();
      const isRead = await reading.then(
        () => bad.every(({ code }) => code === "invalid_argument"),
        () => false,
      );
      expect(isRead).toBe(items !== undefined);
      if (items === undefined) return;
      const isRow = (item: unknown) => typeof item === "object" && item !== null && !Array.isArray(item);
      expect(rows).toEqual(
        items
          .filter((item) => typeof item === "string" || isRow(item))
          .map((item) => (isRow(item) ? item : { text: item })),
      );
    }),
    { numRuns: 2000 },
  );
});
