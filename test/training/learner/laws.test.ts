/** Laws of a learner: how batches, threads and checkpoints may be cut without changing what is learnt. */
import { afterEach, expect, test } from "vitest";
import type { Batch, Learner } from "../../../src/training/learner/learner.ts";
import { loraOf } from "../../../src/training/tuning/lora.ts";
import { tuningOf } from "../../../src/training/tuning/tuning.ts";
import { idsOf, targetBatch, targetsOf } from "./target-batch.ts";
import {
  allParameters,
  copyOf,
  largestDifference,
  learnerOf,
  randomBatch,
  sharedLearner,
  stateNow,
  tinyStudent,
} from "./tiny-student.ts";

/** Where epsilon is no smaller than the noise of float32 in a gradient, AdamW makes no large steps of the noise. */
const calm = { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay: 0.01, correctBias: true };

const student = await tinyStudent();

const learners: Learner[] = [];
afterEach(() => Promise.all(learners.splice(0).map((learner) => learner.dispose())));

async function start(options: Parameters<typeof learnerOf>[1]): Promise<Learner> {
  const learner = await learnerOf(student, { optimizer: calm, ...options });
  learners.push(learner);
  return learner;
}

/** Learners of so many threads, without dropout. */
const [one, two, three] = [1, 2, 3].map((threads) =>
  sharedLearner(() => learnerOf(student, { optimizer: calm, threads })),
) as [() => Promise<Learner>, () => Promise<Learner>, () => Promise<Learner>];

async function steps(learner: Learner, batches: readonly Batch[]): Promise<number[]> {
  const losses: number[] = [];
  for (const batch of batches) {
    losses.push(await learner.accumulate(batch));
    await learner.update(0.01);
  }
  return losses;
}

function sentences(batch: Batch, places: readonly number[]): Batch {
  const targets = places.flatMap((place) => [...targetsOf(batch).subarray(8 * place, 8 * place + 8)]);
  return targetBatch(
    places.map((place) => idsOf(batch)[place]!),
    Float32Array.from(targets),
  );
}

const places = (start: number, end: number) => Array.from({ length: end - start }, (_, index) => start + index);

test("two halves of a batch, accumulated, are the whole: the mean of means of equally many", async () => {
  const batches = places(0, 4).map((seed) => randomBatch(seed, 6));
  const whole = await two();
  const told: { loss: number; gradientNorm: number }[] = [];
  for (const batch of batches) {
    const loss = await whole.accumulate(batch);
    told.push({ loss, ...(await whole.update(0.01)) });
  }
  const expected = await allParameters(whole);
  const halves = await two();
  for (const [step, batch] of batches.entries()) {
    const first = await halves.accumulate(sentences(batch, places(0, 3)));
    const second = await halves.accumulate(sentences(batch, places(3, 6)));
    expect((first + second) / 2).toBeCloseTo(told[step]!.loss, 6);
    expect((await halves.update(0.01)).gradientNorm / told[step]!.gradientNorm).toBeCloseTo(1, 5);
  }
  expect(largestDifference(expected, await allParameters(halves))).toBeLessThan(1e-5);
});

test.each([
  [2, two],
  [3, three],
])("%i threads learn what one learns, to the precision of float32", async (_, several) => {
  const [ofOne, ofMany] = [await one(), await several()];
  // Fewer sentences than threads, one, and many.
  const batches = [7, 1, 2, 5, 1, 12].map((size, seed) => randomBatch(seed, size));
  expect(largestDifference(await steps(ofOne, batches), await steps(ofMany, batches))).toBeLessThan(1e-5);
  expect(largestDifference(await allParameters(ofOne), await allParameters(ofMany))).toBeLessThan(1e-5);
});

test("a batch that is run in pieces is one batch, whichever way it is cut", async () => {
  // About 2,100 tokens: with one thread several pieces, with three one each.
  const [ofOne, ofThree] = [await one(), await three()];
  for (const seed of [1, 2]) {
    const batch = randomBatch(seed, 250);
    const loss = await ofThree.evaluate(batch);
    for (const learner of [ofOne, ofThree]) expect(await learner.accumulate(batch)).toBeCloseTo(loss, 6);
    const { gradientNorm } = await ofThree.update(0.01);
    expect((await ofOne.update(0.01)).gradientNorm / gradientNorm).toBeCloseTo(1, 4);
  }
  expect(largestDifference(await allParameters(ofOne), await allParameters(ofThree))).toBeLessThan(1e-5);
  const ids = idsOf(randomBatch(3, 250));
  const embeddings = await ofOne.embed(ids);
  for (const place of [0, 111, 249]) {
    const alone = await ofOne.embed([ids[place]!]);
    expect(largestDifference(alone, embeddings.subarray(8 * place, 8 * place + 8))).toBeLessThan(1e-6);
  }
});

