/** Losses over the layers of a model against sentence-transformers' AdaptiveLayerLoss and Matryoshka2dLoss. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import type { Module } from "../../../src/modules/module.ts";
import { selectLayers } from "../../../src/modules/transformer/select-layers.ts";
import type { Transformer } from "../../../src/modules/transformer/transformer.ts";
import type { Labels } from "../../../src/training/data/training-set.ts";
import type { Learner } from "../../../src/training/learner/learner.ts";
import { type AdaptiveLayerLossOptions, adaptiveLayer } from "../../../src/training/losses/adaptive-layer.ts";
import { contrastive } from "../../../src/training/losses/contrastive.ts";
import { cosent } from "../../../src/training/losses/cosent.ts";
import type { Loss } from "../../../src/training/losses/loss.ts";
import { matryoshka } from "../../../src/training/losses/matryoshka.ts";
import { multipleNegativesRanking } from "../../../src/training/losses/multiple-negatives-ranking.ts";
import { triplet } from "../../../src/training/losses/triplet.ts";
import { Student } from "../../../src/training/student/student.ts";
import { floats } from "../../autodiff/gold-gradients.ts";
import { largestDifference, learnerOf, sharedLearner, tinyStudent, withLearner } from "../learner/tiny-student.ts";

// Threads that start, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

interface Layered {
  name: keyof typeof losses;
  inner: object;
  options: AdaptiveLayerLossOptions;
  dimensions: number[] | null;
  /** Layers of the step; null for all. */
  chosen: number[] | null;
  columns: string[][];
  label: string | null;
  labels: number[] | null;
  value: number;
  gradients: Record<string, string>;
}

const losses = { multipleNegativesRanking, cosent, contrastive, triplet };

const bytes = readFileSync(new URL("../../gold/training/layer-losses.json.gz", import.meta.url));
const gold = JSON.parse(String(gunzipSync(bytes))) as Layered[];

const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0, correctBias: false };

const student = await tinyStudent();

const idsOf = ({ columns }: Layered) => columns.map((texts) => texts.map((text) => student.tokenizer.encode(text)));

function lossOf({ name, inner, options, dimensions }: Layered): Loss {
  const plain = losses[name](inner);
  return adaptiveLayer(dimensions === null ? plain : matryoshka(plain, { dimensions }), options);
}

/** A step of a learner at its start. */
async function stepOf(learner: Learner, each: Layered, objective: number) {
  const labels: Labels =
    each.label === null
      ? {}
      : { [each.label]: { dtype: "float32", shape: [each.labels!.length], data: Float32Array.from(each.labels!) } };
  const batch = { columns: idsOf(each), labels, objective };
  const evaluated = await learner.evaluate(batch);
  const value = await learner.accumulate(batch);
  await learner.update(0);
  const { tensors } = await learner.state();
  const texts = batch.columns.flat();
  const embeddings = await learner.embed(texts);
  expect(embeddings.length).toBe(texts.length * learner.dimension);
  return { evaluated, value, tensors };
}

function expectGold({ value, tensors }: Awaited<ReturnType<typeof stepOf>>, each: Layered): void {
  expect(value / each.value).toBeCloseTo(1, 5);
  for (const [name, values] of Object.entries(each.gradients)) {
    const expected = floats(values);
    // After one step the first moment is (1 - beta1) times the gradient.
    const actual = tensors.get(`first/${name}`)!.data.map((number) => number / (1 - optimizer.beta1));
    const scale = Math.max(...expected.map(Math.abs));
    expect(largestDifference(actual, expected) / scale, name).toBeLessThan(2e-5);
  }
}

// By default Python draws one layer of the two; the first case of gold has all.
const all = gold
  .filter(({ chosen }) => chosen === null)
  .map((each) => ({ ...each, options: { layersPerStep: -1, ...each.options } }));

const plain = multipleNegativesRanking();

/** Losses that draw, of two columns without labels. */
const drawing = {
  layer: adaptiveLayer(plain),
  firstLayer: adaptiveLayer(plain, { lastLayerWeight: 0, klTemperature: 0 }),
  dimensions: adaptiveLayer(matryoshka(plain, { dimensions: [8, 2], dimensionsPerStep: 1 })),
};

const learnerAt = Object.fromEntries(
  [1, 2].map((threads) => [
    threads,
    sharedLearner(() =>
      learnerOf(student, {
        objectives: [
          ...all.map((each) => ({ loss: lossOf(each), columns: each.columns.length })),
          ...Object.values(drawing).map((loss) => ({ loss, columns: 2 })),
        ],
        ...{ optimizer, threads, maxGradientNorm: Infinity },
      }),
    ),
  ]),
);

