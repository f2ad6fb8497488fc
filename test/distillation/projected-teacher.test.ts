import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Projection } from "../../src/distillation/projection/projection.ts";
import { requireProjectable, saveProjectedTeacher } from "../../src/distillation/save-projected-teacher.ts";
import type { TeacherOptions } from "../../src/distillation/teacher/teacher-options.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { Random } from "../../src/random.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";

const sentences = ["A man is playing a large flute.", "A woman is slicing an onion.", "hello", ""];
let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "hpd-projected-"));
});
afterAll(() => rm(temporary, { recursive: true }));

let folders = 0;
const newFolder = () => join(temporary, String(folders++));

function projectionFrom(teacherDimension: number, dimension = 5): Projection {
  const random = new Random(3);
  const components = new Float32Array(dimension * teacherDimension).map(() => random.normal());
  return { components, dimension, teacherDimension, explainedVarianceRatio: new Float64Array(dimension) };
}

/** What its students learn: embeddings of length 1, times the components. */
async function targets(teacher: TeacherOptions, { components, dimension, teacherDimension }: Projection) {
  const { model, prompt, promptName, pooling } = teacher;
  await using loaded = await SentenceTransformer.load(model, { workers: 0, ...(pooling && { pooling }) });
  const embeddings = await loaded.encode(sentences, {
    normalizeEmbeddings: true,
    ...(prompt !== undefined && { prompt }),
    ...(promptName !== undefined && { promptName }),
  });
  return [...embeddings].flatMap((embedding) =>
    Array.from({ length: dimension }, (_, row) =>
      embedding.reduce((sum, value, column) => sum + value * components[row * teacherDimension + column]!, 0),
    ),
  );
}

async function expectTargets(teacher: TeacherOptions, teacherDimension: number): Promise<void> {
  const projection = projectionFrom(teacherDimension);
  const folder = newFolder();
  await saveProjectedTeacher([teacher], projection, folder);
  await using model = await SentenceTransformer.load(folder, { workers: 0 });
  const { data } = await model.encode(sentences);
  const expected = await targets(teacher, projection);
  expect(model.dimension).toBe(5);
  for (const [index, value] of expected.entries()) expect(data[index]!).toBeCloseTo(value, 5);
}

describe("a projected teacher gives what its students learn", () => {
  test.each([
    ["hpd-tinybert-like", 8],
    ["mpnet", 16],
    ["xlm-roberta", 16],
  ])("%s", (name, dimension) => expectTargets({ model: fixture(name) }, dimension));

  test.each([
    ["static", 16],
    ["model2vec", 16],
    ["static-dense", 16],
    ["word-embeddings", 12],
  ])("of %s, which has no network", (name, dimension) => expectTargets({ model: fixture(name) }, dimension));

  test("of a transformer's pooler, which SimCSE's teachers use", () =>
    expectTargets({ model: fixture("bert-plain"), pooling: "pooler" }, 16));

  test("of one that normalises: once is enough", async () => {
    const types = ["Transformer", "Pooling", "Normalize"].map((type) => `sentence_transformers.models.${type}`);
    const entries = types.map((type, index) => ({ type, path: ["", "1_Pooling", "2_Normalize"][index] }));
    await using folder = await withFiles("bert", { "modules.json": entries });
    await expectTargets({ model: folder.path }, 16);
    const projected = newFolder();
    await saveProjectedTeacher([{ model: folder.path }], projectionFrom(16), projected);
    expect(existsSync(join(projected, "3_Dense/config.json"))).toBe(true);
  });

  test("with the prompt that it was asked with", async () => {
    await using folder = await withFiles("bert", {
      "config_sentence_transformers.json": { prompts: { q: "the man ", d: "dogs " }, default_prompt_name: "d" },
    });
    for (const prompts of [{}, { promptName: "q" }, { prompt: "hello world " }, { prompt: "" }]) {
      await expectTargets({ model: folder.path, ...prompts }, 16);
    }
  });
});

describe("refused is", () => {
  test.each<[string, TeacherOptions[], RegExp]>([
    ["no teacher", [], /one teacher can be saved with its projection, not 0/],
    ["several", [{ model: "a" }, { model: "b" }], /one teacher can be saved with its projection, not 2/],
    ["a truncated one", [{ model: "a", truncateDim: 4 }], /a is truncated/],
  ])("%s", async (_, teachers, message) => {
    await expect(saveProjectedTeacher(teachers, projectionFrom(4), newFolder())).rejects.toThrow(message);
  });

  test("one with a Router, before any work", async () => {
    await expect(requireProjectable([{ model: fixture("router") }])).rejects.toThrow(
      /router: saving the projected.*Router/,
    );
  });

  test("one that truncates itself", async () => {
    await using folder = await withFiles("bert", { "config_sentence_transformers.json": { truncate_dim: 8 } });
    await expect(saveProjectedTeacher([{ model: folder.path }], projectionFrom(8), newFolder())).rejects.toThrow(
      /is truncated/,
    );
  });

  test("a folder that holds something else", async () => {
    await writeFile(join(temporary, "notes.txt"), "mine");
    await expect(
      saveProjectedTeacher([{ model: fixture("bert") }], projectionFrom(16), temporary, { overwrite: true }),
    ).rejects.toThrow(/holds no model/);
  });
});
