/** Losses of several columns and their gradients against those of sentence-transformers: see tools/gold/training-losses.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Labels } from "../../../src/training/data/training-set.ts";
import {
  batchAllTriplet,
  batchHardSoftMarginTriplet,
  batchHardTriplet,
  batchSemiHardTriplet,
} from "../../../src/training/losses/batch-triplet.ts";
import { contrastive } from "../../../src/training/losses/contrastive.ts";
import { angle, cosent } from "../../../src/training/losses/cosent.ts";
import { cosineSimilarity } from "../../../src/training/losses/cosine-similarity.ts";
import { distillKl } from "../../../src/training/losses/distill-kl.ts";
import type { Loss } from "../../../src/training/losses/loss.ts";
import { marginMse } from "../../../src/training/losses/margin-mse.ts";
import { type MatryoshkaLossOptions, matryoshka } from "../../../src/training/losses/matryoshka.ts";
import { megaBatchMargin } from "../../../src/training/losses/mega-batch-margin.ts";
import { mse } from "../../../src/training/losses/mse.ts";
import { multipleNegativesRanking } from "../../../src/training/losses/multiple-negatives-ranking.ts";
import { onlineContrastive } from "../../../src/training/losses/online-contrastive.ts";
import { triplet } from "../../../src/training/losses/triplet.ts";
import { expectGradients, largestDifference, learnerOf, sharedLearner, tinyStudent } from "../learner/tiny-student.ts";
import { runLoss } from "./run-loss.ts";

interface Case {
  name: keyof typeof losses;
  options: object | null;
  label: string | null;
  labels: number[] | number[][] | null;
  value: number;
}

interface OfEmbeddings extends Case {
  embeddings: number[][][];
  gradients: number[][][];
}

interface OfTexts extends Case {
  columns: string[][];
  matryoshka: MatryoshkaLossOptions | null;
  /** By the parameter's name, float32 in base64 */
  gradients: Record<string, string>;
}

const losses = {
  multipleNegativesRanking,
  cosent,
  angle,
  cosineSimilarity: (_?: object) => cosineSimilarity(),
  contrastive,
  triplet,
  marginMse,
  distillKl,
  onlineContrastive,
  batchAllTriplet,
  batchHardTriplet,
  batchSemiHardTriplet,
  batchHardSoftMarginTriplet,
  megaBatchMargin,
  mse: (_?: object) => mse(),
} satisfies Record<string, (options: object) => Loss>;

const bytes = readFileSync(new URL("../../gold/training/pair-losses.json.gz", import.meta.url));
const gold = JSON.parse(String(gunzipSync(bytes))) as { ofEmbeddings: OfEmbeddings[]; ofTexts: OfTexts[] };

const lossOf = ({ name, options }: Case): Loss => losses[name](options ?? {});

function labelsOf({ label, labels }: Case): Labels {
  if (label === null || labels === null) return {};
  const shape = [labels.length, ...(Array.isArray(labels[0]) ? [labels[0].length] : [])];
  return { [label]: { dtype: "float32", shape, data: Float32Array.from(labels.flat()) } };
}

describe("of embeddings", () => {
  test.each(
    gold.ofEmbeddings.map((each) => [each.name, JSON.stringify(each.options), each.embeddings.length, each] as const),
  )("%s %s of %i columns", async (_name, _options, _columns, each) => {
    // Nothing looks at 1 / rows where the loss is no mean.
    const isMean = !/cosent|angle/.test(each.name);
    const { value, gradients } = await runLoss(lossOf(each), each.embeddings, labelsOf(each), isMean);
    expect(Math.abs(value - each.value)).toBeLessThan(1e-5 * Math.max(1, each.value));
    const scale = Math.max(...each.gradients.flat(2).map(Math.abs)) || 1;
    for (const [column, expected] of each.gradients.entries()) {
      expect(largestDifference(gradients[column]!, expected.flat()) / scale).toBeLessThan(1e-5);
    }
  });
});

const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0, correctBias: false };

const student = await tinyStudent();

const idsOf = (texts: readonly string[]) => texts.map((text) => student.tokenizer.encode(text));

describe.each([1, 2])("of texts, through the whole student, on %i threads", (threads) => {
  const objectives = gold.ofTexts.map((each) => {
    const loss = lossOf(each);
    return { loss: each.matryoshka === null ? loss : matryoshka(loss, each.matryoshka), columns: each.columns.length };
  });
  const start = sharedLearner(() => learnerOf(student, { objectives, optimizer, maxGradientNorm: Infinity, threads }));

  test.each(gold.ofTexts.map((each, objective) => [each.name, each.matryoshka, objective, each] as const))(
    "%s, matryoshka %j",
    async (_name, _matryoshka, objective, each) => {
      const learner = await start();
      const batch = { columns: each.columns.map(idsOf), labels: labelsOf(each), objective };
      expect((await learner.evaluate(batch)) / each.value).toBeCloseTo(1, 5);
      expect((await learner.accumulate(batch)) / each.value).toBeCloseTo(1, 5);
      await learner.update(0);
      await expectGradients(learner, each.gradients, optimizer.beta1);
    },
  );
});

