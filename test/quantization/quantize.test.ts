/** `quantize`: the folder that it writes loads as any other, in int8; what it refuses; what damaged folders say. */
import { access, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeSafetensors, openSafetensors } from "../../src/formats/safetensors.ts";
import { memorySource } from "../../src/hub/memory-byte-source.ts";
import { defaultModel, SentenceTransformer } from "../../src/index.ts";
import { type QuantizeOptions, quantize } from "../../src/quantization/index.ts";
import { dividedTexts } from "../../src/quantization/quantization.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { mergeModels } from "../../src/train.ts";
import { openStudent } from "../../src/training/student/open-student.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-quantize-"));
afterAll(() => rm(scratch, { recursive: true }));

const texts = madeUpSentences(40, 3);
const quiet = { workers: 0, onWarning: () => {} } as const;
const weightsFile = "model.int8.safetensors";

/** The folder of a fixture, quantized. */
async function quantized(name: string, options: Partial<QuantizeOptions> = {}): Promise<string> {
  const out = await mkdtemp(join(scratch, `${name}-`));
  await quantize({ model: fixture(name), out, sentences: madeUpSentences(120, 7), minCosine: 0, ...quiet, ...options });
  return out;
}

async function embeddingsOf(folder: string, options: { dtype?: "fp32" | "int8" } = {}) {
  await using model = await SentenceTransformer.load(folder, { ...quiet, ...options });
  return { data: (await model.encode(texts)).data, description: model.describe() };
}

function meanCosine(a: Float32Array, b: Float32Array): number {
  const width = a.length / texts.length;
  let sum = 0;
  for (let start = 0; start < a.length; start += width) {
    let [product, aa, bb] = [0, 0, 0];
    for (let at = start; at < start + width; at++) {
      product += a[at]! * b[at]!;
      aa += a[at]! ** 2;
      bb += b[at]! ** 2;
    }
    sum += product / Math.sqrt(aa * bb);
  }
  return sum / texts.length;
}

const families = ["bert", "mpnet", "roberta", "xlm-roberta", "distilbert", "electra", "albert", "camembert"].concat(
  ["t5", "mt5", "jina-bert", "deberta-v2", "nomic-native", "modernbert-native", "gte-native", "qwen3-embedding"],
  ["qwen2", "llama", "mistral", "embeddinggemma", "eurobert"],
);

test.each([1, 2, 3, 4, 5, 8])("with %i prompts, texts of each are calibrated and measured with", (count) => {
  const prompts = Array.from({ length: count }, (_, at) => `prompt ${at}: `);
  const { calibrated, measured } = dividedTexts(madeUpSentences(40, 3), prompts);
  const countsOf = (texts: string[]) => prompts.map((prompt) => texts.filter((text) => text.startsWith(prompt)).length);
  for (const [part, of] of [
    [measured, 10],
    [calibrated, 30],
  ] as const) {
    const counts = countsOf(part);
    expect(counts.reduce((sum, each) => sum + each)).toBe(of);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  }
});

test.each(families)("%s is quantized, and near to its float32", async (name) => {
  const folder = await quantized(name);
  const exact = await embeddingsOf(fixture(name));
  const stored = await embeddingsOf(folder);
  expect(exact.description.arithmetic).toBe("fp32");
  expect(stored.description.arithmetic).toBe("int8, stored");
  expect(stored.description.warnings.filter((warning) => !exact.description.warnings.includes(warning))).toEqual([]);
  expect(stored.description.parameters).toBe(exact.description.parameters);
  expect(meanCosine(stored.data, exact.data)).toBeGreaterThan(0.99);
});

