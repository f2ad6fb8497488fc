import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openModel } from "#hub";
import type { JsonObject } from "../../src/common/json.ts";
import { openSafetensors } from "../../src/formats/safetensors.ts";
import { listedSource } from "../../src/hub/listed-source.ts";
import { memorySource } from "../../src/hub/memory-byte-source.ts";
import type { ModelSource } from "../../src/hub/model-source.ts";
import { buildDense } from "../../src/modules/dense.ts";
import type { Module, WeightDType } from "../../src/modules/module.ts";
import { buildNormalize } from "../../src/modules/normalize.ts";
import { Parameters } from "../../src/modules/parameters.ts";
import { buildPooling, type PoolingConfig, type PoolingMode, parsePoolingConfig } from "../../src/modules/pooling.ts";
import { type ModelFiles, savedFiles } from "../../src/modules/save-modules.ts";
import { readTransformerSettings } from "../../src/modules/transformer/settings.ts";
import { readModelFiles } from "../../src/training/student/model-files.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";
import { loadTransformerModules, transformerFixtures } from "./load-transformer.ts";

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
  const { modules, transformer, transformerFolder } = await loadTransformerModules(source, pooling);
  return {
    modules,
    files: await readModelFiles(source, { kind: "Transformer", folder: transformerFolder, module: transformer }),
  };
}

