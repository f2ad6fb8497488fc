/** What `encode` promises beside the right numbers, which the gold tests see to. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Embeddings, type Progress, quantizeEmbeddings, SentenceTransformer } from "../../src/index.ts";
import { fixture, withFiles } from "./model-folder.ts";

const words = "the cat sat on a mat near some old tree while it rained and nobody was there to see".split(" ");

/** `count` texts of 0 to 40 words, always the same. */
function someTexts(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    Array.from({ length: (index * 7919) % 41 }, (_, place) => words[(index + place * place) % words.length]).join(" "),
  );
}

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load(fixture("bert"), { workers: 2, onWarning: () => {} });
});
afterAll(() => model.dispose());

const invalid = (message: RegExp) =>
  expect.objectContaining({ name: "HpdError", code: "invalid_argument", message: expect.stringMatching(message) });

describe("what comes in and what comes back", () => {
  test("one text gives one vector, texts give Embeddings", async () => {
    const vector = await model.encode("a cat");
    expect(vector).toBeInstanceOf(Float32Array);
    expect(vector.length).toBe(model.dimension);
    const embeddings = await model.encode(["a cat", "a tree"]);
    expect(embeddings).toBeInstanceOf(Embeddings);
    expect([embeddings.count, embeddings.dimension, embeddings.data.length]).toEqual([2, 16, 32]);
    expect([...embeddings].length).toBe(2);
    expect(embeddings.row(1).buffer).toBe(embeddings.data.buffer);
    expectClose(embeddings.row(0), vector);
  });

  test("no texts give no embeddings, of the element type asked for", async () => {
    for (const [precision, array, dimension] of [
      ["float32", Float32Array, 16],
      ["int8", Int8Array, 16],
      ["uint8", Uint8Array, 16],
      ["binary", Int8Array, 2],
      ["ubinary", Uint8Array, 2],
    ] as const) {
      const none = await model.encode([], { precision });
      expect(none.data).toBeInstanceOf(array);
      expect([none.count, none.dimension, [...none]]).toEqual([0, dimension, []]);
    }
    expect(await model.encode([], { outputValue: "token_embeddings" })).toEqual([]);
  });

  test("an empty text is its special tokens, and so is one of white space", async () => {
    const [empty, blank] = await model.encode(["", " \t\n\u3000 "]);
    expect(empty!.some((value) => value !== 0)).toBe(true);
    expectClose(blank!, empty!);
  });

  test("a text of 1 MB or 10 MB is cut and quick", async () => {
    const short = await model.encode("a cat ".repeat(100));
    for (const megabytes of [1, 10]) {
      const start = performance.now();
      expectClose(await model.encode("a cat ".repeat((megabytes * 1e6) / 6)), short);
      expect(performance.now() - start).toBeLessThan(5000);
    }
    const unbroken = await model.encode("x".repeat(1e7));
    expect(unbroken.every(Number.isFinite)).toBe(true);
  });

  test("a text or several, whichever it is", async () => {
    for (const given of ["a cat", ["a cat"]] as (string | readonly string[])[]) {
      const made: Float32Array | Embeddings = await model.encode(given);
      const query: Float32Array | Embeddings = await model.encodeQuery(given);
      const document: Float32Array | Embeddings = await model.encodeDocument(given);
      for (const each of [made, query, document]) expect(each instanceof Embeddings).toBe(typeof given !== "string");
    }
  });

  test.each([
    ["a number among texts", ["a", 1], /sentence 1 should be a string, got 1/],
    ["null among texts", ["a", "b", null], /sentence 2 should be a string, got null/],
    // biome-ignore lint/suspicious/noSparseArray: what is tested
    ["a hole", ["a", , "b"], /sentence 1 should be a string, got undefined/],
    ["null", null, /should be a string or an array of strings, got null/],
    ["undefined", undefined, /got undefined/],
    ["an object", { 0: "a", length: 1 }, /got Object/],
    ["a set", new Set(["a"]), /got Set: encodeStream takes it$/],
    ["a promise", Promise.resolve("a"), /got Promise: await it$/],
  ])("%s is refused", async (_, sentences, message) => {
    await expect(model.encode(sentences as string[])).rejects.toEqual(invalid(message));
  });

  test("thousands of texts of mixed length come back in their order, even if the array changes meanwhile", async () => {
    const texts = someTexts(17_000);
    const given = [...texts];
    const encoding = model.encode(given);
    given.length = 0;
    const embeddings = await encoding;
    expect(embeddings.count).toBe(17_000);
    for (const index of [0, 1, 40, 41, 999, 16_383, 16_384, 16_999]) {
      expectClose(embeddings.row(index), await model.encode(texts[index]!));
    }
  });
});

