/** Models that need no runtime: what they accept, what they refuse, and that they leave onnxruntime alone. */
import { expect, test } from "vitest";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { SentenceTransformer } from "../../src/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { fixture, withFiles } from "./model-folder.ts";
import { withoutRuntime } from "./without-runtime.ts";

test("a static model loads and encodes where onnxruntime isn't", async () => {
  const code = `
    const model = await SentenceTransformer.load(${JSON.stringify(fixture("static"))});
    const { count, dimension } = await model.encode(["hello", "", "a man"]);
    await model.dispose();
    console.log(count, dimension);`;
  expect(await withoutRuntime(code)).toBe("3 16");
});

test("a router's static route too, until the other one is asked for", async () => {
  const code = `
    const model = await SentenceTransformer.load(${JSON.stringify(fixture("router"))}, { workers: 0 });
    console.log((await model.encodeQuery("hello")).length);
    console.log(await model.encodeDocument("hello").catch((error) => error.code));
    console.log((await model.encodeQuery("hello")).length);
    await model.dispose();`;
  expect(await withoutRuntime(code)).toBe("16\nruntime\n16");
});

test("what it says of itself", async () => {
  await using model = await SentenceTransformer.load(fixture("model2vec"));
  expect(model.maxSeqLength).toBe(12);
  expect(model.describe()).toMatchObject({
    modules: [{ type: "StaticEmbedding", config: { embedding_dim: 16 } }, { type: "Normalize" }],
    isNormalized: true,
    dimension: 16,
  });
  await using endless = await SentenceTransformer.load(fixture("static"));
  expect(endless.maxSeqLength).toBe(Number.POSITIVE_INFINITY);
  expect(endless.countTokens("hello hello")).toBe(2);
  await expect(endless.encode("hello", { outputValue: "token_embeddings" })).rejects.toThrow(
    /static has no token embeddings/,
  );
  await expect(SentenceTransformer.load(fixture("static"), { workers: -1 })).rejects.toThrow(/workers/);
});

test("int8 products and workers change nothing: there are no products, and one thread computes", async () => {
  await using model = await SentenceTransformer.load(fixture("model2vec"));
  await using other = await SentenceTransformer.load(fixture("model2vec"), { dtype: "int8", workers: 2 });
  expect(await other.encode("a man plays")).toEqual(await model.encode("a man plays"));
});

test("a disposed one, and an aborted call", async () => {
  const model = await SentenceTransformer.load(fixture("static"));
  await expect(model.encode(["a"], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  await model.dispose();
  await expect(model.encode("a")).rejects.toMatchObject({ code: "disposed" });
});

const rows: Tensor = { dtype: "float32", shape: [2, 3], data: new Float32Array(6) };
const floats = (data: number[], shape = [data.length]): Tensor => ({
  dtype: "float32",
  shape,
  data: new Float32Array(data),
});
const integers = (data: number[]): Tensor => ({ dtype: "int32", shape: [data.length], data: new Int32Array(data) });
const vocabulary = (words: string[]) => ({
  model: {
    type: "WordPiece",
    unk_token: "u",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  added_tokens: [],
});

async function load(weights: Record<string, Tensor>, tokenizer: object = vocabulary(["u", "a"])) {
  await using files = await withFiles("static", {
    "model.safetensors": encodeSafetensors(new Map(Object.entries(weights)) as never, {}),
    "tokenizer.json": tokenizer,
  });
  return await SentenceTransformer.load(files.path);
}

test.each<[string, Record<string, Tensor>, RegExp]>([
  ["no table", { "linear.weight": rows }, /needs the weight embedding.weight.*there are linear.weight/],
  ["a table of three axes", { "embedding.weight": floats([1, 2], [1, 1, 2]) }, /embedding.weight should have 2 axes/],
  ["an empty table", { "embedding.weight": floats([], [0, 4]) }, /rows and columns/],
  [
    "a table of integers",
    { "embedding.weight": { dtype: "int32", shape: [1, 1], data: new Int32Array(1) } },
    /should have an element type of .*, got int32/,
  ],
  [
    "a mapping beyond the rows",
    { embeddings: rows, mapping: integers([0, 2]) },
    /mapping should hold rows of embeddings, 0 to 1, got 2 for token 1/,
  ],
  [
    "a mapping of numbers",
    { embeddings: rows, mapping: floats([0, 1]) },
    /mapping should have an element type of .*, got float32/,
  ],
  ["too few weights", { embeddings: rows, weights: floats([1]) }, /one number for each of 2 tokens, got shape \[1\]/],
])("%s is refused", async (_, weights, message) => {
  await expect(load(weights)).rejects.toThrow(message);
});

test("int8 rows are numbers, as model2vec takes them", async () => {
  await using model = await load({ embeddings: { dtype: "int8", shape: [2, 2], data: new Int8Array([1, -3, 5, 7]) } });
  expect([...(await model.encode("a a b"))]).toEqual([11 / 3, 11 / 3].map(Math.fround));
});

test("a token without a row is refused with its text, and no tokenizer at load", async () => {
  await using model = await load({ "embedding.weight": rows }, vocabulary(["u", "a", "b"]));
  await model.encode("a");
  await expect(model.encode("b")).rejects.toMatchObject({ name: "HpdError" });
  await using files = await withFiles("static", { "tokenizer.json": null });
  await expect(SentenceTransformer.load(files.path)).rejects.toThrow(/tokenizer.json is missing/);
});

test("a folder of model2vec's without modules.json is refused, and modules that don't fit by their names", async () => {
  await using bare = await withFiles("model2vec", { "modules.json": null });
  await expect(SentenceTransformer.load(bare.path)).rejects.toThrow(/model2vec folder without modules.json/);
  const entry = (type: string, path: string) => ({ type: `sentence_transformers.models.${type}`, path });
  await using pooled = await withFiles("static", {
    "modules.json": [entry("StaticEmbedding", ""), entry("Pooling", "1_Pooling")],
    "1_Pooling/config.json": { embedding_dimension: 16, pooling_mode: "mean" },
  });
  await expect(SentenceTransformer.load(pooled.path)).rejects.toThrow(/Pooling reads the feature token_embeddings/);
  await using dense = await withFiles("static-dense", { "model.safetensors": encodeTable(floats([1, 2], [1, 2])) });
  await expect(SentenceTransformer.load(dense.path)).rejects.toMatchObject({ code: "invalid_model" });
  await using late = await withFiles("bert", {
    "modules.json": [entry("Transformer", ""), entry("StaticEmbedding", "1_StaticEmbedding")],
  });
  await expect(SentenceTransformer.load(late.path)).rejects.toThrow(/a StaticEmbedding after the first module/);
});

function encodeTable(table: Tensor): Uint8Array {
  return encodeSafetensors(new Map([["embedding.weight", table]]) as never, {});
}

test("a damaged truncation is refused", async () => {
  const json = { ...vocabulary(["u", "a"]), truncation: { max_length: 0, strategy: "LongestFirst" } };
  await expect(load({ "embedding.weight": rows }, json)).rejects.toThrow(/truncation.max_length/);
});