test("a sentence's loss does not depend on its batch mates, on their order or on padding", async () => {
  const learner = await two();
  const batch = randomBatch(3, 9);
  const alone: number[] = [];
  for (const place of places(0, 9)) alone.push(await learner.evaluate(sentences(batch, [place])));
  const mean = alone.reduce((sum, loss) => sum + loss, 0) / alone.length;
  expect(await learner.evaluate(batch)).toBeCloseTo(mean, 6);
  expect(await learner.evaluate(sentences(batch, places(0, 9).toReversed()))).toBeCloseTo(mean, 6);
  const embeddings = await learner.embed(idsOf(batch));
  for (const place of places(0, 9)) {
    const ofOne = await learner.embed([idsOf(batch)[place]!]);
    expect(largestDifference(ofOne, embeddings.subarray(8 * place, 8 * place + 8))).toBeLessThan(1e-6);
    const squares = ofOne.map((number, index) => (number - targetsOf(batch)[8 * place + index]!) ** 2);
    expect(squares.reduce((sum, square) => sum + square, 0) / 8).toBeCloseTo(alone[place]!, 6);
  }
});

test.each([
  { threads: 2, dropout: 0.1 },
  { threads: 2, dropout: 0.1, loss: { similarity: 1 } },
  { threads: 1, dropout: 0, tune: { freeze: ["embeddings", "0"], layerwiseLearningRateDecay: 0.8 } },
  { threads: 1, dropout: 0.1, tune: { lora: loraOf({ rank: 2, dropout: 0.1 }) } },
])(
  "what goes on from a state ends with the very same weights: $threads threads, dropout $dropout, $tune",
  async ({ tune, ...rest }) => {
    const plain = { freeze: undefined, layerwiseLearningRateDecay: undefined, lora: undefined, seed: 1 };
    const options = { ...rest, ...(tune && { tuning: tuningOf(student, { ...plain, ...tune }) }) };
    const batches = Array.from({ length: 10 }, (_, seed) => randomBatch(seed, 5));
    const straight = await start(options);
    await steps(straight, batches.slice(0, 5));
    const state = await stateNow(straight);
    expect(state.step).toBe(5);
    const losses = await steps(straight, batches.slice(5));

    const resumed = await start(options);
    await resumed.restore(state);
    const before = copyOf(await resumed.parameters());
    // What it did before does not matter, what waits for an update neither.
    await steps(resumed, [randomBatch(99, 4), randomBatch(98, 4)]);
    await resumed.accumulate(randomBatch(97, 4));
    await resumed.restore(state);
    for (const [name, { data }] of await resumed.parameters()) expect(before.get(name)!.data, name).toEqual(data);
    const later = await steps(resumed, batches.slice(5, 7));
    // To look at it changes nothing.
    await resumed.parameters();
    await resumed.state();
    await resumed.evaluate(batches[0]!);
    later.push(...(await steps(resumed, batches.slice(7))));

    expect(later).toEqual(losses);
    expect(await allParameters(resumed)).toEqual(await allParameters(straight));
    const [a, b] = [await resumed.state(), await straight.state()];
    expect(a.step).toBe(10);
    for (const [name, { data }] of b.tensors) expect(a.tensors.get(name)!.data, name).toEqual(data);
  },
);

test("gradients that are no finite numbers leave everything as it was", async () => {
  const batches = Array.from({ length: 4 }, (_, seed) => randomBatch(seed, 5));
  const undisturbed = await two();
  const losses = await steps(undisturbed, batches);
  const expected = await allParameters(undisturbed);
  const learner = await two();
  await steps(learner, batches.slice(0, 2));
  const before = await stateNow(learner);
  for (const value of [Number.NaN, Infinity]) {
    const broken = randomBatch(7, 5);
    targetsOf(broken)[3] = value;
    await learner.accumulate(batches[3]!);
    expect(await learner.accumulate(broken)).not.toSatisfy(Number.isFinite);
    expect((await learner.update(0.01)).gradientNorm).not.toSatisfy(Number.isFinite);
    const after = await learner.state();
    expect(after.step).toBe(2);
    for (const [name, { data }] of before.tensors) expect(after.tensors.get(name)!.data, name).toEqual(data);
  }
  expect(await steps(learner, batches.slice(2))).toEqual(losses.slice(2));
  expect(await allParameters(learner)).toEqual(expected);
});
