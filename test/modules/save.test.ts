import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openModel } from "#hub";
import { openSafetensors } from "../../src/formats/safetensors.ts";
import { listedSource } from "../../src/hub/listed-source.ts";
import { memorySource } from "../../src/hub/memory-byte-source.ts";
import type { ModelSource } from "../../src/hub/model-source.ts";
import { loadModules } from "../../src/modules/load-modules.ts";
import type { Module, WeightDType } from "../../src/modules/module.ts";
import { Parameters } from "../../src/modules/parameters.ts";
import { type ModelFiles, savedFiles } from "../../src/modules/save-modules.ts";
import { readModelFiles } from "../../src/training/student/model-files.ts";
import { fixture } from "../encode/model-folder.ts";

interface SavedByPython {
  configs: Record<string, unknown>;
  weights: Record<string, Record<string, number[]>>;
}

const gold: Record<string, SavedByPython> = JSON.parse(
  readFileSync(new URL("../gold/saved.json", import.meta.url), "utf8"),
).models;

interface Loaded {
  readonly modules: readonly Module[];
  readonly files: ModelFiles;
}

async function load(source: ModelSource): Promise<Loaded> {
  const pooling = source.files.includes("modules.json") ? undefined : "mean";
  const { modules, transformerFolder } = await loadModules(source, pooling, () => {});
  return { modules, files: await readModelFiles(source, transformerFolder) };
}

function save({ modules, files }: Loaded, dtype: WeightDType = "float32"): Map<string, Uint8Array> {
  return new Map(savedFiles(modules, files, dtype));
}

function inMemory(files: ReadonlyMap<string, Uint8Array>): ModelSource {
  return listedSource("saved", [...files.keys()].sort(), async (file) => memorySource(file, files.get(file)!));
}

function jsonOf(files: ReadonlyMap<string, Uint8Array>, path: string): unknown {
  return JSON.parse(new TextDecoder().decode(files.get(path)));
}

/** transformers writes LayerNorm's old names back where it read them. */
function newName(name: string): string {
  return name.replace(/LayerNorm\.gamma$/, "LayerNorm.weight").replace(/LayerNorm\.beta$/, "LayerNorm.bias");
}

/** The `bert` fixture with all its `2_*` folders, one after the other, where they fit. */
async function loadAllModules(): Promise<Loaded> {
  const source = await openModel(fixture("bert"));
  const types = { Transformer: "", Pooling: "1_Pooling", LayerNorm: "2_LayerNorm", Dense: "2_Dense_residual" };
  const entries = Object.entries(types).map(([type, path]) => ({ type: `sentence_transformers.models.${type}`, path }));
  const files = {
    "modules.json": [
      ...entries,
      { type: "sentence_transformers.models.Dropout", path: "4_Dropout" },
      { type: "sentence_transformers.models.Normalize", path: "5_Normalize" },
    ],
    "4_Dropout/config.json": { dropout: 0.25 },
  };
  const extra = new Map(Object.entries(files).map(([path, json]) => [path, Buffer.from(JSON.stringify(json))]));
  return load({
    name: "bert",
    files: [...new Set([...source.files, ...extra.keys()])],
    open: async (path) => (extra.has(path) ? memorySource(path, extra.get(path)!) : source.open(path)),
  });
}

describe("load, save and load is the identity", () => {
  const models = readdirSync(fixture("")).map(
    (name) => [name, async () => load(await openModel(fixture(name)))] as const,
  );
  test.each([...models, ["every module", loadAllModules] as const])("%s", async (_, loadModel) => {
    const before = await loadModel();
    const saved = save(before);
    const after = await load(inMemory(saved));
    expect(after.modules.map(({ type, config }) => ({ type, config }))).toEqual(
      before.modules.map(({ type, config }) => ({ type, config })),
    );
    for (const [index, module] of before.modules.entries()) {
      expect(after.modules[index]!.parameters.tensors).toEqual(module.parameters.tensors);
    }
    expect(after.files).toEqual(before.files);
    expect(save(after)).toEqual(saved);
  });
});

describe("the files are those that Python saves", () => {
  test.each(Object.entries(gold))("%s", async (name, python) => {
    const saved = save(await load(await openModel(fixture(name))));
    for (const [path, config] of Object.entries(python.configs)) {
      // A model's own of these are kept, which version 2 wrote for all but two of the fixtures.
      const isKept = path.startsWith("config_sentence") || path.startsWith("sentence_bert");
      if (isKept && !name.startsWith("bert")) continue;
      expect(jsonOf(saved, path)).toMatchObject(config as object);
      expect(Object.keys(jsonOf(saved, path) as object).filter((key) => key !== "__version__")).toHaveLength(
        Object.keys(config as object).length,
      );
    }
    for (const [path, shapes] of Object.entries(python.weights)) {
      const { tensors } = await openSafetensors(memorySource(path, saved.get(path)!));
      const ours = [...tensors].map(([name, { shape }]) => [name.replace(/^(distil|ro)?berta?\./, ""), shape]);
      // Its checkpoint has no pooler; Python makes one up.
      const theirs = Object.entries(shapes)
        .filter(([weight]) => name !== "roberta" || !weight.startsWith("pooler."))
        .map(([weight, shape]) => [newName(weight), shape]);
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
    }
  });
});

test("the config says what is saved: no heads, and the element type", async () => {
  const loaded = await load(await openModel(fixture("distilbert")));
  expect(jsonOf(save(loaded), "config.json")).toMatchObject({ architectures: ["DistilBertModel"], dtype: "float32" });
  expect(jsonOf(save(loaded, "float16"), "config.json")).toMatchObject({ dtype: "float16" });
});

test("float16 weights come back as they were saved", async () => {
  const half = await load(inMemory(save(await load(await openModel(fixture("bert"))), "float16")));
  const again = await load(inMemory(save(half, "float16")));
  expect(again.modules[0]!.parameters.tensors).toEqual(half.modules[0]!.parameters.tensors);
  // This one's checkpoint is float16.
  const mpnet = await load(await openModel(fixture("mpnet")));
  const saved = await load(inMemory(save(mpnet, "float16")));
  expect(saved.modules[0]!.parameters.tensors).toEqual(mpnet.modules[0]!.parameters.tensors);
});

describe("a weight is refused by name", () => {
  test.each([
    [70_000, "float16", /embeddings\.LayerNorm\.weight holds 70000, which float16 can't/],
    [-65_520, "float16", /holds -65520, which float16 can't/],
    [Number.NaN, "float32", /embeddings\.LayerNorm\.weight holds numbers that are not finite/],
    [Number.NEGATIVE_INFINITY, "float16", /not finite/],
  ] as const)("that holds %s, as %s", async (value, dtype, message) => {
    const { modules, files } = await load(await openModel(fixture("bert")));
    const [transformer, pooling] = modules as [Module, Module];
    const { file, folder, tensors } = transformer.parameters;
    const name = "embeddings.LayerNorm.weight";
    const data = tensors.get(name)!.data.with(3, value);
    const changed = new Map([...tensors, [name, { dtype: "float32", shape: [data.length], data }]]);
    const broken = transformer.withParameters(new Parameters(file, folder, changed as never));
    expect(() => save({ modules: [broken, pooling], files }, dtype)).toThrow(message);
    if (dtype === "float16" && value === -65_520) {
      data[3] = -65_519;
      expect(() => save({ modules: [broken, pooling], files }, dtype)).not.toThrow();
    }
  });
});