describe("options", () => {
  test.each([Number.NaN, 0, -1, 1.5])("truncateDim %s is refused", async (truncateDim) => {
    const options = { truncateDim: truncateDim as number };
    await expect(model.encode("a", options)).rejects.toEqual(invalid(/truncateDim should be a positive integer, got/));
    await expect(SentenceTransformer.load(fixture("bert"), { ...options, workers: 1 })).rejects.toEqual(
      invalid(/truncateDim should be a positive integer/),
    );
  });

  test("truncateDim above the dimension truncates nothing, as in Python, and is warned of once", async () => {
    const warnings: string[] = [];
    const options = { workers: 0, onWarning: (message: string) => warnings.push(message) };
    await using plain = await SentenceTransformer.load(fixture("bert"), options);
    const expected = await plain.encode("a");
    warnings.length = 0;
    expect(await plain.encode("a", { truncateDim: expected.length })).toEqual(expected);
    expect(warnings).toEqual([]);
    for (const truncateDim of [expected.length + 1, 1000]) {
      expect(await plain.encode("a", { truncateDim })).toEqual(expected);
    }
    expect(warnings).toEqual([expect.stringMatching(/truncateDim should be at most the dimension 16, got 17/)]);
    warnings.length = 0;
    await using loaded = await SentenceTransformer.load(fixture("bert"), { ...options, truncateDim: 1000 });
    expect(await loaded.encode("a")).toEqual(expected);
    expect(warnings.filter((warning) => warning.includes("truncateDim"))).toHaveLength(1);
  });

  test.each([
    [{ normalizeEmbedding: true }, 'has no option "normalizeEmbedding" (did you mean normalizeEmbeddings?)'],
    [{ normalize_embeddings: true }, 'has no option "normalize_embeddings" (did you mean normalizeEmbeddings?)'],
    [{ batchSize: 8 }, 'has no option "batchSize": batches are made by the length of the texts'],
    [{ precision: "int8", ranges: {} }, 'no option "ranges": encode to float32, then quantizeEmbeddings'],
    [{ normalizeEmbeddings: "no" }, 'normalizeEmbeddings should be a boolean, got "no"'],
    [{ signal: {} }, "signal should be an AbortSignal, got object"],
    ["query", 'the options should be an object, got "query"'],
    [null, "the options should be an object, got null"],
  ])("%j is refused by every way of encoding, as a rejection", async (options, message) => {
    const given = options as { prompt?: string };
    const error = expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(message) });
    await expect(model.encode(["a"], given)).rejects.toEqual(error);
    await expect(model.encode([], given)).rejects.toEqual(error);
    await expect(model.encodeQuery("a", given)).rejects.toEqual(error);
    await expect(model.encodeDocument("a", given)).rejects.toEqual(error);
    await expect(model.encodeStream(["a"], given).next()).rejects.toEqual(error);
  });

  test.each(["int8", "uint8"] as const)(
    "%s of one text has no range, as in Python; of two it has",
    async (precision) => {
      for (const one of ["a", ["a"]]) {
        await expect(model.encode(one as string, { precision })).rejects.toEqual(
          invalid(/needs the range of each dimension over several texts, got one text: encode to float32, then/),
        );
      }
      const two = await model.encode(["a", "b"]);
      expect(await model.encode(["a", "b"], { precision })).toEqual(quantizeEmbeddings(two, precision));
      expect((await model.encode([], { precision })).count).toBe(0);
    },
  );

  test("a precision or output that is not known is refused, before any work and without texts too", async () => {
    for (const sentences of [[], ["a"]]) {
      await expect(model.encode(sentences, { precision: "int4" as "int8" })).rejects.toEqual(
        invalid(/precision.*int4/),
      );
      const outputValue = "tokens" as "token_embeddings";
      await expect(model.encode(sentences, { outputValue })).rejects.toEqual(invalid(/outputValue.*"tokens"/));
    }
  });

  test("prompt goes before promptName, and a name that the model lacks is refused with those it has", async () => {
    const prompted = await model.encode("a cat", { prompt: "see: " });
    expectClose(prompted, await model.encode("see: a cat"));
    expectClose(await model.encode("a cat", { prompt: "see: ", promptName: "nonsense" }), prompted);
    await expect(model.encode("a", { promptName: "toString" })).rejects.toEqual(
      invalid(/no prompt "toString"; it has: query, document/),
    );
    await expect(model.encode("a", { prompt: 5 as unknown as string })).rejects.toEqual(invalid(/prompt should be/));
  });

  test("encodeQuery uses the prompt query, whatever else is undefined", async () => {
    const config = { prompts: { query: "query: ", other: "other: " }, default_prompt_name: "other" };
    await using files = await withFiles("bert", { "config_sentence_transformers.json": config });
    await using loaded = await SentenceTransformer.load(files.path, { workers: 1 });
    const query = await loaded.encode("query: a cat", { prompt: "" });
    expectClose(await loaded.encodeQuery("a cat"), query);
    expectClose(await loaded.encodeQuery("a cat", { promptName: undefined } as object), query);
    expectClose(await loaded.encode("a cat", { promptName: "query" }), query);
    expectClose(await loaded.encode("a cat"), await loaded.encode("other: a cat", { prompt: "" }));
  });

  test("token embeddings are one matrix a text", async () => {
    const one = await model.encode("a cat", { outputValue: "token_embeddings" });
    expect(one).toBeInstanceOf(Embeddings);
    const [first, empty] = await model.encode(["a cat", ""], { outputValue: "token_embeddings" });
    expect([first!.count, first!.dimension, empty!.count]).toEqual([one.count, 16, 2]);
    expectClose(first!.data, one.data);
  });

  test.each([{ truncateDim: 4 }, { normalizeEmbeddings: true }, { precision: "binary" }])(
    "token embeddings with %o are refused",
    async (option) => {
      const options = { outputValue: "token_embeddings" as const, ...option };
      const name = Object.keys(option)[0]!;
      await expect(model.encode("a", options)).rejects.toEqual(invalid(new RegExp(`token_embeddings.*${name}`)));
    },
  );
});

