/** Students that are a table: made of a static model, saved as one, and read again. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeSafetensors } from "../../../src/formats/safetensors.ts";
import { SentenceTransformer } from "../../../src/index.ts";
import { saveStudent } from "../../../src/publishing/save-model.ts";
import { createStudent, type StudentOptions } from "../../../src/training/student/create-student.ts";
import { fixture, withFiles } from "../../encode/model-folder.ts";
import { largestDifference, learnerOf } from "../learner/tiny-student.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-static-student-"));
afterAll(() => rm(scratch, { recursive: true }));
let folders = 0;
const newFolder = () => join(scratch, String(folders++));

const sentences = ["A man is playing a large flute.", "hello", "", "\u0001", "the the the dog"];

function student(model: string, options: Partial<StudentOptions> = {}) {
  return createStudent({ model, dimension: 5, seed: 1, ...options });
}

/** What its learner gives. */
async function embed(made: Awaited<ReturnType<typeof student>>): Promise<Float32Array> {
  const learner = await learnerOf(made);
  try {
    return await learner.embed(sentences.map((text) => made.tokenizer.encode(text)));
  } finally {
    await learner.dispose();
  }
}

test.each(["static", "model2vec", "model2vec-quantized", "static-dense"])(
  "%s: saved, it is one table with the embeddings that it learnt",
  async (name) => {
    const warnings: string[] = [];
    const made = await student(fixture(name), { onWarning: (warning) => warnings.push(warning) });
    expect(made.modules.map(({ type }) => type)).toEqual(["StaticEmbedding", "Dense"]);
    expect([...made.parameters.keys()]).toEqual(["embedding.weight", "1_Dense/linear.weight"]);
    expect(warnings).toEqual(name === "static" ? [] : [expect.stringMatching(/leaves out (Normalize|Dense)$/)]);
    const folder = newFolder();
    await saveStudent(made, folder);
    expect((await readdir(folder)).sort()).toEqual([
      ...["config_sentence_transformers.json", "model.safetensors", "modules.json", "tokenizer.json"],
    ]);
    expect(await readFile(join(folder, "tokenizer.json"))).toEqual(await readFile(await tokenizerOf(name)));
    await using model = await SentenceTransformer.load(folder);
    expect(model.describe().modules).toEqual([
      { type: "StaticEmbedding", config: { num_embeddings: 142, embedding_dim: 5 } },
    ]);
    const { data } = await model.encode(sentences);
    expect(largestDifference(data, await embed(made))).toBeLessThan(1e-6);
    expect([...data.subarray(10, 20)]).toEqual(new Array(10).fill(0));
    await using source = await SentenceTransformer.load(fixture(name));
    expect(model.maxSeqLength).toBe(source.maxSeqLength);
  },
);

async function tokenizerOf(name: string): Promise<string> {
  const [file] = (await readdir(fixture(name), { recursive: true })).filter((path) => path.endsWith("tokenizer.json"));
  return join(fixture(name), file!);
}

test("it is cut where the tokenizer cuts, as long as it learns and when it is loaded", async () => {
  const made = await student(fixture("model2vec"));
  expect(made.tokenizer.encode("a man ".repeat(20)).length).toBe(12);
});

test("a Dense that it keeps stays one, in float32 beside its table", async () => {
  const made = await student(fixture("static-dense"), { keepDense: true, dimension: 16 });
  const folder = newFolder();
  await saveStudent(made, folder, { weightsDtype: "fp16" });
  await using model = await SentenceTransformer.load(folder, { workers: 0 });
  await using source = await SentenceTransformer.load(fixture("static-dense"), { workers: 0 });
  expect(model.describe().modules).toEqual(source.describe().modules);
  // The table as it was, the Dense rounded to half precision.
  const difference = largestDifference((await model.encode(sentences)).data, (await source.encode(sentences)).data);
  expect(difference).toBeGreaterThan(1e-5);
  expect(difference).toBeLessThan(2e-3);
});

test.each([
  ["a linear one is folded", {}, ["StaticEmbedding"]],
  ["one with a shortcut around it is not", { use_residual: true }, ["StaticEmbedding", "Dense"]],
])("of the Dense that it keeps, %s: the embeddings are the same", async (_, keys, types) => {
  const projection = { bias: false, activation_function: "torch.nn.modules.linear.Identity", ...keys };
  const square = (seed: number) => {
    const data = Float32Array.from({ length: 256 }, (_, at) => Math.sin(seed + at));
    return { dtype: "float32", shape: [16, 16], data } as const;
  };
  await using files = await withFiles("static", {
    "modules.json": ["StaticEmbedding", "Dense"].map((type, index) => ({
      type: `sentence_transformers.models.${type}`,
      path: ["", "1_Dense"][index],
    })),
    "1_Dense/config.json": { in_features: 16, out_features: 16, ...projection },
    "1_Dense/model.safetensors": encodeSafetensors(new Map([["linear.weight", square(1)]]), {}),
  });
  const folder = newFolder();
  await saveStudent(await student(files.path, { keepDense: true, dimension: 16 }), folder);
  await using model = await SentenceTransformer.load(folder, { workers: 0 });
  await using source = await SentenceTransformer.load(files.path, { workers: 0 });
  expect(model.describe().modules.map(({ type }) => type)).toEqual(types);
  const difference = largestDifference((await model.encode(sentences)).data, (await source.encode(sentences)).data);
  expect(difference).toBeLessThan(1e-5);
});

test("layers, a pooling and other tables are refused", async () => {
  await expect(student(fixture("static"), { layers: [0] })).rejects.toThrow(/`layers` needs a Transformer.*StaticEmb/);
  await expect(student(fixture("static"), { pooling: "max" })).rejects.toThrow(/`pooling` is for a plain transformers/);
  await expect(student(fixture("word-embeddings"))).rejects.toThrow(
    /a student that is no StaticEmbedding needs a Transformer.*WordEmbeddings/,
  );
  await expect(student(fixture("router"))).rejects.toThrow(/a student needs a model of one route/);
  await expect(student(fixture("static"), { keepDense: true })).rejects.toThrow(/keepDense: .*got nothing/);
  await using tokenizer = await withFiles("static", { "tokenizer.json": null });
  await expect(student(tokenizer.path)).rejects.toThrow(/tokenizer\.json/);
});
