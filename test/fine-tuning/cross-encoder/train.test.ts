/** `trainCrossEncoder` with tiny models: what it leaves behind, that a run goes on after an interruption, what it refuses. */
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { CrossEncoder } from "../../../src/cross-encoder/index.ts";
import { openSafetensors } from "../../../src/formats/safetensors.ts";
import { openFile } from "../../../src/hub/file-byte-source.ts";
import {
  crossEncoderLosses,
  type FineTuningEvent,
  multipleNegativesRanking,
  type TrainCrossEncoderOptions,
  train,
  trainCrossEncoder,
} from "../../../src/train.ts";
import { madeUpSentences } from "../../distillation/sentences.ts";
import { fixture } from "../../encode/model-folder.ts";
import { expectSameResumed } from "../interrupted.ts";

interface Saved {
  name: string;
  labels: number;
  weights: Record<string, number[]>;
  "config.json": object;
  "config_sentence_transformers.json": object;
  "sentence_bert_config.json": object;
}

const bytes = readFileSync(new URL("../../gold/training/cross-encoders.json.gz", import.meta.url));
const { saved } = JSON.parse(String(gunzipSync(bytes))) as { saved: Saved[] };

const scratch = await mkdtemp(join(tmpdir(), "hpd-train-cross-"));
afterAll(() => rm(scratch, { recursive: true }));

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const crossEncoder = (name: string) => fileURLToPath(new URL(`../../fixtures/cross-encoders/${name}`, import.meta.url));

const texts = madeUpSentences(160, 5);
const kinds = ["no", "maybe", "yes"];

/** A passage answers a query that it begins with. */
const rows = Array.from({ length: 72 }, (_, row) => ({
  query: texts[row]!,
  passage: row % 2 === 0 ? `${texts[row]} ${texts[row + 1]}` : texts[row + 73]!,
  other: texts[row + 80]!,
  label: Number(row % 2 === 0),
  kind: kinds[row % 3],
}));

const data = join(scratch, "rows.jsonl");
await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
const few = join(scratch, "few.jsonl");
await writeFile(
  few,
  rows
    .slice(0, 24)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join(""),
);

let runs = 0;
let options: TrainCrossEncoderOptions;
beforeEach(() => {
  options = {
    model: fixture("bert"),
    data: [{ path: data }],
    loss: crossEncoderLosses.binaryCrossEntropy(),
    batchSize: 8,
    learningRate: 3e-3,
    validation: 16,
    dropout: 0,
    threads: 1,
    out: join(scratch, `model-${runs++}`),
  };
});

test("a reranker that loads and has learnt, with a card", async () => {
  const events: FineTuningEvent[] = [];
  const pairs = rows.map(({ query, passage }) => [query, passage] as const);
  let measured = new Float32Array();
  const done = await trainCrossEncoder({
    ...options,
    epochs: 12,
    validationSteps: 42,
    evaluator: {
      name: "a measure",
      async evaluate(score) {
        measured = new Float32Array(await score(pairs));
        return events.length;
      },
    },
    onEvent: (event) => events.push(event),
  });
  expect(events.find((event) => event.type === "prepared")).toMatchObject({
    datasets: [{ columns: ["query", "passage"], label: "label" }],
    dimension: 1,
    labels: ["LABEL_0"],
  });
  const losses = events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(losses.slice(-7))).toBeLessThan(0.8 * mean(losses.slice(0, 7)));
  // The score grows, so the last state is the best one: the scores are its own.
  expect(done.best.step).toBe(done.steps);
  await using model = await CrossEncoder.load(options.out, { workers: 0, onWarning: (w) => expect(w).toBe("") });
  expect(model.activationFn).toBe("sigmoid");
  const scores = await model.predict(pairs, { activationFn: "identity" });
  expect(Math.max(...scores.map((score, at) => Math.abs(score - measured[at]!)))).toBeLessThan(1e-5);
  const card = await readFile(join(options.out, "README.md"), "utf8");
  for (const text of ["pipeline_tag: text-ranking", "CrossEncoder.load", "binaryCrossEntropy", "| a measure |"]) {
    expect(card).toContain(text);
  }
  expect(card).not.toContain(scratch);
});

test("where no held-out row is a positive, the loss decides, with a warning", async () => {
  const path = join(scratch, "rare.jsonl");
  const rare = rows.slice(0, 24).map((row, at) => `${JSON.stringify({ ...row, label: Number(at === 7) })}\n`);
  await writeFile(path, rare.join(""));
  const onEvent = vi.fn();
  const { best } = await trainCrossEncoder({ ...options, data: [{ path }], validation: 4, onEvent });
  expect(best.score).toBeUndefined();
  const warnings = onEvent.mock.calls.filter(([{ type }]) => type === "warning");
  expect(warnings).toEqual([[{ type: "warning", message: expect.stringMatching(/^average precision is undefined/) }]]);
});