test("dropout drops the same where a text is embedded for the loss and for its gradients", async () => {
  const options = { loss: multipleNegativesRanking(), columns: 2, dropout: 0.3, threads: 2, optimizer };
  const learner = await learnerOf(student, { ...options, maxGradientNorm: Infinity });
  try {
    const texts = idsOf(["a man", "a dog and a cat", "the sea"]);
    // The same text twice differs by its dropout alone: unsupervised SimCSE.
    const batch = { columns: [texts, texts], labels: {} };
    const start = await learner.state();
    const before = await learner.accumulate(batch);
    const { gradientNorm } = await learner.update(0);
    const { tensors } = await learner.state();
    // A small step against the gradient, and the very noise of the first one.
    const size = 1e-3 / gradientNorm ** 2;
    const moved = [...start.tensors].map(([name, tensor]) => {
      const first = name.startsWith("parameters/") ? tensors.get(name.replace("parameters/", "first/")) : undefined;
      if (first === undefined) return [name, tensor] as const;
      const data = tensor.data.map((value, at) => value - (size * first.data[at]!) / (1 - optimizer.beta1));
      return [name, { ...tensor, data }] as const;
    });
    await learner.restore({ step: 0, tensors: new Map(moved) });
    expect((before - (await learner.accumulate(batch))) / 1e-3).toBeCloseTo(1, 1);
  } finally {
    await learner.dispose();
  }
});

test("options that can't do are refused", () => {
  const refused = [
    [() => multipleNegativesRanking({ scale: 0 }), "scale should be a positive number, got 0"],
    [() => multipleNegativesRanking({ similarity: "angle" as never }), "similarity should be one of cosine, dot"],
    [() => multipleNegativesRanking({ temperature: 1 } as never), 'no option "temperature"'],
    [() => multipleNegativesRanking({ directions: ["doc_to_query"] }), "should include query_to_doc"],
    [() => multipleNegativesRanking({ directions: ["query_to_doc", "x" as never] }), "a direction should be one of"],
    [() => multipleNegativesRanking({ directions: "query_to_doc" as never }), "should be a list"],
    [
      () => multipleNegativesRanking({ directions: ["query_to_doc", "doc_to_doc"], partitionMode: "per_direction" }),
      "joint with doc_to_doc, which have no positive",
    ],
    [() => multipleNegativesRanking({ symmetric: true, partitionMode: "joint" }), "leave one of them out"],
    [() => multipleNegativesRanking({ hardnessStrength: -1 }), "a non-negative number, got -1"],
    [() => multipleNegativesRanking({ hardnessMode: "hard" as never }), "hardnessMode should be one of"],
    [() => onlineContrastive({ margin: 0 }), "margin should be a positive number, got 0"],
    [() => batchHardTriplet({ distance: "manhattan" as never }), "distance should be one of cosine, euclidean"],
    [() => batchAllTriplet({ margin: 0 }), "margin should be a positive number, got 0"],
    [() => batchHardSoftMarginTriplet({ margin: 1 } as never), 'no option "margin"'],
    [() => megaBatchMargin({ positiveMargin: 2 }), "positiveMargin should be from -1 to 1"],
    [() => cosent({ scale: Number.NaN }), "scale"],
    [() => contrastive({ margin: -1 }), "margin should be a positive number, got -1"],
    [() => contrastive({ distance: "dot" as never }), "distance should be one of cosine, euclidean, manhattan"],
    [() => triplet({ margin: 0 }), "margin"],
    [() => distillKl({ temperature: 0 }), "temperature should be a positive number, got 0"],
    [() => mse({ x: 1 } as never), 'no option "x"'],
    [() => matryoshka(triplet(), { dimensions: [] }), "dimensions should be positive integers"],
    [() => matryoshka(triplet(), { dimensions: [2], weights: [1, 2] }), "a weight for each"],
    [() => matryoshka(mse(), { dimensions: [2] }), "one dimension, that of its labels"],
  ] as const;
  for (const [make, message] of refused) expect(make).toThrow(message);
});

test("a learner refuses columns, labels and dimensions that its loss can't take", async () => {
  const refused = async (loss: Loss, columns: number, message: RegExp) =>
    await expect(learnerOf(student, { loss, columns })).rejects.toThrow(message);
  await refused(multipleNegativesRanking(), 1, /takes 2 or more columns of texts, got 1/);
  await refused(triplet(), 2, /takes 3 columns of texts, got 2/);
  await refused(matryoshka(triplet(), { dimensions: [9] }), 3, /dimension 9 should be at most 8/);
  const learner = await learnerOf(student, { loss: cosent(), columns: 2 });
  try {
    const ids = idsOf(["a", "b"]);
    const score = { dtype: "float32", shape: [1], data: new Float32Array(1) } as const;
    await expect(learner.accumulate({ columns: [ids, ids], labels: {} })).rejects.toThrow(
      /label score should have shape \[2\], got none/,
    );
    await expect(learner.accumulate({ columns: [ids, ids], labels: { score } })).rejects.toThrow(/got \[1\]/);
    await expect(learner.accumulate({ columns: [ids, ids.slice(1)], labels: { score } })).rejects.toThrow(
      /got lengths \[2, 1\]/,
    );
  } finally {
    await learner.dispose();
  }
});