function save({ modules, files }: Loaded, dtype: WeightDType = "float32"): Map<string, Uint8Array> {
  const saved = [...savedFiles(modules, files, dtype)];
  return new Map(saved.map(([path, contents]) => [path, Uint8Array.from(Buffer.concat([contents].flat()))]));
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
  const models = transformerFixtures.map((name) => [name, async () => load(await openModel(fixture(name)))] as const);
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

describe("the weights are those that Python saves, and modules.json names its modules", () => {
  test.each(Object.entries(gold))("%s", async (name, python) => {
    const saved = save(await load(await openModel(fixture(name))));
    const modulesOf = (value: unknown) =>
      (value as { type: string; path: string }[]).map(({ type, path }) => [type.split(".").at(-1), path]);
    expect(modulesOf(jsonOf(saved, "modules.json"))).toEqual(modulesOf(python.configs["modules.json"]));
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

describe("the files say it as the oldest versions of sentence-transformers do", () => {
  const keys = { word_embedding_dimension: 16, pooling_mode_cls_token: false, pooling_mode_max_tokens: false };
  const meanOnly = { ...keys, pooling_mode_mean_tokens: true, pooling_mode_mean_sqrt_len_tokens: false };
  const none = { ...meanOnly, pooling_mode_mean_tokens: false };

  test("a model of version 6.2 is saved as one of version 2", async () => {
    const saved = save(await loadAllModules());
    const names = ["Transformer", "Pooling", "LayerNorm", "Dense", "Dropout", "Normalize"];
    expect(jsonOf(saved, "modules.json")).toEqual(
      names.map((name, idx) => ({
        idx,
        name: String(idx),
        path: idx === 0 ? "" : `${idx}_${name}`,
        type: `sentence_transformers.models.${name}`,
      })),
    );
    expect(jsonOf(saved, "1_Pooling/config.json")).toEqual(meanOnly);
    expect(jsonOf(saved, "sentence_bert_config.json")).toEqual({ max_seq_length: 48, do_lower_case: false });
    expect(jsonOf(saved, "4_Dropout/config.json")).toEqual({ dropout: 0.25 });
    expect(jsonOf(saved, "5_Normalize/config.json")).toEqual({});
  });

  test("a Dense without keys that came later, unless it needs them", async () => {
    const config = {
      in_features: 16,
      out_features: 8,
      bias: false,
      activation_function: "torch.nn.modules.linear.Identity",
    };
    const weight = { dtype: "float32", shape: [8, 16], data: new Float32Array(128) } as const;
    const parameters = new Parameters("", "", new Map([["linear.weight", weight]]));
    const square = new Parameters(
      "",
      "",
      new Map([["linear.weight", { ...weight, shape: [16, 16], data: new Float32Array(256) }]]),
    );
    const saved = (changes: object, weights = parameters) =>
      buildDense({ ...config, ...changes }, "", weights).configFiles()["config.json"];
    expect(saved({})).toEqual(config);
    expect(saved({ module_input_name: "sentence_embedding", use_residual: false })).toEqual(config);
    const later = {
      module_input_name: "token_embeddings",
      module_output_name: "other",
      out_features: 16,
      use_residual: true,
    };
    expect(saved(later, square)).toEqual({ ...config, ...later });
  });

  test("a Normalize says only names of its own, in a file that is always there", () => {
    expect(buildNormalize({}, "").configFiles()).toEqual({ "config.json": {} });
    const names = { module_input_name: "token_embeddings", module_output_name: "token_embeddings" };
    expect(buildNormalize(names, "").configFiles()).toEqual({ "config.json": names });
  });

  test.each<[PoolingMode[], object]>([
    [["mean"], meanOnly],
    [
      ["cls", "mean_sqrt_len_tokens"],
      { ...none, pooling_mode_cls_token: true, pooling_mode_mean_sqrt_len_tokens: true },
    ],
    [["max", "weightedmean"], { ...none, pooling_mode_max_tokens: true, pooling_mode_weightedmean_tokens: true }],
    [["lasttoken"], { ...none, pooling_mode_lasttoken: true }],
    [["mean", "cls"], { embedding_dimension: 16, pooling_mode: ["mean", "cls"], include_prompt: true }],
    [["mean", "mean"], { embedding_dimension: 16, pooling_mode: ["mean", "mean"], include_prompt: true }],
  ])("pooling %j", (modes, expected) => {
    const pooling = { embeddingDimension: 16, modes, includePrompt: true };
    const saved = (config: PoolingConfig) => buildPooling(config, "").configFiles()["config.json"]!;
    expect(saved(pooling)).toEqual(expected);
    expect(parsePoolingConfig(saved(pooling), "")).toEqual(pooling);
    const withoutPrompt = { ...pooling, includePrompt: false };
    expect(saved(withoutPrompt)).toEqual({ ...expected, include_prompt: false });
    expect(parsePoolingConfig(saved(withoutPrompt), "")).toEqual(withoutPrompt);
  });

  test("the longest text is what it was, whichever file said so, and no longer than there are positions", async () => {
    const maxLength = async (name: string) =>
      (jsonOf(save(await load(await openModel(fixture(name)))), "sentence_bert_config.json") as JsonObject)
        .max_seq_length;
    // Of tokenizer_config.json, of config.json, of sentence_bert_config.json.
    expect([await maxLength("bert"), await maxLength("bert-plain"), await maxLength("roberta")]).toEqual([48, 64, 60]);
  });
});

test("the config says what is saved, no heads, and that it is computed in float32, however it is stored", async () => {
  const loaded = await load(await openModel(fixture("distilbert")));
  expect(jsonOf(save(loaded), "config.json")).toMatchObject({ architectures: ["DistilBertModel"], dtype: "float32" });
  expect(jsonOf(save(loaded, "float16"), "config.json")).toMatchObject({ dtype: "float32" });
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
    [70_000, "float16", /embeddings\.LayerNorm\.weight holds 70000, beyond the largest float16/],
    [-65_520, "float16", /holds -65520, beyond the largest float16/],
    [Number.NaN, "float32", /embeddings\.LayerNorm\.weight should hold finite numbers/],
    [Number.NEGATIVE_INFINITY, "float16", /should hold finite numbers/],
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

test("settings of the transformer are saved, each where its file has it, and read back as they were", async () => {
  const settings = {
    max_seq_length: 30,
    query_length: 6,
    document_length: 9,
    query_expansion: { strategy: "min", length: 4 },
    processing_kwargs: { text: { max_length: 12 } },
    tokenizer_args: { do_lower_case: false, model_max_length: 20 },
    config_args: { num_hidden_layers: 1, hidden_act: "relu" },
  };
  await using folder = await withFiles("bert", { "sentence_bert_config.json": settings });
  const source = await openModel(folder.path);
  const first = save(await load(source));
  const { tokenizer_args: _, config_args: __, ...kept } = settings;
  expect(jsonOf(first, "sentence_bert_config.json")).toEqual({ ...kept, max_seq_length: 20, do_lower_case: false });
  expect(jsonOf(first, "tokenizer_config.json")).toMatchObject({ do_lower_case: false });
  expect(jsonOf(first, "config.json")).toMatchObject({ num_hidden_layers: 1, hidden_act: "relu", hidden_size: 16 });
  const second = save(await load(inMemory(first)));
  expect(second).toEqual(first);
  const before = await readTransformerSettings(source, "");
  const after = await readTransformerSettings(inMemory(first), "");
  expect(after.lengths).toEqual(before.lengths);
  expect(after.lengths).toEqual({ sentence: 12, query: 12, document: 12 });
});
