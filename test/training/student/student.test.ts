import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openModel } from "#hub";
import { writeFolder } from "../../../src/files/write-folder.ts";
import { SentenceTransformer } from "../../../src/index.ts";
import { savedFiles } from "../../../src/modules/save-modules.ts";
import { selectLayers } from "../../../src/modules/transformer/select-layers.ts";
import { saveStudent } from "../../../src/publishing/save-model.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { createStudent, type StudentOptions } from "../../../src/training/student/create-student.ts";
import { readModelFiles } from "../../../src/training/student/model-files.ts";
import type { Student } from "../../../src/training/student/student.ts";
import { fixture } from "../../encode/model-folder.ts";
import { loadTransformerModules } from "../../modules/load-transformer.ts";
import { embedded } from "./embedded.ts";

const sentences = ["A man is playing a large flute.", "hello", ""];
let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "hpd-student-"));
});
afterAll(() => rm(temporary, { recursive: true }));

let folders = 0;
const newFolder = () => join(temporary, String(folders++));

function student(changes: Partial<StudentOptions> = {}): Promise<Student> {
  return createStudent({ model: fixture("bert"), dimension: 8, seed: 1, ...changes });
}

const embed = (made: Student) => embedded(made, sentences);

async function encodeSaved(folder: string): Promise<Float32Array> {
  await using model = await SentenceTransformer.load(folder, {
    workers: 0,
    onWarning: (warning) => expect(warning).toBe(""),
  });
  return (await model.encode(sentences)).data;
}

function largestDifference(a: Float32Array, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);
}

describe("a student of a model", () => {
  test("is transformer, pooling and a new Dense with Tanh, each parameter under its own name", async () => {
    const warnings: string[] = [];
    const made = await student({ model: fixture("hpd-tinybert-like"), onWarning: (warning) => warnings.push(warning) });
    expect(made.modules.map(({ type }) => type)).toEqual(["Transformer", "Pooling", "Dense"]);
    expect(made.dimension).toBe(8);
    expect(made.modules[2]!.config).toMatchObject({ in_features: 24, out_features: 8, bias: true });
    expect(made.parameters.get("2_Dense/linear.weight")?.shape).toEqual([8, 24]);
    expect(made.parameters.has("embeddings.word_embeddings.weight")).toBe(true);
    expect(made.parameters.has("pooler.dense.weight")).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/leaves out Dense/)]);
  });

  test("keeps the pooling of its model; a plain one is pooled as asked", async () => {
    expect((await student({ model: fixture("hpd-tinybert-like") })).modules[1]!.config.pooling_mode).toBe("mean");
    const plain = fixture("bert-plain");
    expect((await student({ model: plain })).modules[1]!.config.pooling_mode).toBe("mean");
    expect((await student({ model: plain, pooling: "cls" })).modules[1]!.config.pooling_mode).toBe("cls");
  });

  test("may keep the model's Dense", async () => {
    const model = fixture("hpd-tinybert-like");
    const folder = newFolder();
    await saveStudent(await student({ model, keepDense: true }), folder);
    expect(largestDifference(await encodeSaved(folder), await encodeSaved(model))).toBe(0);
  });

  test("is saved and encodes as before", async () => {
    for (const changes of [{}, { layers: [1] }, { model: fixture("mpnet"), layers: [1, 0] }]) {
      const made = await student(changes);
      const folder = newFolder();
      await saveStudent(made, folder);
      expect(largestDifference(await encodeSaved(folder), await embed(made))).toBeLessThan(1e-6);
    }
  });

  test("takes part in no other's training: the seed alone decides what is drawn", async () => {
    const weight = async (seed: number) => (await student({ seed })).parameters.get("2_Dense/linear.weight")!.data;
    expect(await weight(5)).toEqual(await weight(5));
    expect(await weight(6)).not.toEqual(await weight(5));
  });
});

describe("config.json of a saved student", () => {
  async function saved(model: string): Promise<{ text: string; warnings: string[] }> {
    const [folder, warnings] = [newFolder(), [] as string[]];
    const onWarning = (warning: string) => warnings.push(warning);
    await saveStudent(await student({ model: fixture(model), onWarning }), folder);
    return { text: readFileSync(join(folder, "config.json"), "utf8"), warnings };
  }

  test("says floats as such, where transformers takes no integers", async () => {
    const { text } = await saved("modernbert-hub");
    expect(text).toContain('"initializer_cutoff_factor": 2.0,');
    expect(text).toContain('"num_hidden_layers": 4,');
    expect(JSON.parse(text)).toMatchObject({ norm_eps: 1e-5, initializer_cutoff_factor: 2 });
  });

  test("names the authors' code only where Python has no class of its own, and then a warning says so", async () => {
    const nomic = await saved("nomic-hub");
    expect(JSON.parse(nomic.text)).not.toHaveProperty("auto_map");
    expect(nomic.warnings).toEqual([]);
    const gte = await saved("gte-new");
    expect(JSON.parse(gte.text).auto_map.AutoModel).toBe("Alibaba-NLP/new-impl--modeling.NewModel");
    expect(gte.warnings).toEqual([
      expect.stringMatching(/gte-new: transformers has no NewModel of its own.*trust_remote_code=True/),
    ]);
  });
});

