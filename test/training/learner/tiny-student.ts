/** The fixture `bert` with its Dense (16 -> 8, Tanh) as a student, and learners for it. */
import { readFile } from "node:fs/promises";
import { afterAll, expect } from "vitest";
import { Random } from "../../../src/random.ts";
import { createLearner } from "../../../src/training/learner/create-learner.ts";
import type { Batch, Learner, LearnerState } from "../../../src/training/learner/learner.ts";
import type { LearnerOptions } from "../../../src/training/learner/learner-options.ts";
import type { Loss } from "../../../src/training/losses/loss.ts";
import { type LossWeights, weightedLoss } from "../../../src/training/losses/weighted-loss.ts";
import { createStudent } from "../../../src/training/student/create-student.ts";
import type { Student } from "../../../src/training/student/student.ts";
import { floats } from "../../autodiff/gold-gradients.ts";
import { fixture, withFiles } from "../../encode/model-folder.ts";
import { targetBatch } from "./target-batch.ts";

export async function tinyStudent(): Promise<Student> {
  const modules = JSON.parse(String(await readFile(`${fixture("bert")}/modules.json`)));
  const dense = { idx: 2, name: "2", path: "2_Dense", type: "sentence_transformers.models.Dense" };
  await using files = await withFiles("bert", { "modules.json": [...modules, dense] });
  return await createStudent({ model: files.path, keepDense: true, dimension: 8, seed: 0 });
}

/** @param options what is not as in the reference implementation */
export function learnerOf(
  student: Student,
  {
    loss = { mse: 1 },
    columns = 1,
    ...options
  }: Partial<LearnerOptions> & {
    /** Of the one objective, unless `objectives` are given. */
    loss?: LossWeights | Loss;
    columns?: number;
  } = {},
): Promise<Learner> {
  return createLearner({
    modules: student.modules,
    padId: student.tokenizer.padId,
    objectives: [{ loss: "build" in loss ? loss : weightedLoss(loss), columns }],
    optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0.01, correctBias: false },
    maxGradientNorm: 1,
    dropout: 0,
    seed: 1,
    threads: 1,
    ...options,
  });
}

/**
 * A learner for the tests of a file or of a `describe`, at its start each time: to go back there takes a hundredth of
 * what a learner takes to make.
 */
export function sharedLearner(make: () => Promise<Learner>): () => Promise<Learner> {
  let made: Promise<{ readonly learner: Learner; readonly start: LearnerState }> | undefined;
  afterAll(async () => (await made)?.learner.dispose());
  return async () => {
    made ??= make().then(async (learner) => ({ learner, start: await stateNow(learner) }));
    const { learner, start } = await made;
    await learner.restore(start);
    return learner;
  };
}

/** The learner's state, whatever it does then. */
export async function stateNow(learner: Learner): Promise<LearnerState> {
  const { step, tensors } = await learner.state();
  return { step, tensors: copyOf(tensors) };
}

/** What tensors hold now. */
export function copyOf(tensors: LearnerState["tensors"]): LearnerState["tensors"] {
  return new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
}

/** Disposes of the learner after the work. */
export async function withLearner<T>(learner: Promise<Learner>, work: (learner: Learner) => Promise<T>): Promise<T> {
  const made = await learner;
  try {
    return await work(made);
  } finally {
    await made.dispose();
  }
}

/** Random words between two special tokens, 1 to 12 of them a sentence, and random targets. */
export function randomBatch(seed: number, size: number, vocabulary = 142): Batch {
  const random = new Random(seed);
  const [cls, sep] = [2, 3];
  const ids = Array.from({ length: size }, () => {
    const words = Array.from({ length: 1 + random.nextInteger(12) }, () => 5 + random.nextInteger(vocabulary - 5));
    return Int32Array.of(cls, ...words, sep);
  });
  return targetBatch(
    ids,
    Float32Array.from({ length: 8 * size }, () => 2 * random.nextFloat() - 1),
  );
}

/** All parameters, one after another, in the order of their names. */
export async function allParameters(learner: Learner): Promise<Float32Array> {
  const parameters = [...(await learner.parameters())].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Float32Array.from(parameters.flatMap(([, { data }]) => [...data]));
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  return Array.from(a).reduce((most, value, index) => {
    const difference = Math.abs(value - b[index]!);
    return difference <= most ? most : difference;
  }, 0);
}

/**
 * Compares the gradients of a learner after its first update with gold ones, by parameter: after one step the first moment is
 * (1 - beta1) times the gradient.
 */
export async function expectGradients(
  learner: Learner,
  gradients: Readonly<Record<string, string>>,
  beta1: number,
): Promise<void> {
  const { tensors } = await learner.state();
  for (const [name, values] of Object.entries(gradients)) {
    const expected = floats(values);
    const actual = tensors.get(`first/${name}`)!.data.map((number) => number / (1 - beta1));
    const scale = Math.max(...expected.map(Math.abs));
    expect(largestDifference(actual, expected) / scale, name).toBeLessThan(2e-5);
  }
}
