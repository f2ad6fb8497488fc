/** Settings of `hpd distill` out of flags and recipe files, and what is said of wrong ones. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { distillOptions } from "../../src/cli/distill/options.ts";
import { settings } from "../../src/cli/distill/settings.ts";
import { readSettings } from "../../src/cli/settings/read.ts";
import type { Flags } from "../../src/cli/settings/table.ts";
import type { DistillOptions } from "../../src/train.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-settings-"));
afterAll(() => rm(scratch, { recursive: true }));

async function read(recipe: string, flags: Flags = {}): Promise<DistillOptions> {
  const path = join(scratch, "recipe.yaml");
  await writeFile(path, recipe);
  return distillOptions(await readSettings({ ...flags, recipe: path }, settings));
}

const whole = { student: "S", sentences: ["a.txt"], out: "O" };

test("a recipe's keys are flags' names, in camelCase too; flags win", async () => {
  const recipe = `
teacher: [T, {model: U, weight: 2, pooling: pooler, prompt: "query: "}]
student: S
layers: [1, 3]
sentences: [a.txt, b.csv]
field: sentence
valid: v.txt
augment: 2
loss: {mse: 1, similarity: 0.5}
batchSize: 32
learning-rate: 1e-4
keep-dense: true
out: O`;
  const options = await read(recipe, { "batch-size": "16", layers: "0,2", "teacher-dtype": "int8" });
  expect(options).toMatchObject({
    teachers: [
      { model: "T", dtype: "int8" },
      { model: "U", weight: 2, pooling: "pooler", prompt: "query: ", dtype: "int8" },
    ],
    student: { model: "S", layers: [0, 2], keepDense: true },
    sentences: [
      { path: "a.txt", field: "sentence" },
      { path: "b.csv", field: "sentence" },
    ],
    validation: [{ path: "v.txt", field: "sentence" }],
    augmentation: { copies: 2, rate: 0.2 },
    loss: { mse: 1, similarity: 0.5 },
    batchSize: 16,
    learningRate: 1e-4,
    out: "O",
  });
  expect(options.epochs).toBe(undefined);
});

test("flags alone", async () => {
  const flags = {
    ...whole,
    teacher: ["T=0.5", "org/U"],
    valid: ["200"],
    loss: "mse,cosine=0.1",
    "max-gradient-norm": "Infinity",
  };
  expect(distillOptions(await readSettings(flags, settings))).toMatchObject({
    teachers: [{ model: "T", weight: 0.5 }, { model: "org/U" }],
    validation: 200,
    loss: { mse: 1, cosine: 0.1 },
    maxGradientNorm: Infinity,
  });
});

test("a folder whose name ends as a weight does is a model, and can have a weight", async () => {
  const folder = join(scratch, "lr=3");
  await mkdir(folder);
  const flags = { ...whole, teacher: [folder, `${folder}=0.5`, join(scratch, "lr=2")] };
  expect(distillOptions(await readSettings(flags, settings)).teachers).toEqual([
    { model: folder },
    { model: folder, weight: 0.5 },
    { model: join(scratch, "lr"), weight: 2 },
  ]);
});

test("JSON is a recipe too", async () => {
  expect(await read('{"teacher": "T", "dim": 64}', whole)).toMatchObject({ teachers: [{ model: "T" }], dimension: 64 });
});

test.each<[string, Flags, RegExp]>([
  ["dim: !int8 8", {}, /recipe\.yaml, line 1 should be YAML or JSON: Unresolved tag: !int8/],
  ["dimension: 8", {}, /recipe\.yaml: there is no setting "dimension"/],
  ["batchsize: 8", {}, /there is no setting "batchsize" \(did you mean batch-size\?\)/],
  ["batch-size: 8\nbatchSize: 9", {}, /batch-size should occur once, got it twice/],
  ["epochs: many", {}, /epochs should be a number, got "many"/],
  ["epochs: .nan", {}, /epochs should be a number/],
  ["seed: 1.5", {}, /seed should be an integer/],
  ["schedule: cosin", {}, /schedule should be one of linear, cosine, constant, got "cosin"/],
  ["keepDense: yes please", {}, /keepDense should be true or false/],
  ["student: 3", {}, /student should be a text, got 3/],
  ["loss: 3", {}, /loss should be a name, or names with weights/],
  ["teacher: {modle: x}", whole, /teacher: there is no key "modle" \(did you mean model\?\)/],
  ["teacher: {weight: 2}", whole, /model should be a folder or hub id/],
  ["teacher: 3", whole, /teacher should be names, or objects/],
  ["- a list", {}, /should map settings to values/],
  ["a: [", {}, /should be YAML or JSON/],
  ["dim: 8", {}, /missing --teacher NAME/],
  ["augmentRate: 0.1\nteacher: T", whole, /--augment-rate needs --augment/],
  ["dim: 8", { layers: "1,x" }, /--layers should be integers as in 1,3,5, got "1,x"/],
  ["dim: 8", { dim: "1.5" }, /--dim should be an integer/],
  ["dim: 8", { dim: "" }, /--dim should be a number/],
  ["dim: 8", { loss: "mse=much" }, /--loss should be names with weights/],
])("%j with %j is refused", async (recipe, flags, message) => {
  await expect(read(recipe, flags)).rejects.toThrow(message);
});

test("the recipes of the paper", async () => {
  const folder = fileURLToPath(new URL("../../recipes", import.meta.url));
  const paper = {
    learningRate: 1e-4,
    warmupSteps: 1000,
    weightDecay: 0.01,
    epsilon: 1e-6,
    correctBias: false,
    loss: { mse: 1 },
  };
  for (const name of ["hpd-minilm.yaml", "hpd-tinybert.yaml"]) {
    const options = distillOptions(await readSettings({ recipe: join(folder, name), out: "O" }, settings));
    expect(options).toMatchObject(paper);
  }
});

test("the recipes of the default model", async () => {
  const folder = fileURLToPath(new URL("../../recipes", import.meta.url));
  const read = async (name: string) =>
    distillOptions(await readSettings({ recipe: join(folder, name), out: "O" }, settings));
  const first = await read("default-first-stage.yaml");
  expect(first).toMatchObject({ student: { layers: [1, 3, 5] }, dimension: 128, seed: 42 });
  const second = await read("default-second-stage.yaml");
  expect(second).toMatchObject({ student: { model: "first-stage" }, dimension: 128, weightsDtype: "fp16", seed: 43 });
  expect(second.teachers).toMatchObject([{ dtype: "int8" }, { dtype: "int8" }]);
  const third = await read("default-third-stage.yaml");
  expect(third).toMatchObject({ student: { model: "second-stage" }, dimension: 256, fitSentences: 100_000, seed: 44 });
  const fifth = await read("default-fifth-stage.yaml");
  expect(fifth).toMatchObject({
    student: { model: "fine-tuned", keepDense: true },
    dimension: 256,
    maxSamples: 560_000,
  });
});
