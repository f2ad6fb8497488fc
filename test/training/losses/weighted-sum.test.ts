/** Weighted sums of losses against Python's sums of its own, and what they refuse: see tools/gold/training-losses.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  adaptiveLayer,
  angle,
  batchHardTriplet,
  contrastive,
  cosent,
  cosineSimilarity,
  gistEmbed,
  type Loss,
  type MatryoshkaLossOptions,
  marginMse,
  matryoshka,
  mse,
  multipleNegativesRanking,
  softmax,
  triplet,
  weightedSum,
} from "../../../src/train.ts";
import type { Labels } from "../../../src/training/data/training-set.ts";
import type { LossParts } from "../../../src/training/learner/learner.ts";
import { timesWeight } from "../../../src/training/losses/times-weight.ts";
import { expectGradients, largestDifference, learnerOf, sharedLearner, tinyStudent } from "../learner/tiny-student.ts";
import { runLoss } from "./run-loss.ts";

const makers = {
  multipleNegativesRanking,
  cosent,
  angle,
  contrastive,
  cosineSimilarity: (_: object) => cosineSimilarity(),
  mse: (_: object) => mse(),
} satisfies Record<string, (options: object) => Loss>;

interface Case {
  losses: { name: keyof typeof makers; options: object | null }[];
  weights: number[];
  label: string;
  labels: number[] | number[][];
  value: number;
}

interface OfEmbeddings extends Case {
  embeddings: number[][][];
  parts: number[];
  gradients: number[][][];
}

interface OfTexts extends Case {
  columns: string[][];
  matryoshka: MatryoshkaLossOptions | null;
  gradients: Record<string, string>;
}

const bytes = readFileSync(new URL("../../gold/training/loss-sums.json.gz", import.meta.url));
const gold = JSON.parse(String(gunzipSync(bytes))) as { ofEmbeddings: OfEmbeddings[]; ofTexts: OfTexts[] };

const sumOf = ({ losses, weights }: Case): Loss =>
  weightedSum(
    losses.map(({ name, options }) => makers[name](options ?? {})),
    { weights },
  );

function labelsOf(loss: Loss, { labels }: Case): Labels {
  const shape = [labels.length, ...(Array.isArray(labels[0]) ? [labels[0].length] : [])];
  const [name] = Object.keys(loss.labels(1, 2));
  return { [name!]: { dtype: "float32", shape, data: Float32Array.from(labels.flat()) } };
}

describe("of embeddings", () => {
  const cases = gold.ofEmbeddings.map((each) => [each.losses.map(({ name }) => name).join(", "), each] as const);
  test.each(cases)("%s", async (_names, each) => {
    const loss = sumOf(each);
    const { value, gradients } = await runLoss(loss, each.embeddings, labelsOf(loss, each));
    expect(Math.abs(value - each.value)).toBeLessThan(1e-5 * Math.max(1, each.value));
    const scale = Math.max(...each.gradients.flat(2).map(Math.abs));
    for (const [column, expected] of each.gradients.entries()) {
      expect(largestDifference(gradients[column]!, expected.flat()) / scale).toBeLessThan(1e-5);
    }
  });
});

describe("of texts, through the whole student", async () => {
  const student = await tinyStudent();
  const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0, correctBias: false };
  const sums = gold.ofTexts.map((each) => {
    const loss = sumOf(each);
    return each.matryoshka === null ? loss : matryoshka(loss, each.matryoshka);
  });
  const parts = [contrastive(), cosent({ scale: 5 }), contrastive({ margin: 1 })];
  const weights = [1, 0.25, 4];
  const objectives = [...sums, ...parts, timesWeight(weightedSum(parts, { weights }), 3)];
  const start = sharedLearner(() =>
    learnerOf(student, {
      objectives: objectives.map((loss) => ({ loss, columns: 2 })),
      ...{ optimizer, maxGradientNorm: Infinity, threads: 2 },
    }),
  );
  const idsOf = (columns: readonly (readonly string[])[]) =>
    columns.map((texts) => texts.map((text) => student.tokenizer.encode(text)));

  test.each(gold.ofTexts.map((each, objective) => [each.matryoshka, objective, each] as const))(
    "matryoshka %j",
    async (nested, objective, each) => {
      const learner = await start();
      const batch = { columns: idsOf(each.columns), labels: labelsOf(sums[objective]!, each), objective };
      const told: LossParts[] = [];
      expect((await learner.evaluate(batch, (parts) => told.push(parts))) / each.value).toBeCloseTo(1, 5);
      expect((await learner.accumulate(batch, (parts) => told.push(parts))) / each.value).toBeCloseTo(1, 5);
      // Of a sum in Matryoshka nothing but the whole has a value.
      expect(told.length).toBe(nested === null ? 2 : 0);
      for (const parts of told) {
        expect(Object.keys(parts)).toEqual(["cosent", "cosineSimilarity"]);
        expect((parts.cosent! + parts.cosineSimilarity!) / each.value).toBeCloseTo(1, 5);
      }
      await learner.update(0);
      await expectGradients(learner, each.gradients, optimizer.beta1);
    },
  );

  test("each part is its loss times its weight, in one that counts for more too; two of a kind have two names", async () => {
    const learner = await start();
    const columns = idsOf([
      ["a man", "the sea", "two dogs"],
      ["a woman", "a lake", "a dog"],
    ]);
    const data = Float32Array.of(0, 1, 1);
    const valueAndParts = async (loss: Loss) => {
      const [label] = Object.keys(loss.labels(1, 2));
      let parts: LossParts = {};
      const labels: Labels = { [label!]: { dtype: "float32", shape: [3], data } };
      const batch = { columns, labels, objective: objectives.indexOf(loss) };
      return { value: await learner.evaluate(batch, (each) => (parts = each)), parts };
    };
    const whole = await valueAndParts(objectives.at(-1)!);
    expect(Object.keys(whole.parts)).toEqual(["contrastive", "cosent", "contrastive 2"]);
    for (const [at, weight] of weights.entries()) {
      const alone = (await valueAndParts(parts[at]!)).value;
      expect(Object.values(whole.parts)[at]! / (3 * weight * alone)).toBeCloseTo(1, 5);
    }
    expect(Object.values(whole.parts).reduce((sum, part) => sum + part) / whole.value).toBeCloseTo(1, 6);
  });
});

test("a sum asks of rows what its losses ask", () => {
  const loss = weightedSum([multipleNegativesRanking(), cosineSimilarity(), contrastive()]);
  expect(loss.columns).toEqual({ min: 2, max: 2 });
  expect(loss).toMatchObject({ hasInBatchNegatives: true, isPerRow: false });
  expect(loss.pairsWithItself).toBe(undefined);
  expect([loss.labelRange!.holds(1), loss.labelRange!.holds(0.5), loss.labelRange!.holds(-1)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(weightedSum([multipleNegativesRanking(), multipleNegativesRanking({ scale: 1 })]).pairsWithItself).toBe(true);
  const layers = weightedSum([adaptiveLayer(cosent()), cosineSimilarity()]);
  expect(layers).toMatchObject({ takesLayers: true, draws: true });
  expect(weightedSum([softmax(), multipleNegativesRanking()]).withClasses!(3).layer!(8)).toEqual({
    outputs: 3,
    inputs: 24,
  });
  expect(weightedSum([gistEmbed({ guide: "a" }), multipleNegativesRanking()]).guide).toEqual({ model: "a" });
});

test("losses that don't fit the same rows are refused, with what each takes", () => {
  const refused = [
    [() => weightedSum([cosent()]), /expected a list of two losses or more, got/],
    [() => weightedSum(cosent() as never), /expected a list of two losses/],
    [() => weightedSum([cosent(), "triplet" as never]), /expected a list of two losses/],
    [() => weightedSum([cosent(), angle()], { weights: [1] }), /a weight for each of 2 losses, got \[1\]/],
    [
      () => weightedSum([cosent(), angle()], { weights: [1, 0] }),
      /a weight of weightedSum should be a positive number/,
    ],
    [() => weightedSum([cosent(), angle()], { weight: [1, 1] } as never), /no option "weight"/],
    [() => weightedSum([triplet(), cosent()]), /same columns of texts, got triplet 3, cosent 2/],
    [
      () => weightedSum([cosent(), mse()]),
      /cosent with the label score \(a number\) and mse .* target \(an embedding\)/,
    ],
    [() => weightedSum([multipleNegativesRanking(), marginMse(), cosent()]), /same columns/],
    [() => weightedSum([softmax(), cosent()]), /softmax with the label label \(a name\) and cosent/],
    [() => weightedSum([softmax(), softmax()]), /at most one loss with a classifier/],
    [() => weightedSum([batchHardTriplet(), multipleNegativesRanking()]), /got batchHardTriplet 1, .* 2 or more/],
    [() => weightedSum([gistEmbed({ guide: "a" }), gistEmbed({ guide: "b" })]), /one guide for all/],
    [
      () => matryoshka(weightedSum([mse(), multipleNegativesRanking()]), { dimensions: [2] }),
      /one dimension, that of its labels/,
    ],
  ] as const;
  for (const [make, message] of refused) expect(make).toThrow(message);
});
