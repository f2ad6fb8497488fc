/** WordEmbeddings: what they refuse, and that they need no runtime. What they compute, the gold tests say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { buildWhitespaceTokenizer } from "../../src/tokenizer/whitespace-tokenizer.ts";
import { fixture, withFiles } from "./model-folder.ts";
import { withoutRuntime } from "./without-runtime.ts";

const json = (name: string) => JSON.parse(readFileSync(join(fixture("word-embeddings"), name), "utf8"));
const words = json("wordembedding_config.json");
const tokenizer = json("whitespacetokenizer_config.json");

async function load(files: Record<string, unknown>): Promise<SentenceTransformer> {
  await using folder = await withFiles("word-embeddings", files);
  return await SentenceTransformer.load(folder.path, { workers: 0 });
}

test("they load and encode where onnxruntime isn't", async () => {
  const code = `
    const model = await SentenceTransformer.load(${JSON.stringify(fixture("word-embeddings"))});
    const { count, dimension } = await model.encode(["hello", "", "no such words"]);
    console.log(count, dimension);`;
  expect(await withoutRuntime(code)).toBe("3 12");
});

test("what one says of itself, and which words it counts", async () => {
  await using model = await load({});
  expect(model.describe()).toMatchObject({
    modules: [{ type: "WordEmbeddings", config: { embedding_dim: 12 } }, { type: "Pooling" }],
    maxSeqLength: 1_000_000,
    vocabularySize: tokenizer.vocab.length,
  });
  expect(model.countTokens("The man\u001cis (playing) FLUTE\ufeff, flute!")).toBe(3);
  expect([...(await model.encode("no such words"))]).toEqual(new Array(12).fill(0));
});

test("words as Python's tokenizer finds them: a stop word wins, and even nothing may be a word", () => {
  const config = { vocab: ["a", "", "The", "the", "b"], stop_words: ["b", "c!"] };
  const words = buildWhitespaceTokenizer(config, "file", 100);
  expect([...words.encode("-- a !a! b B c! C! The THE, the")]).toEqual([1, 0, 0, 2, 3, 3]);
  expect([...words.encode("-- a !a! b", 2)]).toEqual([1, 0]);
  expect([...words.encode(" \n")]).toEqual([]);
});

test("a text without known words has no token embeddings, and no largest numbers", async () => {
  await using model = await SentenceTransformer.load(fixture("word-embeddings"), { workers: 0 });
  await expect(model.encode(["man", "none"], { outputValue: "token_embeddings" })).rejects.toThrow(/text 1 has no tok/);
  await using largest = await load({ "1_Pooling/config.json": { embedding_dimension: 12, pooling_mode: "max" } });
  await expect(largest.encode(["man", "none"])).rejects.toThrow(/text 1 has no tokens/);
});

test("the first token is refused: Python has none here", async () => {
  const pooling = { embedding_dimension: 12, pooling_mode: ["mean", "cls"] };
  await expect(load({ "1_Pooling/config.json": pooling })).rejects.toThrow(
    /1_Pooling.config.json: cls pooling needs special tokens/,
  );
});

const path = "sentence_transformers.models.tokenizer";

test.each<[string, object, RegExp]>([
  ["phrases", { tokenizer_class: `${path}.PhraseTokenizer.PhraseTokenizer` }, /PhraseTokenizer.*nltk/],
  ["a transformer's tokenizer", { tokenizer_class: `${path}.WordTokenizer.TransformersTokenizerWrapper` }, /Wrapper/],
  ["code of its own", { tokenizer_class: "other.WhitespaceTokenizer" }, /other.WhitespaceTokenizer/],
  ["no tokenizer", { tokenizer_class: undefined }, /tokenizer_class undefined/],
  ["no words", { max_seq_length: 0 }, /max_seq_length should be a positive integer/],
])("%s of the module is refused", async (_, changes, message) => {
  await expect(load({ "wordembedding_config.json": { ...words, ...changes } })).rejects.toThrow(message);
});

test.each<[string, object, RegExp]>([
  ["a vocabulary that is an object", { vocab: { man: 0 } }, /vocab should be an array of strings/],
  ["stop words that are numbers", { stop_words: [1] }, /stop_words should be an array of strings/],
  ["a word for lower case", { do_lower_case: "yes" }, /do_lower_case should be true or false, got "yes"/],
])("%s of the tokenizer is refused", async (_, changes, message) => {
  const files = { "whitespacetokenizer_config.json": { ...tokenizer, ...changes } };
  await expect(load(files)).rejects.toThrow(message);
});

test.each<[string, Record<string, { shape: number[]; data: Float32Array }>, RegExp]>([
  ["of one axis", { "emb_layer.weight": zeros(39) }, /emb_layer.weight should have shape \[any,any\], got \[39\]/],
  [
    "of another width",
    { "emb_layer.weight": zeros(39, 7) },
    /dimension should be that of the token embeddings, 7, got 12/,
  ],
  ["without rows", { "emb_layer.weight": zeros(0, 12) }, /has embeddings for 0 tokens only/],
  ["under another name", { "embedding.weight": zeros(39, 12) }, /emb_layer.weight of shape \[any,any\] is missing/],
])("a table %s is refused", async (_, tensors, message) => {
  const weights = Object.entries(tensors).map(([name, tensor]) => [name, { dtype: "float32", ...tensor }] as const);
  await expect(load({ "model.safetensors": encodeSafetensors(new Map(weights), {}) })).rejects.toThrow(message);
});

function zeros(...shape: number[]) {
  return { shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

test("a word without a row is refused with its text", async () => {
  const vocab = [...tokenizer.vocab, "unheard"];
  await using files = await withFiles("word-embeddings", {
    "whitespacetokenizer_config.json": { ...tokenizer, vocab },
  });
  await using model = await SentenceTransformer.load(files.path);
  expect((await model.encode(["a man"])).count).toBe(1);
  await expect(model.encode(["man unheard"])).rejects.toThrow(/"man unheard" has the token 39/);
});

test("files that are missing are named", async () => {
  await expect(load({ "wordembedding_config.json": null })).rejects.toThrow(/wordembedding_config.json/);
  await expect(load({ "whitespacetokenizer_config.json": null })).rejects.toThrow(/whitespacetokenizer_config.json/);
  await expect(load({ "model.safetensors": null })).rejects.toThrow(/no weights/);
});