describe("progress, cancelling, several calls at a time", () => {
  test("progress grows up to the number of texts", async () => {
    const seen: Progress[] = [];
    await model.encode(someTexts(3000), { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(2);
    for (const [index, { stage, done, total }] of seen.entries()) {
      expect([stage, total]).toEqual(["encode", 3000]);
      expect(done).toBeGreaterThan(seen[index - 1]?.done ?? 0);
    }
    expect(seen.at(-1)!.done).toBe(3000);
  });

  test("an error that onProgress throws rejects the call, and the model works on", async () => {
    const failure = new Error("from the caller");
    const onProgress = () => {
      throw failure;
    };
    await expect(model.encode(someTexts(3000), { onProgress })).rejects.toBe(failure);
    expect((await model.encode(["a"])).count).toBe(1);
  });

  test("a signal that aborted before rejects with its reason, without texts too", async () => {
    const reason = new Error("changed my mind");
    const signal = AbortSignal.abort(reason);
    for (const sentences of [[], ["a"]]) {
      await expect(model.encode(sentences, { signal })).rejects.toBe(reason);
      await expect(model.encode(sentences, { signal, outputValue: "token_embeddings" })).rejects.toBe(reason);
    }
  });

  test("a signal that aborts during the work rejects with its reason, and the model works on", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = () => controller.abort(reason);
    await expect(model.encode(someTexts(5000), { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect((await model.encode(someTexts(100))).count).toBe(100);
  });

  test("calls at the same time each get their own", async () => {
    const texts = someTexts(600);
    const whole = await model.encode(texts);
    const parts = await Promise.all([0, 1, 2, 3, 4, 5].map((k) => model.encode(texts.slice(k * 100, k * 100 + 100))));
    for (const [k, part] of parts.entries()) expectClose(part.data, whole.data.subarray(k * 1600, (k + 1) * 1600));
  });

  test("a short call beside a long one is done well before it", async () => {
    const finished: string[] = [];
    let doneBefore = 0;
    const texts = someTexts(8000);
    const onProgress = ({ done }: Progress) => {
      if (finished.length === 0) doneBefore = done;
    };
    const long = model.encode(texts, { onProgress }).then(() => finished.push("long"));
    const short = model.encode("a cat").then(() => finished.push("short"));
    await Promise.all([long, short]);
    expect(finished).toEqual(["short", "long"]);
    expect(doneBefore).toBeLessThan(texts.length / 2);
  });
});

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  expect(worst).toBeLessThan(1e-6);
}

test("a constructor that is called as Python's says what to call", () => {
  const Constructor = SentenceTransformer as unknown as new (name: string) => SentenceTransformer;
  expect(() => new Constructor("org/model")).toThrow("use await SentenceTransformer.load(...)");
});