describe("withParameters", () => {
  test("rebuilds the student over other memory, and saving writes what stands there then", async () => {
    const before = await student({ layers: [1] });
    const shared = new Map<string, Tensor<"float32">>();
    for (const [name, { shape, data }] of before.parameters) {
      const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
      copy.set(data);
      shared.set(name, { dtype: "float32", shape, data: copy });
    }
    const trained = before.withParameters(shared);
    expect([...trained.parameters.values()]).toEqual([...shared.values()]);
    for (const [name, tensor] of trained.parameters) expect(tensor.data).toBe(shared.get(name)!.data);
    const embeddings = await embed(before);
    expect(await embed(trained)).toEqual(embeddings);

    for (const { data } of shared.values()) data.set(data.map((value) => value * 1.5 + 0.01));
    const folder = newFolder();
    await saveStudent(trained, folder);
    const changed = await encodeSaved(folder);
    expect(largestDifference(changed, embeddings)).toBeGreaterThan(0.01);
    expect(largestDifference(changed, await embed(trained))).toBeLessThan(1e-6);
    // The pooler is no parameter, and is saved with the rest.
    const saved = await student({ model: folder });
    const pooler = (made: Student) => made.modules[0]!.parameters.tensors.get("pooler.dense.weight");
    expect(pooler(saved)).toEqual(pooler(before));
  });

  test("refuses other names and shapes", async () => {
    const made = await student();
    const name = "2_Dense/linear.bias";
    const without = new Map(made.parameters);
    without.delete(name);
    expect(() => made.withParameters(without)).toThrow(/2_Dense\/linear\.bias should have shape \[8\], got none/);
    const wrong = { dtype: "float32", shape: [4, 2], data: new Float32Array(8) } as const;
    expect(() => made.withParameters(new Map([...made.parameters, [name, wrong]]))).toThrow(/\[8\], got \[4,2\]/);
    expect(() => made.withParameters(new Map([...made.parameters, ["moment", wrong]]))).toThrow(
      /has no parameter moment/,
    );
  });
});

