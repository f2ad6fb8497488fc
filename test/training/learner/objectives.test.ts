/** A learner of several losses: each batch has the value and the gradients of its own. */
import { expect, test } from "vitest";
import type { Batch, Learner } from "../../../src/training/learner/learner.ts";
import { cosent } from "../../../src/training/losses/cosent.ts";
import type { Loss } from "../../../src/training/losses/loss.ts";
import { multipleNegativesRanking } from "../../../src/training/losses/multiple-negatives-ranking.ts";
import { timesWeight } from "../../../src/training/losses/times-weight.ts";
import { weightedLoss } from "../../../src/training/losses/weighted-loss.ts";
import { idsOf } from "./target-batch.ts";
import { largestDifference, learnerOf, randomBatch, sharedLearner, tinyStudent, withLearner } from "./tiny-student.ts";

const student = await tinyStudent();

const ids = (seed: number) => idsOf(randomBatch(seed, 6));
const score = { dtype: "float32", shape: [6], data: Float32Array.of(0, 1, 2, 3, 4, 5) } as const;

/** Pairs, texts with targets, scored pairs, triplets. */
const cases: readonly [Loss, Batch][] = [
  [multipleNegativesRanking(), { columns: [ids(1), ids(2)], labels: {} }],
  [weightedLoss({ mse: 1 }), randomBatch(3, 6)],
  [cosent(), { columns: [ids(4), ids(5)], labels: { score } }],
  [multipleNegativesRanking({ scale: 5 }), { columns: [ids(6), ids(7), ids(8)], labels: {} }],
];

const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0, correctBias: false };
const options = { optimizer, maxGradientNorm: Infinity };

/** Of the batches since the last update: after one step the first moment is (1 - beta1) times their mean. */
async function gradients(learner: Learner): Promise<Float32Array> {
  await learner.update(0);
  const { tensors } = await learner.state();
  const moments = [...tensors].filter(([name]) => name.startsWith("first/")).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Float32Array.from(moments.flatMap(([, { data }]) => [...data])).map((moment) => moment / (1 - 0.9));
}

/** Each loss by a learner of its own. */
const alone = await Promise.all(
  cases.map(([loss, batch]) =>
    withLearner(learnerOf(student, { ...options, loss, columns: batch.columns.length }), async (learner) => ({
      evaluated: await learner.evaluate(batch),
      loss: await learner.accumulate(batch),
      gradients: await gradients(learner),
    })),
  ),
);

const objectives = cases.map(([loss, { columns }]) => ({ loss, columns: columns.length }));
const weights = [2, 0.5, 1, 1];
const weighted = objectives.map(({ loss, columns }, index) => ({ loss: timesWeight(loss, weights[index]!), columns }));

/** Of all losses, then of all times their weights. */
const start = sharedLearner(() =>
  learnerOf(student, { ...options, objectives: [...objectives, ...weighted], threads: 2 }),
);

test("each batch is for its loss, in training and validation", async () => {
  for (const [objective, [, batch]] of cases.entries()) {
    const learner = await start();
    const own = { ...batch, objective };
    const expected = alone[objective]!;
    expect((await learner.evaluate(own)) / expected.evaluated).toBeCloseTo(1, 5);
    expect((await learner.accumulate(own)) / expected.loss).toBeCloseTo(1, 5);
    const scale = Math.max(...expected.gradients.map(Math.abs));
    expect(largestDifference(await gradients(learner), expected.gradients) / scale).toBeLessThan(2e-5);
  }
});

test("an update follows the mean of the gradients of different losses, each times its weight", async () => {
  const learner = await start();
  for (const [index, [, batch]] of cases.entries()) {
    const loss = await learner.accumulate({ ...batch, objective: cases.length + index });
    expect(loss / (weights[index]! * alone[index]!.loss)).toBeCloseTo(1, 5);
  }
  const expected = alone[0]!.gradients.map(
    (_, at) => alone.reduce((sum, { gradients }, index) => sum + weights[index]! * gradients[at]!, 0) / cases.length,
  );
  const scale = Math.max(...expected.map(Math.abs));
  expect(largestDifference(await gradients(learner), expected) / scale).toBeLessThan(2e-5);
});

test("a batch that isn't what its loss takes is refused, and so is one for a loss that isn't there", async () => {
  const learner = await start();
  const [, pairs] = cases[0]!;
  await expect(learner.accumulate({ ...pairs, objective: 8 })).rejects.toThrow(
    /objective should be from 0 to 7, got 8/,
  );
  await expect(learner.accumulate({ ...pairs, objective: 3 })).rejects.toThrow(
    /3 non-empty columns .*, got lengths \[6, 6\]/,
  );
  await expect(learner.evaluate({ ...pairs, objective: 2 })).rejects.toThrow(
    /label score should have shape \[6\], got none/,
  );
});
