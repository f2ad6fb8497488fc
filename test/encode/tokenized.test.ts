/** Tokens made apart from encoding them give what encoding the texts gives. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SentenceTransformer, type TokenizedText } from "../../src/index.ts";
import { fixture, withFiles } from "./model-folder.ts";

const texts = ["a cat", "", "the tree while it rained and nobody was there to see", "a cat sat on a mat"];
const options = { workers: 0, onWarning: () => {} };

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load(fixture("bert"), options);
});
afterAll(() => model.dispose());

const invalid = (message: RegExp) =>
  expect.objectContaining({ name: "HpdError", code: "invalid_argument", message: expect.stringMatching(message) });

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let at = 0; at < actual.length; at++) expect(actual[at]).toBeCloseTo(expected[at]!, 5);
}

describe("tokenize and encodeTokenized", () => {
  test("give what encode gives, in the same order", async () => {
    const tokens = texts.map((text) => model.tokenize(text));
    expect(tokens.map(({ ids }) => ids.length)).toEqual(texts.map((text) => model.countTokens(text)));
    const embeddings = await model.encodeTokenized(tokens);
    expectClose(embeddings.data, (await model.encode(texts)).data);
    expect(await model.encodeTokenized([])).toMatchObject({ count: 0, dimension: model.dimension });
  });

  test("give token embeddings", async () => {
    const tokens = texts.map((text) => model.tokenize(text));
    const given = await model.encodeTokenized(tokens, { outputValue: "token_embeddings" });
    const expected = await model.encode(texts, { outputValue: "token_embeddings" });
    expect(given.map(({ count }) => count)).toEqual(expected.map(({ count }) => count));
    for (const [index, matrix] of given.entries()) expectClose(matrix.data, expected[index]!.data);
  });

  test("mix prompts that are not pooled with texts without one", async () => {
    await using folder = await withFiles("bert", {
      "config_sentence_transformers.json": { prompts: { query: "the old tree " } },
      "1_Pooling/config.json": {
        ...{ word_embedding_dimension: 16, pooling_mode_mean_tokens: true, include_prompt: false },
      },
    });
    await using other = await SentenceTransformer.load(folder.path, options);
    const asQuery = { promptName: "query", task: "query" } as const;
    const tokens = texts.flatMap((text) => [other.tokenize(text), other.tokenize(text, asQuery)]);
    expect(tokens[1]!.promptLength).toBeGreaterThan(1);
    expect(tokens[0]!.promptLength).toBeUndefined();
    const embeddings = await other.encodeTokenized(tokens);
    const [plain, queries] = [await other.encode(texts), await other.encodeQuery(texts)];
    for (let index = 0; index < texts.length; index++) {
      expectClose(embeddings.row(2 * index), plain.row(index));
      expectClose(embeddings.row(2 * index + 1), queries.row(index));
    }
  });

  test("go by the route of each text", async () => {
    await using router = await SentenceTransformer.load(fixture("router"), options);
    const tokens = texts.flatMap((text) =>
      (["query", "document"] as const).map((task) => router.tokenize(text, { task, promptName: task })),
    );
    const embeddings = await router.encodeTokenized(tokens);
    const [queries, documents] = [await router.encodeQuery(texts), await router.encodeDocument(texts)];
    for (let index = 0; index < texts.length; index++) {
      expectClose(embeddings.row(2 * index), queries.row(index));
      expectClose(embeddings.row(2 * index + 1), documents.row(index));
    }
  });
});

describe("a long text", () => {
  const long = Array.from({ length: 300 }, (_, index) => texts[2]!.split(" ")[index % 11]).join(" ");

  test("is cut at the end as encode cuts it, or at its start, special tokens staying", () => {
    const whole = model.tokenize(long, { truncate: false }).ids;
    const limit = model.maxSeqLength;
    expect(whole.length).toBeGreaterThan(limit);
    const right = model.tokenize(long).ids;
    expect([...right]).toEqual([...whole.subarray(0, limit - 1), whole.at(-1)]);
    expect([...model.tokenize(long, { truncationSide: "right" }).ids]).toEqual([...right]);
    const left = model.tokenize(long, { truncationSide: "left" }).ids;
    expect([...left]).toEqual([whole[0], ...whole.subarray(whole.length - limit + 1)]);
    const short = model.tokenize("a cat", { truncationSide: "left" });
    expect([...short.ids]).toEqual([...model.tokenize("a cat").ids]);
  });

  test("that was not cut is refused with its length", async () => {
    const tokens = model.tokenize(long, { truncate: false });
    const message = new RegExp(`text 1 should have at most ${model.maxSeqLength} tokens, got ${tokens.ids.length}`);
    await expect(model.encodeTokenized([model.tokenize("a"), tokens])).rejects.toEqual(invalid(message));
  });
});

test.each([
  [
    "a token that the model lacks",
    [{ ids: Int32Array.of(1, 99_999) }],
    /text 0 should have token ids from 0 to \d+, got 99999/,
  ],
  ["a negative one", [{ ids: Int32Array.of(-1) }], /token ids from 0 to \d+, got -1/],
  ["ids in an array", [{ ids: [1, 2] }], /text 0 should be what tokenize gives/],
  ["a text", ["a cat"], /text 0 should be what tokenize gives, got "a cat"/],
  ["no list", "a cat", /texts should be an array of what tokenize gives, got "a cat"/],
  ["a task that isn't known", [{ ids: Int32Array.of(1), task: "x" }], /task should be one of/],
])("%s is refused", async (_, given, message) => {
  await expect(model.encodeTokenized(given as TokenizedText[])).rejects.toEqual(invalid(message));
});

test("an option that is not known is refused, and work stops when asked to", async () => {
  expect(() => model.tokenize("a", { truncationSide: "middle" as "left" })).toThrow(/truncationSide should be one of/);
  expect(() => model.tokenize("a", { maxLength: 3 } as object)).toThrow(/tokenize has no option/);
  const stopped = AbortSignal.abort(new Error("enough"));
  await expect(model.encodeTokenized([model.tokenize("a")], { signal: stopped })).rejects.toThrow("enough");
});