describe("layers", () => {
  const gold: Record<string, { layers: number[][] }> = JSON.parse(
    readFileSync(new URL("../../gold/saved.json", import.meta.url), "utf8"),
  ).models;
  const goldSentences = [
    "A man is playing a large flute.",
    "A woman is slicing an onion.",
    "The quick brown fox jumps over the lazy dog.",
    "Two dogs run in the park, and a third one sleeps!",
    "hello",
  ];

  test.each(Object.keys(gold))("the second and the first of %s, as Python computes them", async (name) => {
    const source = await openModel(fixture(name));
    const { modules, transformer } = await loadTransformerModules(source, name === "bert-plain" ? "mean" : undefined);
    const selected = [selectLayers(transformer, [1, 0], name), ...modules.slice(1)];
    const folder = newFolder();
    await writeFolder(
      folder,
      savedFiles(
        selected,
        await readModelFiles(source, { kind: "Transformer", folder: "", module: transformer }),
        "float32",
      ),
      false,
    );
    await using model = await SentenceTransformer.load(folder, {
      workers: 0,
      onWarning: (warning) => expect(warning).toBe(""),
    });
    const { data } = await model.encode(goldSentences);
    expect(largestDifference(data, gold[name]!.layers.flat())).toBeLessThan(1e-5);
  });

  test("all of them in their order are the model", async () => {
    const { transformer } = await loadTransformerModules(await openModel(fixture("bert")));
    const all = selectLayers(transformer, [0, 1], "bert");
    expect(all.parameters.tensors).toEqual(transformer.parameters.tensors);
    expect(all.transformerConfig.json).toEqual(transformer.transformerConfig.json);
  });

  test("of a ModernBERT keep their kinds, and the first stays the first", async () => {
    const { transformer } = await loadTransformerModules(await openModel(fixture("modernbert-hub")));
    const some = selectLayers(transformer, [0, 2, 3], "modernbert-hub");
    expect(some.transformerConfig.json).toMatchObject({
      num_hidden_layers: 3,
      layer_types: ["full_attention", "sliding_attention", "full_attention"],
    });
    expect(some.parameters.tensors.get("model.layers.2.attn.Wo.weight")).toBe(
      transformer.parameters.tensors.get("model.layers.3.attn.Wo.weight"),
    );
    expect(() => selectLayers(transformer, [1, 0], "modernbert-hub")).toThrow(/the first layer should be 0/);
  });

  test("of a T5 leave the bias of all layers in the first", async () => {
    const { transformer } = await loadTransformerModules(await openModel(fixture("t5")));
    const { tensors } = selectLayers(transformer, [2, 1], "t5").parameters;
    const before = transformer.parameters.tensors;
    const own = (layer: number) => `encoder.block.${layer}.layer.0.SelfAttention`;
    const bias = "relative_attention_bias.weight";
    expect(tensors.get(`${own(0)}.${bias}`)).toBe(before.get(`${own(0)}.${bias}`));
    expect(tensors.get(`${own(0)}.q.weight`)).toBe(before.get(`${own(2)}.q.weight`));
    expect(tensors.get(`${own(1)}.q.weight`)).toBe(before.get(`${own(1)}.q.weight`));
    expect(tensors.size).toBe((before.size - 3) * (2 / 3) + 3);
  });

  test("of an ALBERT are refused: there are no others", async () => {
    await expect(student({ model: fixture("albert"), layers: [0] })).rejects.toThrow(
      /no layers can be chosen from AlbertModel, because they share their weights/,
    );
  });

  test.each([[[]], [[2]], [[-1]], [[0, 0]], [[0.5]], [[Number.NaN]]])("%j are refused", async (layers) => {
    await expect(student({ layers })).rejects.toThrow(
      /layers should be different numbers from 0 to 1, for .*bert has 2; got \[/,
    );
  });
});

describe("a student of a config", () => {
  test("of a family whose weights can't be drawn is refused by name", async () => {
    const model = join(fixture("jina-bert"), "config.json");
    await expect(student({ model, tokenizer: fixture("jina-bert") })).rejects.toThrow(
      /a new JinaBertModel can't be initialized yet/,
    );
  });

  interface Drawn {
    shape: number[];
    /** Of all numbers; or they are drawn, with this deviation, and the farthest is so many deviations away. */
    value?: number;
    deviation?: number;
    farthest?: number;
    /** Rows of zeros. */
    zero?: number[];
  }

  const initial: Record<string, Record<string, Drawn>> = JSON.parse(
    readFileSync(new URL("../../gold/training/initial.json", import.meta.url), "utf8"),
  ).models;

  test.each(Object.entries(initial))("of %s has weights drawn as transformers draws them", async (name, expected) => {
    const made = await student({ model: join(fixture(name), "config.json"), tokenizer: fixture(name) });
    const { tensors } = made.modules[0]!.parameters;
    // No text depends on ALBERT's pooler, and Python makes a new one.
    const names = Object.keys(expected).filter((key) => !key.startsWith("pooler.") || tensors.has(key));
    expect([...tensors.keys()].toSorted()).toEqual(names.toSorted());
    for (const [key, { shape, data }] of tensors) {
      const wanted = expected[key]!;
      expect(shape, key).toEqual(wanted.shape);
      if (wanted.value !== undefined) {
        expect(new Set(data), key).toEqual(new Set([wanted.value]));
        continue;
      }
      const width = shape.at(-1)!;
      const isZero = (row: number) => data.subarray(row * width, (row + 1) * width).every((value) => value === 0);
      const rows = Array.from({ length: shape[0]! }, (_, row) => row);
      expect(rows.filter(isZero), key).toEqual(wanted.zero);
      const drawn = data.filter((_, index) => !wanted.zero!.includes(Math.floor(index / width)));
      const deviation = Math.sqrt(drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length);
      expect(Math.abs(deviation / wanted.deviation! - 1), key).toBeLessThan(4 / Math.sqrt(drawn.length));
      // Those of a normal distribution that is cut are 2.3 away, of one that isn't 4 and more.
      const farthest = drawn.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (wanted.farthest! < 2.5) expect(farthest / wanted.deviation!, key).toBeLessThan(2.5);
      else if (drawn.length > 2000) expect(farthest / wanted.deviation!, key).toBeGreaterThan(2.5);
    }
    // Folders of all families are written alike, and the names are right.
    if (!["bert", "t5", "modernbert-hub", "embeddinggemma"].includes(name)) return;
    const folder = newFolder();
    await saveStudent(made, folder);
    expect(largestDifference(await encodeSaved(folder), await embed(made))).toBeLessThan(1e-6);
  });

  test("whose padding is no row of its embeddings is refused", async () => {
    const config = JSON.parse(readFileSync(join(fixture("nomic-native"), "config.json"), "utf8"));
    const model = join(temporary, "padding.json");
    await writeFile(model, JSON.stringify({ ...config, pad_token_id: 999 }));
    await expect(student({ model, tokenizer: fixture("nomic-native") })).rejects.toThrow(
      /pad_token_id should be below 142, the rows of embeddings.word_embeddings.weight, got 999/,
    );
  });

  test("whose numbers would all lie at 0 is refused", async () => {
    const config = JSON.parse(readFileSync(join(fixture("modernbert-hub"), "config.json"), "utf8"));
    const model = join(temporary, "cutoff.json");
    await writeFile(model, JSON.stringify({ ...config, initializer_cutoff_factor: 0 }));
    await expect(student({ model, tokenizer: fixture("modernbert-hub") })).rejects.toThrow(
      /initializer_cutoff_factor should be at least 0.1, got 0/,
    );
  });

  test("has a Dense drawn as torch.nn.Linear draws it", async () => {
    const { parameters } = await student({ dimension: 512 });
    for (const part of ["weight", "bias"]) {
      const { data } = parameters.get(`2_Dense/linear.${part}`)!;
      const bound = 1 / Math.sqrt(16);
      expect(Math.max(...data)).toBeLessThanOrEqual(bound);
      expect(Math.min(...data)).toBeGreaterThanOrEqual(-bound);
      const deviation = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
      expect(deviation / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
      expect(Math.abs(data.reduce((sum, value) => sum + value, 0) / data.length)).toBeLessThan(bound / 5);
    }
  });

  test("is refused where the config is none, or too small for the tokenizer", async () => {
    const path = join(temporary, "broken.json");
    const tokenizer = fixture("bert");
    const config = JSON.parse(readFileSync(join(tokenizer, "config.json"), "utf8"));
    const refuse = async (text: string, message: RegExp) => {
      await writeFile(path, text);
      await expect(student({ model: path, tokenizer })).rejects.toThrow(message);
    };
    await refuse("{", /broken\.json should be JSON/);
    await refuse("[]", /broken\.json should hold a JSON object/);
    await refuse(JSON.stringify({ ...config, model_type: "gpt2" }), /model_type "gpt2" is not known/);
    await refuse(JSON.stringify({ ...config, vocab_size: 100 }), /vocab_size should be at least 142, .*, got 100/);
    await refuse(JSON.stringify({ ...config, vocab_size: 1e9 }), /should have at most 1073741824 elements/);
    await refuse(JSON.stringify({ ...config, sinusoidal_pos_embds: true }), /sinusoidal/);
    await expect(student({ model: join(temporary, "no.json"), tokenizer })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});

describe("options that don't fit are refused", () => {
  test.each<[Partial<StudentOptions>, RegExp]>([
    [{ dimension: 0 }, /dimension should be a positive integer, got 0/],
    [{ dimension: 1.5 }, /dimension/],
    [{ seed: -1 }, /seed/],
    [{ pooling: "cls" }, /has its own modules/],
    [{ keepDense: true }, /should have a Dense to 8 dimensions after its pooling, got nothing/],
    [
      { model: fixture("hpd-tinybert-like"), keepDense: true, dimension: 7 },
      /a Dense to 7 dimensions.*"out_features":8/,
    ],
    [{ tokenizer: fixture("bert") }, /has its own tokenizer/],
    [{ model: join(fixture("bert"), "config.json") }, /is a config without a tokenizer/],
    [
      { model: join(fixture("bert"), "config.json"), tokenizer: fixture("bert"), layers: [0] },
      /is a config: leave out `layers`/,
    ],
  ])("%o", async (changes, message) => {
    await expect(student(changes)).rejects.toThrow(message);
  });

  test("a model whose transformer is not followed by a pooling", async () => {
    const model = newFolder();
    await cp(fixture("bert"), model, { recursive: true });
    await mkdir(join(model, "2_Norm"));
    await writeFile(join(model, "2_Norm/config.json"), "{}");
    const entries = ["Transformer", "Normalize"].map((type, index) => ({
      path: ["", "2_Norm"][index],
      type: `sentence_transformers.models.${type}`,
    }));
    await writeFile(join(model, "modules.json"), JSON.stringify(entries));
    await expect(student({ model })).rejects.toThrow(/followed by a Pooling, got Normalize/);
  });
});