test.each(saved)("what is saved of $name with $labels labels is what Python saves", async (expected) => {
  const names = Array.from({ length: expected.labels }, (_, label) => `LABEL_${label}`);
  const isOne = expected.labels === 1;
  await trainCrossEncoder({
    ...options,
    model: fixture(expected.name),
    data: [{ path: few }],
    validation: 4,
    ...(isOne ? {} : { loss: crossEncoderLosses.crossEntropy(), numLabels: expected.labels }),
    maxSteps: 1,
  });
  const read = async (file: string) => JSON.parse(await readFile(join(options.out, file), "utf8"));
  expect(await read("config.json")).toMatchObject(expected["config.json"]);
  expect(await read("config_sentence_transformers.json")).toEqual(expected["config_sentence_transformers.json"]);
  expect(await read("sentence_bert_config.json")).toEqual(expected["sentence_bert_config.json"]);
  const source = await openFile(join(options.out, "model.safetensors"));
  try {
    const { tensors } = await openSafetensors(source);
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual(expected.weights);
  } finally {
    await source.close();
  }
  await using model = await CrossEncoder.load(options.out, { workers: 0 });
  expect(model.labels).toEqual(names);
});

test("a classifier whose labels are given by name, from a model with a head", async () => {
  const events: FineTuningEvent[] = [];
  const done = await trainCrossEncoder({
    ...options,
    model: crossEncoder("bert-3"),
    loss: crossEncoderLosses.crossEntropy(),
    label: "kind",
    labels: kinds,
    onEvent: (event) => events.push(event),
  });
  expect(done.best.score).toBeGreaterThanOrEqual(0);
  await using model = await CrossEncoder.load(options.out, { workers: 0 });
  expect([model.labels, model.activationFn]).toEqual([kinds, "identity"]);
  expect(await readFile(done.report, "utf8")).toContain("macro F1");
});

test("two datasets with a loss each: a run that was stopped goes on as if it had not been, and ends with the same bytes", async () => {
  const { data: _, loss, ...rest } = options;
  const { multipleNegativesRanking } = crossEncoderLosses;
  const judged = { name: "judged", data: [{ path: few }], loss: loss! };
  const ranked = { name: "ranked", data: [{ path: few }], columns: ["query", "passage", "other"] };
  const whole: TrainCrossEncoderOptions = {
    ...{ ...rest, model: crossEncoder("roberta-1"), validation: 8, epochs: 2, dropout: 0.1 },
    // Documents of other rows are drawn for each batch.
    datasets: [{ ...ranked, loss: multipleNegativesRanking({ numNegatives: 3 }) }, judged],
  };
  const events = await expectSameResumed(5, whole.out, (run) => trainCrossEncoder({ ...whole, ...run }));
  expect(events.findLast((event) => event.type === "validation")).toMatchObject({
    losses: { judged: expect.any(Number), ranked: expect.any(Number) },
  });
  const datasets = [{ ...ranked, loss: multipleNegativesRanking() }, judged];
  await expect(trainCrossEncoder({ ...whole, resume: true, datasets })).rejects.toThrow(/another recipe/);
});

describe("refused before any work", () => {
  const refused = async (changes: object, message: RegExp | string) =>
    await expect(trainCrossEncoder({ ...options, ...changes })).rejects.toThrow(message);

  test("losses of the other kind, by name and with the right ones", async () => {
    await refused(
      { loss: multipleNegativesRanking() },
      /one of crossEncoderLosses \(binaryCrossEntropy, .*got multipleNegativesRanking, which is for models that embed/,
    );
    await expect(train({ ...options, loss: crossEncoderLosses.mse() } as never)).rejects.toThrow(
      /got one of crossEncoderLosses: those are for trainCrossEncoder/,
    );
    await refused({ loss: crossEncoderLosses.crossEntropy() }, /crossEntropy is for a model with several labels/);
    await refused({ model: crossEncoder("bert-3") }, /binaryCrossEntropy is for a model with one label, .* has 3/);
  });

  test("labels, lengths and options that can't do", async () => {
    await refused({ model: crossEncoder("bert-3"), numLabels: 2 }, /a cross-encoder with 3 labels, got 2/);
    await refused({ labels: ["a", "a"] }, "labels should be different names");
    await refused({ labels: ["a", "b"], numLabels: 3 }, "numLabels should be 2, the number of labels, got 3");
    await refused({ maxSeqLength: 3 }, /maxSeqLength should be from 4, .* to 48/);
    await refused({ pooling: "mean" }, /no option "pooling".*classification head/);
    await refused({ model: fixture("static") }, "a cross-encoder needs a Transformer as the first module");
    const classes = { loss: crossEncoderLosses.crossEntropy(), label: "kind" };
    await refused(
      { ...classes, labels: ["no", "yes"] },
      /field kind should hold one of no, yes, or its index from 0, got "maybe"/,
    );
    await refused({ ...classes, label: "label", numLabels: 2, columns: ["query"] }, "the loss takes 2 columns");
  });

  test("options of losses that can't do", () => {
    const { binaryCrossEntropy, multipleNegativesRanking: ranking, mse } = crossEncoderLosses;
    expect(() => binaryCrossEntropy({ posWeight: 0 })).toThrow("posWeight should be a positive number, got 0");
    expect(() => ranking({ numNegatives: 0 })).toThrow("numNegatives");
    expect(() => ranking({ similarity: "dot" } as never)).toThrow('no option "similarity"');
    expect(() => mse({ activationFn: "softmax" as never })).toThrow("activationFn should be one of identity, sigmoid");
  });
});
