/** What a learner refuses, and how it ends: disposed at work, a thread that dies, a batch that can't be run. */
import { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import type { Learner, LearnerState } from "../../../src/training/learner/learner.ts";
import type { LearnerOptions } from "../../../src/training/learner/learner-options.ts";
import { idsOf, targetBatch, targetsOf } from "./target-batch.ts";
import { learnerOf, randomBatch, tinyStudent } from "./tiny-student.ts";

const student = await tinyStudent();

afterEach(() => void vi.restoreAllMocks());

const error = (code: string, message: RegExp) =>
  expect.objectContaining({ name: "HpdError", code, message: expect.stringMatching(message) });

async function withLearner(work: (learner: Learner) => Promise<void>, options: Partial<LearnerOptions> = {}) {
  const learner = await learnerOf(student, options);
  try {
    await work(learner);
  } finally {
    await learner.dispose();
  }
}

test.each<[Partial<Record<keyof LearnerOptions | "columns", unknown>>, RegExp]>([
  [{ dropout: 1 }, /dropout should be from 0 to less than 1, got 1/],
  [{ dropout: Number.NaN }, /dropout/],
  [{ threads: 0 }, /threads should be a positive integer, got 0/],
  [{ maxGradientNorm: 0 }, /maxGradientNorm should be a positive number, got 0/],
  [{ maxGradientNorm: Number.NaN }, /maxGradientNorm/],
  [{ columns: 2 }, /the loss takes 1 columns of texts, got 2/],
  [{ optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 0, weightDecay: 0, correctBias: true } }, /epsilon .* got 0/],
  [{ optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1, weightDecay: -1, correctBias: true } }, /weightDecay .* -1/],
  [
    { optimizer: { beta1: 0.9, beta2: 0.98, epsilon: 1, weightDecay: 0, correctBias: true } },
    /beta2 from 0.999 .* 0.98/,
  ],
  [{ optimizer: { beta1: 1, beta2: 0.999, epsilon: 1, weightDecay: 0, correctBias: true } }, /beta1 .* 1 and/],
])("options that can't do: %o", async (options, message) => {
  const thrown = await learnerOf(student, options as Parameters<typeof learnerOf>[1]).catch(
    (reason: unknown) => reason,
  );
  expect(thrown).toEqual(expect.objectContaining({ name: "HpdError", message: expect.stringMatching(message) }));
});

test("batches without sentences or with targets of another size, updates without gradients, rates that are none", () =>
  withLearner(async (learner) => {
    const batch = randomBatch(1, 3);
    const few = targetBatch(idsOf(batch), targetsOf(batch).subarray(1));
    const none = targetBatch([], new Float32Array(0));
    const two = { ...batch, columns: [idsOf(batch), idsOf(batch)] };
    const unlabelled = { ...batch, labels: {} };
    await expect(learner.accumulate(few)).rejects.toEqual(
      error("invalid_argument", /label target should have shape \[3,8\]/),
    );
    await expect(learner.accumulate(two)).rejects.toEqual(
      error("invalid_argument", /1 non-empty column, got lengths \[3, 3\]/),
    );
    await expect(learner.accumulate(unlabelled)).rejects.toEqual(error("invalid_argument", /target .* got none/));
    await expect(learner.evaluate(none)).rejects.toEqual(
      error("invalid_argument", /1 non-empty column, got lengths \[0\]/),
    );
    for (const id of [142, -1]) {
      const strange = { ...batch, columns: [[...idsOf(batch).slice(1), Int32Array.of(2, id, 3)]] };
      const told = error("invalid_argument", /token id should be from 0 to 141/);
      await expect(learner.accumulate(strange)).rejects.toEqual(told);
    }
    await expect(learner.update(0.1)).rejects.toEqual(error("invalid_argument", /accumulate a batch first/));
    await learner.accumulate(batch);
    for (const rate of [-1, Number.NaN, Infinity, 100]) {
      await expect(learner.update(rate)).rejects.toEqual(error("invalid_argument", /learningRate should be from 0/));
    }
    expect((await learner.update(0.1)).gradientNorm).toBeGreaterThan(0);
  }));

test("a checkpoint of another student or step", () =>
  withLearner(async (learner) => {
    await learner.accumulate(randomBatch(1, 3));
    await learner.update(0.1);
    const { step, tensors } = await learner.state();
    const before = new Map([...tensors].map(([name, { data }]) => [name, data.slice()]));
    const name = "first/2_Dense/linear.weight";
    const bias = tensors.get("first/2_Dense/linear.bias")!;
    const changed = (change: (copy: Map<string, typeof bias>) => void): LearnerState => {
      const copy = new Map(tensors);
      change(copy);
      return { step, tensors: copy };
    };
    const refused: [LearnerState, RegExp][] = [
      [changed((copy) => copy.delete(name)), /should hold first\/2_Dense\/linear.weight of shape \[8,16\], got none/],
      [changed((copy) => copy.set(name, bias)), /of shape \[8,16\], got \[8\]/],
      [changed((copy) => copy.set("parameters/encoder.layer.2.output.dense.bias", bias)), /holds parameters.*layer.2/],
      [{ step: 2, tensors }, /learning rates of shape \[2\], got \[1\]/],
    ];
    for (const [state, message] of refused) {
      await expect(learner.restore(state)).rejects.toEqual(error("invalid_model", message));
    }
    const after = await learner.state();
    for (const [name, data] of before) expect(after.tensors.get(name)!.data, name).toEqual(data);
  }));

test("disposed at work, it ends cleanly, and nothing runs after it", async () => {
  const learner = await learnerOf(student, { threads: 2 });
  await learner.accumulate(randomBatch(1, 64));
  const step = learner.accumulate(randomBatch(2, 64)).then(() => learner.update(0.1));
  const told = expect(step).rejects.toEqual(error("disposed", /the learner was disposed/));
  await Promise.all([learner.dispose(), learner.dispose()]);
  await told;
  await expect(learner.evaluate(randomBatch(1, 2))).rejects.toEqual(error("disposed", /disposed/));
});

test("a thread that dies fails what needs it", async () => {
  const workers = new Set<Worker>();
  const { postMessage } = Worker.prototype;
  vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, ...args) {
    workers.add(this);
    return postMessage.apply(this, args);
  });
  await withLearner(
    async (learner) => {
      const [, second] = workers;
      await learner.accumulate(randomBatch(1, 8));
      // As a worker fails, in the order in which Node tells; while it is idle, since inside the runtime it would abort.
      second!.emit("error", new Error("out of memory"));
      await second!.terminate();
      const told = error("runtime", /a worker thread ended with code 1: out of memory/);
      await expect(learner.accumulate(randomBatch(1, 8))).rejects.toEqual(told);
      await expect(learner.update(0.1)).rejects.toEqual(error("invalid_argument", /accumulate a batch first/));
    },
    { threads: 2 },
  );
});

test("a batch that can't be run is told, drops what was accumulated, and the next one is learnt from as ever", () =>
  withLearner(
    async (learner) => {
      const long = randomBatch(1, 4);
      // The fixture has 64 positions.
      const columns = [[...idsOf(long).slice(0, 3), new Int32Array(70).fill(5)]];
      const expected = await learner.accumulate(randomBatch(2, 4));
      await expect(learner.accumulate({ ...long, columns })).rejects.toEqual(
        error("runtime", /a step of training failed/),
      );
      await expect(learner.update(0.1)).rejects.toEqual(error("invalid_argument", /accumulate a batch first/));
      expect(await learner.accumulate(randomBatch(2, 4))).toBe(expected);
      await learner.update(0.1);
    },
    { threads: 2 },
  ));
