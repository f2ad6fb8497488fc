/** Each loss and its gradients against PyTorch's, through the whole student: see tools/gold/training.py. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type LossWeights, weightedLoss } from "../../../src/training/losses/weighted-loss.ts";
import { targetBatch } from "../learner/target-batch.ts";
import { largestDifference, learnerOf, tinyStudent } from "../learner/tiny-student.ts";

interface Gold {
  sentences: string[];
  targets: number[][];
  losses: { loss: LossWeights; value: number; gradients: Record<string, number[]> }[];
}

const gold = JSON.parse(readFileSync(new URL("../../gold/training/losses.json", import.meta.url), "utf8")) as Gold;
const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0, correctBias: false };

test.each(gold.losses)("$loss", async ({ loss, value, gradients }) => {
  const student = await tinyStudent();
  const learner = await learnerOf(student, { loss, optimizer, maxGradientNorm: Infinity, threads: 1 });
  try {
    const ids = gold.sentences.map((sentence) => student.tokenizer.encode(sentence));
    const batch = targetBatch(ids, Float32Array.from(gold.targets.flat()));
    expect((await learner.evaluate(batch)) / value).toBeCloseTo(1, 6);
    expect((await learner.accumulate(batch)) / value).toBeCloseTo(1, 6);
    await learner.update(0);
    // After one step the first moment is (1 - beta1) times the gradient.
    const { tensors } = await learner.state();
    for (const [name, expected] of Object.entries(gradients)) {
      const actual = tensors.get(`first/${name}`)!.data.map((number) => number / (1 - optimizer.beta1));
      const scale = Math.max(...expected.map(Math.abs));
      expect(largestDifference(actual, expected) / scale, name).toBeLessThan(1e-5);
    }
  } finally {
    await learner.dispose();
  }
});

test("weights that can't do are refused", () => {
  const refused = (weights: object) => () => weightedLoss(weights as LossWeights);
  expect(refused({})).toThrow("at least one loss of mse, cosine, similarity");
  expect(refused({ mae: 1 })).toThrow("one of mse, cosine, similarity");
  expect(refused({ toString: 1 })).toThrow("got toString");
  for (const weight of [0, -1, Number.NaN, Infinity, "1"]) expect(refused({ mse: weight })).toThrow("above 0");
});
