/** The model that comes with the package, against Python's embeddings of it (tools/gold/default-model.py). */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { defaultModel, SentenceTransformer } from "../../src/index.ts";
import { withFiles } from "./model-folder.ts";

const gold: { model: string; sentences: string[]; embeddings: number[][] } = JSON.parse(
  readFileSync(new URL("../gold/default-model.json", import.meta.url), "utf8"),
);

beforeEach(() => {
  vi.stubGlobal("fetch", () => {
    throw new Error("the default model needs no network");
  });
});
afterEach(() => vi.unstubAllGlobals());

test("is loaded where none is named, without the network, and encodes as in Python", async () => {
  expect(basename(defaultModel())).toBe(gold.model);
  await using model = await SentenceTransformer.load();
  expect(model.dimension).toBe(256);
  const embeddings = await model.encode(gold.sentences);
  const differences = gold.embeddings.flatMap((row, index) =>
    row.map((x, i) => Math.abs(x - embeddings.row(index)[i]!)),
  );
  expect(Math.max(...differences)).toBeLessThan(1e-5);
});

test("int8 ranks as fp32 does", async () => {
  await using model = await SentenceTransformer.load(undefined, { dtype: "int8" });
  const [guitar, vendor, instrument, password, login] = await model.encode(gold.sentences.slice(0, 5));
  const similarity = (a: Float32Array, b: Float32Array) => model.similarity(a, b).at(0, 0);
  expect(similarity(guitar!, instrument!)).toBeGreaterThan(similarity(guitar!, vendor!) + 0.2);
  expect(similarity(password!, login!)).toBeGreaterThan(similarity(password!, vendor!) + 0.2);
});

test("the default model's embeddings have length 1, but for the first of their dimensions", async () => {
  await using model = await SentenceTransformer.load();
  expect(model.describe().isNormalized).toBe(true);
  expect(lengthOf(await model.encode("a cat"))).toBeCloseTo(1, 5);
  await using truncated = await SentenceTransformer.load(undefined, { truncateDim: 128 });
  expect(truncated.describe().isNormalized).toBe(false);
  expect(lengthOf(await truncated.encode("a cat"))).toBeLessThan(0.99);
  expect(lengthOf(await truncated.encode("a cat", { normalizeEmbeddings: true }))).toBeCloseTo(1, 5);
});

test.each([
  ["a model that ends in Normalize", {}, true],
  ["one whose embeddings are cut after that", { truncateDim: 4 }, false],
])("%s", async (_, options, isNormalized) => {
  const types = ["Transformer", "Pooling", "Normalize"];
  const paths = ["", "1_Pooling", "2_Normalize"];
  const modules = types.map((type, idx) => ({
    ...{ idx, name: String(idx), path: paths[idx] },
    type: `sentence_transformers.models.${type}`,
  }));
  await using files = await withFiles("bert", { "modules.json": modules, "2_Normalize/config.json": {} });
  await using model = await SentenceTransformer.load(files.path, { ...options, workers: 1, onWarning: () => {} });
  expect(model.describe().isNormalized).toBe(isNormalized);
  expect(Math.abs(lengthOf(await model.encode("a cat")) - 1) < 1e-5).toBe(isNormalized);
});

function lengthOf(vector: Float32Array): number {
  return Math.hypot(...vector);
}
