/** A run encodes each distinct text once, whoever needs it, and takes nothing for an embedding that is none. */
import { expect, test } from "vitest";
import { EmbeddedTexts } from "../../src/evaluation/embedded-texts.ts";
import type { Encode, EncodeTextsOptions } from "../../src/evaluation/evaluator.ts";
import { Embeddings } from "../../src/index.ts";

const lengthAndPrompt = async (texts: readonly string[], { prompt }: EncodeTextsOptions) =>
  Embeddings.fromRows(texts.map((text) => [text.length, prompt.length, 7]));

test("each distinct text once, the longest first; roles with the same prompt share", async () => {
  const calls: [string, readonly string[]][] = [];
  const needs = [{ sentence: ["a", "ccc", "a"] }, { document: ["ccc", "bb"], query: ["a"] }];
  const embeddings = await EmbeddedTexts.encode(
    async (texts, options) => {
      calls.push([options.prompt, texts]);
      return lengthAndPrompt(texts, options);
    },
    needs,
    { prompts: { sentence: "", document: "", query: "q: " } },
  );
  expect(calls).toEqual([
    ["", ["ccc", "bb", "a"]],
    ["q: ", ["a"]],
  ]);
  expect([...embeddings.of(["a", "bb", "a"], "document").data]).toEqual([1, 0, 7, 2, 0, 7, 1, 0, 7]);
  expect([...embeddings.of(["a"], "query").data]).toEqual([1, 3, 7]);
  expect([...embeddings.truncated(2).of(["ccc"]).data]).toEqual([3, 0]);
  expect(() => embeddings.of(["bb"], "query")).toThrow(/list all its texts in `texts`, got "bb" as query/);
  expect(() => embeddings.truncated(4)).toThrow(/dimension should be an integer from 1 to 3, got 4/);
});

test("a role without texts is not encoded", async () => {
  const roles: (string | undefined)[] = [];
  const encode: Encode = async (texts, { prompt }) => {
    roles.push(prompt);
    return Embeddings.fromRows(texts.map(() => [1, 2]));
  };
  const prompts = { sentence: "", query: "query: ", document: "passage: " };
  const embeddings = await EmbeddedTexts.encode(encode, [{ query: [], document: ["a"] }], { prompts });
  expect([roles, embeddings.dimension, embeddings.of([], "query").count]).toEqual([["passage: "], 2, 0]);
});

test("progress runs over all prompts", async () => {
  const told: [number, number][] = [];
  await EmbeddedTexts.encode(
    async (texts, options) => {
      options.onProgress?.({ stage: "encode", done: texts.length, total: texts.length });
      return lengthAndPrompt(texts, options);
    },
    [{ sentence: ["a", "b"], query: ["c"] }],
    {
      prompts: { sentence: "", document: "", query: "q" },
      onProgress: ({ done, total }) => told.push([done, total]),
    },
  );
  expect(told).toEqual([
    [2, 3],
    [3, 3],
  ]);
});

test("a signal that aborts meanwhile ends it with its reason", async () => {
  const controller = new AbortController();
  const encoding = EmbeddedTexts.encode(
    (texts, options) => {
      controller.abort(new Error("enough"));
      return lengthAndPrompt(texts, options);
    },
    [{ sentence: ["a"] }],
    { signal: controller.signal },
  );
  await expect(encoding).rejects.toThrow("enough");
});

test("an encoder of arrays of numbers will do", async () => {
  const rows = [
    [1, 2],
    [3, 4],
  ];
  const embedded = await EmbeddedTexts.encode(async () => rows, [{ sentence: ["a", "b"] }]);
  expect(embedded.of(["b", "a"]).data).toEqual(Float32Array.of(3, 4, 1, 2));
});

test.each([
  ["too few", new Embeddings(new Float32Array(2), 1, 2), /one embedding for each of 2 texts, got 1/],
  ["nothing", undefined, /expected Embeddings, an array of vectors or a single vector, got undefined/],
  ["rows of different lengths", [[1], [2, 3]], /row 0 has 1 numbers, row 1 has 2/],
  ["NaN", new Embeddings(Float32Array.of(1, 2, Number.NaN, 4), 2, 2), /finite numbers, got NaN in that of "b"/],
])("%s is refused", async (_, result, message) => {
  const encoding = EmbeddedTexts.encode(async () => result as Embeddings, [{ sentence: ["a", "b"] }]);
  await expect(encoding).rejects.toMatchObject({ code: "invalid_argument", message: expect.stringMatching(message) });
});
