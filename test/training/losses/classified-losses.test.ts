/** The loss with a classifier against sentence-transformers' SoftmaxLoss: see tools/gold/training-losses.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { InPlaceSession } from "../../../src/runtime/node/in-place-session.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import type { Learner, LearnerState } from "../../../src/training/learner/learner.ts";
import { lossModel } from "../../../src/training/learner/loss-model.ts";
import { layerInputs, perRowInput } from "../../../src/training/learner/program.ts";
import { adaptiveLayer } from "../../../src/training/losses/adaptive-layer.ts";
import { matryoshka } from "../../../src/training/losses/matryoshka.ts";
import { multipleNegativesRanking } from "../../../src/training/losses/multiple-negatives-ranking.ts";
import { type SoftmaxLossOptions, softmax } from "../../../src/training/losses/softmax.ts";
import { timesWeight } from "../../../src/training/losses/times-weight.ts";
import { idsOf } from "../learner/target-batch.ts";
import { largestDifference, learnerOf, randomBatch, tinyStudent, withLearner } from "../learner/tiny-student.ts";

interface Classifier {
  weight: number[][];
  bias: number[];
}

interface Classified extends Classifier {
  options: SoftmaxLossOptions;
  embeddings: number[][][];
  labels: number[];
  classes: number;
  value: number;
  /** By the columns, the weight and the bias. */
  gradients: (number[] | number[][])[];
}

interface Steps {
  columns: string[][];
  labels: number[];
  before: Classifier;
  after: Classifier;
  values: number[];
  norms: number[];
}

const bytes = readFileSync(new URL("../../gold/training/classified-losses.json.gz", import.meta.url));
const gold = JSON.parse(String(gunzipSync(bytes))) as { ofEmbeddings: Classified[]; steps: Steps };

const tensor = (shape: readonly number[], data: ArrayLike<number>): Tensor<"float32"> => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});

const matrix = (rows: readonly (readonly number[])[]) => tensor([rows.length, rows[0]!.length], rows.flat());

test.each(gold.ofEmbeddings.map((each) => [JSON.stringify(each.options), each] as const))("%s", async (_, each) => {
  const { embeddings, labels, classes, weight, bias } = each;
  const loss = softmax(each.options).withClasses!(classes);
  const [rows, dimension] = [labels.length, embeddings[0]![0]!.length];
  const label = tensor([rows], labels);
  const prepared = Object.entries(loss.prepare({ label }, rows, { layers: 0, random: undefined }));
  const session = await InPlaceSession.create(lossModel({ loss, columns: 2 }, { dimension, layers: 0 }), 1);
  const value = tensor([], [0]);
  const given = [...embeddings.map(matrix), matrix(weight), tensor([bias.length], bias)];
  const gradients = given.map(({ shape, data }) => tensor(shape, new Float32Array(data.length)));
  const [ofWeight, ofBias] = layerInputs;
  try {
    await session.run(
      {
        ...Object.fromEntries(prepared.map(([name, tensor]) => [`loss ${name}`, tensor])),
        ...{ "column 0": given[0]!, "column 1": given[1]!, [ofWeight]: given[2]!, [ofBias]: given[3]! },
        [perRowInput]: tensor([], [1 / rows]),
      },
      {
        loss: value,
        ...Object.fromEntries([0, 1, ...layerInputs].map((name, at) => [`gradient ${name}`, gradients[at]!])),
      },
    );
  } finally {
    await session.release();
  }
  expect(value.data[0]! / each.value).toBeCloseTo(1, 5);
  for (const [at, expected] of each.gradients.entries()) {
    const scale = Math.max(...expected.flat().map(Math.abs));
    expect(largestDifference(gradients[at]!.data, expected.flat()) / scale).toBeLessThan(1e-5);
  }
});

const student = await tinyStudent();

const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-12, weightDecay: 0.01, correctBias: true };

/** The state as it is now: that of a learner changes. */
async function copyOf(learner: Learner, others: readonly (readonly [string, Tensor<"float32">])[] = []) {
  const { step, tensors } = await learner.state();
  const copies = [...tensors].map(([name, { shape, data }]) => [name, tensor(shape, data)] as const);
  return { step, tensors: new Map([...copies, ...others]) } satisfies LearnerState;
}