describe.each([1, 2])("all layers, on %i threads", (threads) => {
  test.each(
    all.map((each, objective) => [each.name, JSON.stringify(each.options), each.dimensions, objective, each] as const),
  )("%s %s %j", async (_name, _options, _dimensions, objective, each) => {
    const learner = await learnerAt[threads]!();
    const step = await stepOf(learner, each, objective);
    expectGold(step, each);
    expect(step.evaluated / each.value).toBeCloseTo(1, 5);
    expect(learner.dimension).toBe(8);
  });
});

const objectiveOf = (name: keyof typeof drawing) => all.length + Object.keys(drawing).indexOf(name);

/** The losses of a batch when it is accumulated again and again, which draws anew each time. */
async function drawnLosses(learner: Learner, each: Layered, objective: number, count: number) {
  const batch = { columns: idsOf(each), labels: {}, objective };
  const losses: number[] = [];
  for (let time = 0; time < count; time++) losses.push(await learner.accumulate(batch));
  return { losses, evaluated: await learner.evaluate(batch) };
}

test("one layer is drawn by the seed, and validation counts all as often as they are drawn", async () => {
  const [first, second] = gold.filter(({ chosen }) => chosen !== null) as [Layered, Layered];
  const objective = objectiveOf("layer");
  const step = await stepOf(await learnerAt[1]!(), first, objective);
  const same = [first, second].find(({ value }) => Math.abs(value / step.value - 1) < 1e-4)!;
  expectGold(step, same);
  const { losses, evaluated } = await drawnLosses(await learnerAt[1]!(), first, objective, 12);
  expect(losses[0]).toBeCloseTo(step.value, 4);
  const layers = losses.map(
    (value) => [first, second].find((each) => Math.abs(value / each.value - 1) < 1e-4)?.chosen?.[0],
  );
  expect([...new Set(layers)].sort()).toEqual([0, 1]);
  expect(evaluated).toBeCloseTo((first.value + second.value) / 2, 3);
  await withLearner(learnerOf(student, { loss: drawing.layer, columns: 2, optimizer, seed: 2 }), async (other) => {
    const others = (await drawnLosses(other, first, 0, 12)).losses;
    expect(others.map((value) => value.toFixed(3))).not.toEqual(losses.map((value) => value.toFixed(3)));
  });
});

test("what a layer adds is the loss of the model that is cut to it", async () => {
  const { losses } = await drawnLosses(await learnerAt[1]!(), gold[0]!, objectiveOf("firstLayer"), 12);
  const [first, ...rest] = student.modules as [Transformer, ...Module[]];
  const cut = new Student([selectLayers(first, [0], "bert"), ...rest], student.tokenizer, student.files);
  await withLearner(learnerOf(cut, { loss: plain, columns: 2, optimizer }), async (learner) => {
    const alone = await learner.evaluate({ columns: idsOf(gold[0]!), labels: {} });
    expect(Math.min(...losses.map((value) => Math.abs(value / alone - 1)))).toBeLessThan(1e-5);
  });
});

test("dimensions are drawn too, for each layer anew", async () => {
  const { losses } = await drawnLosses(await learnerAt[1]!(), gold[0]!, objectiveOf("dimensions"), 16);
  // Two layers, two dimensions in the last and in the drawn one: up to eight values.
  expect(new Set(losses.map((value) => value.toFixed(3))).size).toBeGreaterThan(3);
});

test("what can't be is refused", async () => {
  const refused = [
    [() => adaptiveLayer(plain, { layersPerStep: 0.5 }), "layersPerStep should be an integer"],
    [() => adaptiveLayer(plain, { klTemperature: -1 }), "klTemperature should be a non-negative number"],
    [() => adaptiveLayer(plain, { layerWeighting: "cubic" as never }), "layerWeighting should be one of"],
    [() => adaptiveLayer(adaptiveLayer(plain)), "takes layers already"],
    [() => matryoshka(adaptiveLayer(plain), { dimensions: [8] }), "matryoshka belongs inside"],
    [() => matryoshka(plain, { dimensions: [8], dimensionsPerStep: 1.5 }), "dimensionsPerStep should be an integer"],
  ] as const;
  for (const [make, message] of refused) expect(make).toThrow(message);
});
