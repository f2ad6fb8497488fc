/** Weights of half precision give the bits of the same weights as float32, and are read one by one, into their place. */
import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { openModel } from "#hub";
import { compileRoute } from "../../src/encode/compile-route.ts";
import { encodeSafetensors, openSafetensors } from "../../src/formats/safetensors.ts";
import type { ModelSource } from "../../src/hub/model-source.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { loadModules } from "../../src/modules/load-modules.ts";
import { withWeightsOpen } from "../../src/modules/weights-open.ts";
import { toFloat16, toFloat32 } from "../../src/tensor/convert.ts";
import { elementCount, type Tensor } from "../../src/tensor/tensor.ts";
import { type RecordedSource, recordedSource } from "../formats/recorded-source.ts";
import { fixture, withFiles } from "./model-folder.ts";

const weightsFile = "model.safetensors";
const sentences = ["He plays guitar.", "A woman is slicing an onion, and a man is not.", ""];

function rounded(data: Float32Array, dtype: "float16" | "bfloat16"): Uint16Array {
  if (dtype === "float16") return toFloat16(data);
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  return Uint16Array.from(bits, (float) => float >>> 16);
}

/** The fixture's weights, rounded: as halves, and widened again. */
async function halfAndWide(dtype: "float16" | "bfloat16") {
  const file = await openSafetensors(recordedSource(weightsFile, await readFile(`${fixture("bert")}/${weightsFile}`)));
  const half = new Map<string, Tensor>();
  const wide = new Map<string, Tensor>();
  for (const [name, { dtype: stored }] of file.tensors) {
    const tensor = await file.read(name);
    const isWeight = stored === "float32";
    const halves = { ...tensor, dtype, data: isWeight ? rounded(toFloat32(tensor), dtype) : tensor.data } as Tensor;
    half.set(name, isWeight ? halves : tensor);
    wide.set(name, isWeight ? { ...tensor, dtype: "float32", data: toFloat32(halves) } : tensor);
  }
  return { half: encodeSafetensors(half), wide: encodeSafetensors(wide), tensors: file.tensors };
}

test.each([
  ["float16", "fp32"],
  ["float16", "int8"],
  ["bfloat16", "fp32"],
  ["bfloat16", "int8"],
] as const)("%s computed with in %s", async (stored, dtype) => {
  const { half, wide, tensors } = await halfAndWide(stored);
  const results = [];
  for (const weights of [half, wide]) {
    await using folder = await withFiles("bert", { [weightsFile]: weights });
    await using model = await SentenceTransformer.load(folder.path, { workers: 0, dtype, onWarning: () => {} });
    const tokens = await model.encode(sentences, { outputValue: "token_embeddings" });
    results.push({ ...model.describe(), data: (await model.encode(sentences)).data, tokens });
  }
  const [narrow, full] = results;
  expect(narrow!.data).toEqual(full!.data);
  expect(narrow!.tokens).toEqual(full!.tokens);
  expect(narrow!.parameters).toBe(full!.parameters);
  // What is not rounded to bytes stays as it is stored: in fp32 all.
  const [, table] = [...tensors].find(([name]) => name.endsWith("embeddings.word_embeddings.weight"))!;
  expect(full!.bytes - narrow!.bytes).toBeGreaterThan(2 * elementCount(table.shape));
  if (dtype === "fp32") expect(narrow!.bytes / full!.bytes).toBeCloseTo(0.5, 1);
});

/** The fixture, and its weights' file as it was opened last. */
async function recorded(): Promise<ModelSource & { weights(): RecordedSource }> {
  const source = await openModel(fixture("bert"), {});
  const bytes = await readFile(`${fixture("bert")}/${weightsFile}`);
  let weights: RecordedSource | undefined;
  return {
    ...source,
    open: async (file) => {
      if (file !== weightsFile) return await source.open(file);
      weights = recordedSource(file, bytes);
      return weights;
    },
    weights: () => weights!,
  };
}

test("weights are read when they are compiled, each once, and then their file is closed", async () => {
  const source = await recorded();
  const header = 2;
  await withWeightsOpen(source, async (open) => {
    const { pipelines } = await loadModules(open, undefined, () => {});
    expect(source.weights().reads).toHaveLength(header);
    const [pipeline] = pipelines.values();
    await compileRoute(pipeline!, "sentence_embedding", "int8", source.name);
    expect(source.weights().closed).toBe(false);
  });
  const offsets = source.weights().reads.map(([offset]) => offset);
  expect(offsets.length).toBeGreaterThan(header + 16);
  expect(new Set(offsets).size).toBe(offsets.length);
  expect(source.weights().closed).toBe(true);
});

test("the file is closed where something fails, and weights are read at once where nobody closes it", async () => {
  const source = await recorded();
  const failing = withWeightsOpen(source, async (open) => {
    await loadModules(open, undefined, () => {});
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(source.weights().closed).toBe(true);
  const warn = vi.fn();
  await loadModules(source, undefined, warn);
  expect(source.weights().closed).toBe(true);
  expect(source.weights().reads.length).toBeGreaterThan(16);
});