describe("a folder", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await quantized("bert");
  });

  test("has no weights under a name that Python knows, and says what it is", async () => {
    const names = await readdir(folder);
    expect(names).toContain(weightsFile);
    expect(names.filter((name) => /^(model|pytorch_model)\.(safetensors|bin)$/.test(name))).toEqual([]);
    const report = JSON.parse(await readFile(join(folder, "quantization.json"), "utf8"));
    expect(report.cosine.mean).toBeGreaterThan(0.99);
    expect(report.products.every(({ dtype }: { dtype: string }) => dtype === "int8")).toBe(true);
    expect(await readFile(join(folder, "README.md"), "utf8")).toMatch(/^## int8$/m);
  });

  test("gives the same with dtype int8, and the weights as floats with fp32", async () => {
    const stored = await embeddingsOf(folder);
    expect((await embeddingsOf(folder, { dtype: "int8" })).data).toEqual(stored.data);
    const floats = await embeddingsOf(folder, { dtype: "fp32" });
    expect(floats.description.arithmetic).toBe("fp32");
    expect(floats.data).not.toEqual(stored.data);
    expect(meanCosine(floats.data, stored.data)).toBeGreaterThan(0.999);
  });

  test("is quantized once only", async () => {
    await expect(quantize({ model: folder, out: join(scratch, "twice"), ...quiet })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("is quantized already"),
    });
    await expect(access(join(scratch, "twice"))).rejects.toThrow();
  });

  test("is no base of a training or a merge: its weights are rounded", async () => {
    const refusal = { code: "unsupported", message: expect.stringContaining("are rounded to int8 by hpd quantize") };
    const out = join(scratch, "from-rounded");
    await expect(openStudent({ model: folder })).rejects.toMatchObject(refusal);
    const models = [{ model: fixture("bert") }, { model: folder }];
    await expect(mergeModels({ models, out })).rejects.toMatchObject(refusal);
    await expect(access(out)).rejects.toThrow();
  });

  test.each([
    ["a scale of zero", "scale", [0], /scale should hold positive numbers, got 0 at 0/],
    ["a scale that is NaN", "scale", [Number.NaN], /scale should hold positive numbers, got NaN/],
    [
      "an infinite scale",
      "input_scale",
      [Number.POSITIVE_INFINITY],
      /input_scale should hold positive numbers, got Inf/,
    ],
    ["a negative scale", "input_scale", [-1], /input_scale should hold positive numbers, got -1/],
    [
      "a scale of no network",
      "scale",
      [1e30],
      /scale should hold positive numbers up to 1000000000, got 1\.\d+e\+30 at 0/,
    ],
    ["a scale whose inverse is infinite", "input_scale", [1e-45], /input_scale should hold positive numbers/],
  ])("%s is refused", async (_, suffix, values, message) => {
    const name = "encoder.layer.0.output.dense.weight";
    await damaged(folder, (tensors) => {
      const tensor = tensors.get(`${name}.${suffix}`)!;
      const data = Float32Array.from(tensor.data as Float32Array);
      data.set(values);
      tensors.set(`${name}.${suffix}`, { ...tensor, data });
    }).then((path) =>
      expect(embeddingsOf(path)).rejects.toMatchObject({
        code: "invalid_model",
        message: expect.stringMatching(message),
      }),
    );
  });

  test.each([
    ["scale", "should be float32 [", "it is missing"],
    ["input_scale", "should be float32 [", "it is missing"],
    ["input_zero_point", "should be uint8 [1]", "it is missing"],
  ])("a missing %s is refused", async (suffix, expected, found) => {
    const name = `encoder.layer.0.output.dense.weight.${suffix}`;
    const path = await damaged(folder, (tensors) => void tensors.delete(name));
    const rejection = expect(embeddingsOf(path)).rejects;
    await rejection.toMatchObject({ code: "invalid_model", message: expect.stringContaining(`${name} ${expected}`) });
    await expect(embeddingsOf(path)).rejects.toThrow(found);
  });

  test("a scale of another shape and a zero point of another type are refused", async () => {
    const name = "encoder.layer.0.output.dense.weight";
    const shape = await damaged(folder, (tensors) => {
      tensors.set(`${name}.scale`, { dtype: "float32", shape: [3], data: new Float32Array(3).fill(1) });
    });
    await expect(embeddingsOf(shape)).rejects.toThrow(/scale should be float32 \[\d+\], got float32 \[3\]/);
    const type = await damaged(folder, (tensors) => {
      tensors.set(`${name}.input_zero_point`, { dtype: "float32", shape: [1], data: Float32Array.of(1) });
    });
    await expect(embeddingsOf(type)).rejects.toThrow(/input_zero_point should be uint8 \[1\], got float32 \[1\]/);
  });

  test("a least unit of a row is a positive number, and a number of its own", async () => {
    const name = "encoder.layer.0.output.dense.weight.input_least_unit";
    const withUnit = (...values: number[]) =>
      damaged(folder, (tensors) => {
        tensors.set(name, { dtype: "float32", shape: [values.length], data: Float32Array.from(values) });
      });
    const stored = await embeddingsOf(await withUnit(0.01));
    expect(stored.description.arithmetic).toBe("int8, stored");
    await expect(embeddingsOf(await withUnit(0))).rejects.toThrow(/least_unit should hold positive numbers, got 0/);
    await expect(embeddingsOf(await withUnit(1, 1))).rejects.toThrow(
      /least_unit should be float32 \[1\], got float32 \[2\]/,
    );
  });

  test("integers under Python's name are refused as they were", async () => {
    const path = await damaged(folder, () => {}, "model.safetensors");
    await expect(embeddingsOf(path)).rejects.toThrow("quantized weights are not supported");
  });
});

test("the same texts give the same bytes, with any number of workers", async () => {
  const bytes = async (workers: number) => readFile(join(await quantized("bert", { workers }), weightsFile));
  expect(Buffer.compare(await bytes(0), await bytes(2))).toBe(0);
});

