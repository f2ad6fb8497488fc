/** Teachers against plain encoding, the law of several of them, and what tells one from another. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fingerprintTeacher } from "../../../src/distillation/teacher/fingerprint.ts";
import type { TeacherOptions } from "../../../src/distillation/teacher/teacher-options.ts";
import { Teachers } from "../../../src/distillation/teacher/teachers.ts";
import { encodeSafetensors, openSafetensors } from "../../../src/formats/safetensors.ts";
import { openFile } from "../../../src/hub/file-byte-source.ts";
import { SentenceTransformer } from "../../../src/index.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { fixture, withFiles } from "../../encode/model-folder.ts";

const { signal } = new AbortController();
const root = await mkdtemp(join(tmpdir(), "hpd-teachers-"));
afterAll(() => rm(root, { recursive: true }));

const texts = ["He plays guitar.", "", "A street vendor is outside.", "雪"];

async function embed(teachers: readonly TeacherOptions[], folder: string, given = texts): Promise<Float32Array> {
  const inThisThread = teachers.map((teacher) => ({ workers: 0, ...teacher }));
  const all = await Teachers.open(inThisThread, { folder, precision: "float32", signal, onWarning() {} });
  try {
    return await all.embed(given, signal);
  } finally {
    await all.dispose();
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((entry) => stat(join(entry.parentPath, entry.name))))).reduce(
    (sum, { size }) => sum + size,
    0,
  );
}

function cosine(rows: Float32Array, a: number, b: number): number {
  const dimension = rows.length / texts.length;
  let product = 0;
  for (let i = 0; i < dimension; i++) product += rows[a * dimension + i]! * rows[b * dimension + i]!;
  return product;
}

test("one teacher gives what encode gives, normalized; what is in the cache isn't made again", async () => {
  const folder = join(root, "one");
  const model = fixture("bert");
  const embeddings = await embed([{ model }], folder);
  await using plain = await SentenceTransformer.load(model, { workers: 0 });
  const expected = await plain.encode(texts, { normalizeEmbeddings: true });
  for (const [i, value] of expected.data.entries()) expect(embeddings[i]).toBeCloseTo(value, 6);
  const size = await sizeOf(folder);
  const more = await embed([{ model }], folder, [...texts, "new"]);
  expect(more.subarray(0, embeddings.length)).toEqual(embeddings);
  expect((await sizeOf(folder)) - size).toBe(16 + 12 + 16 + 4 * plain.dimension + 4);
});

test("SimCSE's output: the pooler of a plain transformers folder", async () => {
  const options = { model: fixture("bert-plain"), pooling: "pooler" } as const;
  const embeddings = await embed([options], join(root, "pooler"));
  await using plain = await SentenceTransformer.load(options.model, { pooling: "pooler", workers: 0 });
  const expected = await plain.encode(texts, { normalizeEmbeddings: true });
  for (const [i, value] of expected.data.entries()) expect(embeddings[i]).toBeCloseTo(value, 6);
});

test("several teachers: the cosine is the weighted mean of theirs, the length is 1", async () => {
  const folder = join(root, "several");
  const models = [fixture("bert"), fixture("distilbert"), fixture("mpnet")];
  const weights = [1, 2.5, 0.5];
  const together = await embed(
    models.map((model, index) => ({ model, weight: weights[index] })),
    folder,
  );
  const alone = await Promise.all(models.map((model) => embed([{ model }], folder)));
  for (let a = 0; a < texts.length; a++) {
    expect(cosine(together, a, a)).toBeCloseTo(1, 5);
    for (let b = 0; b < a; b++) {
      const mean = alone.reduce((sum, rows, index) => sum + weights[index]! * cosine(rows, a, b), 0) / 4;
      expect(cosine(together, a, b)).toBeCloseTo(mean, 5);
    }
  }
});

describe("the fingerprint", () => {
  const of = (options: Partial<TeacherOptions> & { model: string }) => fingerprintTeacher(options, signal);

  test("is that of the files that count, wherever they lie", async () => {
    await using copy = await withFiles("bert", { "README.md": "other words" });
    expect(await of({ model: copy.path })).toBe(await of({ model: fixture("bert") }));
  });

  test("changes with every file and option that changes embeddings", async () => {
    const model = fixture("bert");
    const json = async (name: string) => JSON.parse(String(await readFile(join(model, name))));
    await using weights = await withFiles("bert", { "model.safetensors": await weightsWith(model, 0.5) });
    await using tokenizer = await withFiles("bert", { "tokenizer.json": { ...(await json("tokenizer.json")), x: 1 } });
    await using pooling = await withFiles("bert", { "1_Pooling/config.json": { x: 1 } });
    await using length = await withFiles("bert", { "sentence_bert_config.json": { max_seq_length: 7 } });
    const teachers: (Partial<TeacherOptions> & { model: string })[] = [
      { model },
      ...[weights, tokenizer, pooling, length].map(({ path }) => ({ model: path })),
      { model, prompt: "a: " },
      { model, promptName: "query" },
      { model, dtype: "int8" },
      { model, truncateDim: 4 },
      { model: fixture("bert-plain") },
      { model: fixture("bert-plain"), pooling: "cls" },
    ];
    const fingerprints = await Promise.all(teachers.map(of));
    expect(new Set(fingerprints).size).toBe(teachers.length);
    expect(await of({ model, dtype: "fp32", weight: 2, workers: 1 })).toBe(fingerprints[0]);
  });
});

describe("refused", () => {
  test("a teacher whose embeddings are no numbers, and nothing of it is kept", async () => {
    const folder = join(root, "nan");
    await using broken = await withFiles("bert", {
      "model.safetensors": await weightsWith(fixture("bert"), Number.NaN),
    });
    await expect(embed([{ model: broken.path }], folder)).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringMatching(/a number that is not finite for text/),
    });
    expect(await sizeOf(folder)).toBe(0);
  });

  test("no teacher, weights that are none, a model that isn't there", async () => {
    const model = fixture("bert");
    await expect(embed([], root)).rejects.toThrow(/should be a teacher, got none/);
    for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(embed([{ model, weight }], root)).rejects.toThrow(/the weight of .* should be a positive number/);
    }
    await expect(
      Teachers.open([{ model, promptName: "none" }], { folder: root, precision: "float32", signal, onWarning() {} }),
    ).rejects.toThrow(/has no prompt "none"/);
    await expect(embed([{ model }, { model: join(root, "none") }], root)).rejects.toMatchObject({ code: "not_found" });
  });

  test("work that was stopped", async () => {
    const teachers = await Teachers.open([{ model: fixture("bert"), workers: 0 }], {
      folder: join(root, "stop"),
      precision: "float32",
      signal,
      onWarning() {},
    });
    await expect(teachers.embed(texts, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    await teachers.dispose();
  });
});

/** The model's weights with one number of the first LayerNorm replaced. */
async function weightsWith(model: string, value: number): Promise<Uint8Array> {
  const source = await openFile(join(model, "model.safetensors"));
  const file = await openSafetensors(source);
  const tensors = new Map<string, Tensor>();
  for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
  await file.close();
  (tensors.get("embeddings.LayerNorm.weight")!.data as Float32Array)[0] = value;
  return encodeSafetensors(tensors);
}