test("updates beside another loss's: it rests there, and isn't clipped", async () => {
  const { columns: texts, labels, before, after, values, norms } = gold.steps;
  const columns = texts.map((column) => column.map((text) => student.tokenizer.encode(text)));
  const batches = [
    { columns, labels: { label: tensor([labels.length], labels) }, objective: 0 },
    { columns, labels: {}, objective: 1 },
  ];
  const objectives = [
    { loss: softmax().withClasses!(3), columns: 2 },
    { loss: multipleNegativesRanking(), columns: 2 },
  ];
  await withLearner(
    learnerOf(student, { objectives, optimizer, maxGradientNorm: 0.1, threads: 2 }),
    async (learner) => {
      const names = [...(await learner.parameters()).keys()];
      expect(names.toSorted()).toEqual([...student.parameters.keys()].toSorted());
      const weight = ["parameters/loss 0/weight", matrix(before.weight)] as const;
      const bias = ["parameters/loss 0/bias", tensor([3], before.bias)] as const;
      await learner.restore(await copyOf(learner, [weight, bias]));
      for (const [step, at] of [0, 1, 0].entries()) {
        expect((await learner.evaluate(batches[at]!)) / values[step]!).toBeCloseTo(1, 3);
        expect((await learner.accumulate(batches[at]!)) / values[step]!).toBeCloseTo(1, 3);
        expect((await learner.update(1e-2)).gradientNorm / norms[step]!).toBeCloseTo(1, 2);
      }
      // A step is about 1e-2.
      const { tensors } = await learner.state();
      expect(largestDifference(tensors.get("parameters/loss 0/weight")!.data, after.weight.flat())).toBeLessThan(1e-4);
      expect(largestDifference(tensors.get("parameters/loss 0/bias")!.data, after.bias)).toBeLessThan(1e-4);
      expect([...tensors.get("steps/loss 0")!.data]).toEqual([2]);
    },
  );
});

test("each dataset has a classifier of its own, which lasts over a restore, gradients that wait do not", async () => {
  const objectives = [
    { loss: softmax().withClasses!(3), columns: 2 },
    { loss: adaptiveLayer(timesWeight(softmax().withClasses!(2), 0.5), { layersPerStep: 0 }), columns: 2 },
  ];
  const options = { objectives, optimizer, dropout: 0.1 };
  const batch = (seed: number) => ({
    columns: [idsOf(randomBatch(seed, 6)), idsOf(randomBatch(seed + 50, 6))],
    labels: { label: tensor([6], [0, 1, 1, 0, 1, 0]) },
    objective: seed % 2,
  });
  const steps = async (learner: Learner, seeds: readonly number[]) => {
    const losses: number[] = [];
    for (const seed of seeds) {
      losses.push(await learner.accumulate(batch(seed)), await learner.accumulate(batch(seed + 1)));
      await learner.update(1e-2);
    }
    return losses;
  };
  await withLearner(learnerOf(student, options), (straight) =>
    withLearner(learnerOf(student, options), async (resumed) => {
      const first = (await copyOf(straight)).tensors;
      expect(first.get("parameters/loss 0/weight")!.shape).toEqual([3, 24]);
      expect(first.get("parameters/loss 1/weight")!.shape).toEqual([2, 24]);
      // Uniform, as torch draws them.
      for (const at of [0, 1]) {
        const { data } = first.get(`parameters/loss ${at}/weight`)!;
        const most = Math.max(...data.map(Math.abs));
        expect(most).toBeLessThanOrEqual(1 / Math.sqrt(24));
        expect(most).toBeGreaterThan(0.8 / Math.sqrt(24));
      }
      await steps(straight, [1, 2, 3]);
      const state = await copyOf(straight);
      const losses = await steps(straight, [4, 5]);
      await steps(resumed, [9]);
      await resumed.accumulate(batch(10));
      await resumed.restore(state);
      expect(await steps(resumed, [4, 5])).toEqual(losses);
      const { tensors } = await resumed.state();
      for (const [name, { data }] of (await straight.state()).tensors) {
        expect(tensors.get(name)!.data, name).toEqual(data);
        if (/loss/.test(name)) expect(first.get(name)!.data, name).not.toEqual(data);
      }
      const others = new Map([...state.tensors].filter(([name]) => name !== "first/loss 1/bias"));
      await expect(resumed.restore({ ...state, tensors: others })).rejects.toThrow(/should hold first\/loss 1\/bias/);
    }),
  );
});

test("what can't be is refused", () => {
  const none = { concatenationSentRep: false, concatenationSentDifference: false };
  expect(() => softmax(none)).toThrow("the classifier needs an input");
  expect(() => softmax({ numLabels: 3 } as never)).toThrow('no option "numLabels"');
  expect(() => matryoshka(softmax(), { dimensions: [4] })).toThrow(
    "the loss has one dimension, that of its classifier",
  );
});