test("products that lose too much stay in float32, and are named", async () => {
  const out = join(scratch, "left");
  const result = await quantize({ model: fixture("bert"), out, sentences: texts, minCosine: 0.99999, ...quiet });
  const left = result.products.filter(({ dtype }) => dtype === "fp32");
  expect(left.length).toBeGreaterThan(0);
  expect(result.cosine.mean).toBeGreaterThanOrEqual(0.99999);
  for (const { loss } of left) expect(loss).toBeGreaterThan(0);
  const exact = await embeddingsOf(fixture("bert"));
  expect(meanCosine((await embeddingsOf(out)).data, exact.data)).toBeGreaterThan(0.9999);
});

test("the default model takes about a quarter, is nearer than int8 that is made at load, and the same in any batch", async () => {
  const out = join(scratch, "default");
  // Some of the texts that come with it.
  const result = await quantize({ model: defaultModel(), out, limit: 128, ...quiet });
  expect(result.cosine.mean).toBeGreaterThan(0.998);
  expect(result.cosine.lowest).toBeGreaterThan(0.985);
  const { size } = await stat(join(out, weightsFile));
  expect(size / result.bytesBefore).toBeLessThan(0.28);
  await using model = await SentenceTransformer.load(out, quiet);
  const all = await model.encode(texts);
  const exact = (await embeddingsOf(defaultModel())).data;
  const cosine = meanCosine(all.data, exact);
  expect(cosine).toBeGreaterThan(0.998);
  expect(cosine).toBeGreaterThan(meanCosine((await embeddingsOf(defaultModel(), { dtype: "int8" })).data, exact));
  for (const index of [0, 17, 39]) {
    const alone = await model.encode(texts[index]!);
    const furthest = Math.max(...alone.map((value, at) => Math.abs(value - all.row(index)[at]!)));
    expect(furthest).toBeLessThan(1e-5);
  }
});

describe("refused", () => {
  const out = join(scratch, "refused");
  const refuse = (options: Partial<QuantizeOptions>) => quantize({ model: fixture("bert"), out, ...quiet, ...options });

  test.each<[string, Partial<QuantizeOptions>, RegExp]>([
    ["a file's name", { sentences: "texts.jsonl" }, /sentences should be an iterable of strings, got "texts.jsonl"/],
    ["no texts", { sentences: [] }, /needs 4 texts or more .* got 0/],
    ["texts of spaces alone", { sentences: ["", " ", "\n", "\t", "a"] }, /needs 4 texts or more .* got 1/],
    ["the folder of the model", { out: fixture("bert") }, /out should be another folder than model/],
    ["a cosine above 1", { minCosine: 1.5 }, /minCosine should be a number from 0 to 1, got 1.5/],
    ["no limit", { limit: 0 }, /limit should be a positive integer, got 0/],
    ["a static model", { model: fixture("static") }, /quantization needs a Transformer .* got StaticEmbedding/],
    ["a model with routes", { model: fixture("router") }, /quantization needs a model of one route/],
    ["an option that is not there", { bits: 4 } as object, /quantize has no option "bits"/],
  ])("%s", async (_, options, message) => {
    await expect(refuse(options)).rejects.toThrow(message);
    await expect(access(out)).rejects.toThrow();
  });

  test("a link to the model, which would be replaced by what is made from it", async () => {
    const link = join(scratch, "link");
    await symlink(fixture("bert"), link);
    await expect(refuse({ out: link, overwrite: true })).rejects.toThrow("out should be another folder than model");
  });

  test("a folder that isn't empty", async () => {
    await writeFile(join(scratch, "file.txt"), "mine");
    await expect(refuse({ out: scratch })).rejects.toThrow("isn't empty");
  });
});

test("an abort stops it, and nothing is written", async () => {
  const out = join(scratch, "aborted");
  const controller = new AbortController();
  const reason = new Error("enough");
  const onProgress = () => controller.abort(reason);
  const running = quantize({
    model: fixture("bert"),
    out,
    sentences: texts,
    ...quiet,
    signal: controller.signal,
    onProgress,
  });
  await expect(running).rejects.toBe(reason);
  await expect(access(out)).rejects.toThrow();
});

/** A copy of a quantized folder with other tensors. @param file of its weights */
async function damaged(
  folder: string,
  change: (tensors: Map<string, Tensor>) => void,
  file = weightsFile,
): Promise<string> {
  const path = await mkdtemp(join(scratch, "damaged-"));
  for (const name of await readdir(folder)) {
    if (name === weightsFile || (await stat(join(folder, name))).isDirectory()) continue;
    await writeFile(join(path, name), await readFile(join(folder, name)));
  }
  await rm(join(path, "modules.json"));
  const opened = await openSafetensors(memorySource(weightsFile, await readFile(join(folder, weightsFile))));
  const tensors = new Map<string, Tensor>();
  for (const name of opened.tensors.keys()) tensors.set(name, await opened.read(name));
  change(tensors);
  await writeFile(join(path, file), encodeSafetensors(tensors));
  return path;
}
