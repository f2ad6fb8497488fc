/** The weighted mean of models: its weights, its folder, and what is refused. */
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { saveStudent } from "../../src/publishing/save-model.ts";
import { elementsOf } from "../../src/tensor/lazy-tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { mergeModels } from "../../src/train.ts";
import { openStudent } from "../../src/training/student/open-student.ts";
import { runHpd } from "../cli/run-hpd.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-merge-"));
afterAll(() => rm(scratch, { recursive: true }));

const base = fixture("bert");
const reranker = fixture("../cross-encoders/bert-1");
const tuned = join(scratch, "tuned");
await saveStudent(await changed(base, (value, at) => value + (at % 7) / 64), tuned);

async function weightsOf(model: string): Promise<Map<string, Tensor<"float32">>> {
  const { parameters } = await openStudent({ model });
  return new Map(await Promise.all([...parameters].map(async ([name, t]) => [name, await elementsOf(t)] as const)));
}

async function changed(model: string, change: (value: number, at: number) => number) {
  const student = await openStudent({ model });
  const weights = [...(await weightsOf(model))].map(([name, { shape, data }]) => {
    return [name, { dtype: "float32", shape, data: data.map(change) }] as const;
  });
  return student.withParameters(new Map(weights));
}

const [one, two] = [await weightsOf(base), await weightsOf(tuned)];

test.each([
  [[1, 1], 0.5],
  [[0.4, 0.6], 0.6],
  [[-0.5, 1], 2],
  [[1, 0], 0],
])("weights %j: the mean of each weight", async (weights, share) => {
  const out = join(scratch, `mean-${weights}`);
  await mergeModels({ models: [base, tuned].map((model, at) => ({ model, weight: weights[at]! })), out });
  const merged = await weightsOf(out);
  expect([...merged.keys()]).toEqual([...one.keys()]);
  for (const [name, { data }] of merged) {
    const expected = one.get(name)!.data.map((value, at) => (1 - share) * value + share * two.get(name)!.data[at]!);
    expect(Math.max(...data.map((value, at) => Math.abs(value - expected[at]!)))).toBeLessThan(1e-6);
  }
});

test("the folder is a model with a card that names its models", async () => {
  const out = join(scratch, "merged");
  const progress: object[] = [];
  await mergeModels({
    models: [{ model: base }, { model: tuned }],
    out,
    weightsDtype: "fp16",
    onProgress: (each) => progress.push(each),
  });
  expect(progress.at(-1)).toEqual({ stage: "merge", done: progress.length, total: progress.length });
  await using model = await SentenceTransformer.load(out, { workers: 0 });
  expect((await model.encode("a text")).length).toBe(model.dimension);
  const card = await readFile(join(out, "README.md"), "utf8");
  expect(card).toContain("The weighted mean of the weights of bert, tuned.");
  expect(card).toContain("  - merge");
  expect(card).not.toContain("## Training");
  await expect(mergeModels({ models: [{ model: base }, { model: tuned }], out })).rejects.toThrow("isn't empty");
  await mergeModels({ models: [{ model: base }, { model: base }], out, overwrite: true });
  expect((await weightsOf(out)).values().next().value).toEqual(one.values().next().value);
});

test.each([
  [[{ model: base }], "models should be two at least"],
  [[{ model: base }, { model: tuned, weight: -1 }], "a sum above 0"],
  [[{ model: base }, { model: tuned, weight: Number.NaN }], "should be finite numbers"],
  [[{ model: base }, { model: fixture("distilbert") }], "to be merged with it"],
  [[{ model: fixture("router") }, { model: base }], "this needs a model of one route"],
  [[{ model: base }, { model: join(scratch, "absent") }], "absent"],
  [[{ model: reranker }, { model: reranker }], "is a cross-encoder: only embedding models are merged"],
])("refuses %j", async (models, problem) => {
  const out = join(scratch, "refused");
  await expect(mergeModels({ models, out })).rejects.toThrow(problem);
  await expect(readFile(join(out, "config.json"))).rejects.toThrow("ENOENT");
});

test("refuses to replace one of its models, by whatever path", async () => {
  const folder = join(scratch, "input");
  await cp(base, folder, { recursive: true });
  const link = join(scratch, "link");
  await symlink(folder, link);
  for (const out of [folder, `${folder}/.`, link]) {
    const models = [{ model: base }, { model: folder }];
    await expect(mergeModels({ models, out, overwrite: true })).rejects.toThrow("is one of the models that are merged");
  }
  expect(await weightsOf(folder)).toEqual(one);
});

test("refuses another vocabulary, and stops when it is told to", async () => {
  const { model, ...others } = JSON.parse(await readFile(join(base, "tokenizer.json"), "utf8"));
  await using other = await withFiles("bert", {
    "tokenizer.json": { ...others, model: { ...model, vocab: Object.fromEntries(swapped(model.vocab)) } },
  });
  await expect(
    mergeModels({ models: [{ model: base }, { model: other.path }], out: join(scratch, "no") }),
  ).rejects.toThrow("should have the tokens of");
  const signal = AbortSignal.abort();
  await expect(
    mergeModels({ models: [{ model: base }, { model: tuned }], out: join(scratch, "no"), signal }),
  ).rejects.toThrow("abort");
});

/** The ids of words in the opposite order; those of special tokens stay. */
function swapped(vocab: Readonly<Record<string, number>>): [string, number][] {
  const words = Object.entries(vocab).filter(([token]) => !token.startsWith("["));
  const ids = words.map(([, id]) => id).toReversed();
  return [
    ...Object.entries(vocab).filter(([token]) => token.startsWith("[")),
    ...words.map(([token], at): [string, number] => [token, ids[at]!]),
  ];
}

test("hpd merge", async () => {
  const out = join(scratch, "by-command");
  const { code, stderr } = await runHpd(["merge", `${base}=0.4`, `${tuned}=0.6`, "--out", out]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: `${out}: the mean of ${base}=0.4, ${tuned}=0.6\n` });
  const [expected, found] = await Promise.all([join(scratch, "mean-0.4,0.6"), out].map(weightsOf));
  expect(found).toEqual(expected);
  const one = await runHpd(["merge", base, "--out", out]);
  expect(one).toMatchObject({ code: 2, stderr: expect.stringContaining("expected two models at least, got 1") });
  const wrong = await runHpd(["merge", `${base}=NaN`, tuned, "--out", out]);
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`the weight of ${base} should be a number as in ${base}=0.5, got "NaN"`),
  });
});
