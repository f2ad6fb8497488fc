/** Dropout: where it is, that it keeps the mean, that it follows from the seed and the step. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { addDropout } from "../../../src/graph/add-dropout.ts";
import { dropout, input, layerNorm, parameter } from "../../../src/graph/build.ts";
import { decompose } from "../../../src/graph/decompose.ts";
import { topologicalOrder } from "../../../src/graph/node.ts";
import { Random } from "../../../src/random.ts";
import { elementCount } from "../../../src/tensor/tensor.ts";
import type { Learner } from "../../../src/training/learner/learner.ts";
import { noiseBytes } from "../../../src/training/learner/noise.ts";
import { evaluate, sizesOf } from "../../autodiff/evaluate.ts";
import type { Float64Tensor } from "../../autodiff/float64.ts";
import { featuresOf } from "../../autodiff/model-graph.ts";
import { fixture } from "../../encode/model-folder.ts";
import { learnerOf, randomBatch, sharedLearner, tinyStudent } from "./tiny-student.ts";

interface Gold {
  batch: number;
  sequence: number;
  /** How many numbers go through dropout at each place, from few to many */
  sizes: Record<string, number[]>;
}

const gold = JSON.parse(readFileSync(new URL("../../gold/training/dropout.json", import.meta.url), "utf8")) as Gold;

describe("at the places where transformers has it", () => {
  test.each(Object.entries(gold.sizes))("%s", async (model, expected) => {
    const { token_embeddings: embeddings } = await featuresOf(fixture(model));
    const { noise } = decompose(addDropout({ embeddings: embeddings! }, 0.25));
    const sizes = noise.map(({ shape }) => elementCount(sizesOf(shape, gold)));
    expect(sizes.toSorted((a, b) => a - b)).toEqual(expected);
    expect(decompose(addDropout({ embeddings: embeddings! }, 0)).noise).toEqual([]);
  });
});

test("on what comes out of each half of a layer, and on weights of attention, with the ratio", async () => {
  const { sentence_embedding: embedding } = await featuresOf(fixture("bert"));
  const nodes = topologicalOrder(addDropout({ embedding: embedding! }, 0.1));
  const drops = nodes.filter(({ op }) => op === "dropout");
  expect(drops.map(({ inputs: [x] }) => x!.op)).toEqual(["layerNorm", "linear", "linear", "linear", "linear"]);
  const attentions = nodes.filter((node) => node.op === "attention");
  expect(attentions.map(({ attributes }) => attributes.dropout)).toEqual([0.1, 0.1]);
});

test.each([0.5, 0.1])("with a ratio of %f that part of the numbers is zero, and the mean is kept", (ratio) => {
  const sizes = { batch: 64, sequence: 64 };
  const width = 8;
  const vector = (value: number) =>
    parameter("", { dtype: "float32", shape: [width], data: new Float32Array(width).fill(value) });
  const x = input("x", "float32", ["tokens", width]);
  const [gain, bias] = [vector(0.5), vector(1)];
  const { graph, noise } = decompose(addDropout({ y: dropout(layerNorm(x, gain, bias, 1e-12)) }, ratio));
  const random = new Random(1);
  const count = sizes.batch * sizes.sequence * width;
  const values = new Map<(typeof noise)[number] | typeof x, Float64Tensor>([
    [x, { shape: [count / width, width], data: Float64Array.from({ length: count }, () => random.normal()) }],
    ...[gain, bias].map(
      (node, index) => [node, { shape: [width], data: new Float64Array(width).fill(index === 0 ? 0.5 : 1) }] as const,
    ),
    ...noise.map(
      (node) => [node, { shape: [count / width, width], data: Float64Array.from(noiseBytes(random, count)) }] as const,
    ),
  ]);
  expect(noise.length).toBe(1);
  const { data } = evaluate(graph.y!, values, sizes);
  const zeros = data.filter((value) => value === 0).length / count;
  // The ratio is a number of 256ths.
  const exact = Math.round(256 * ratio) / 256;
  const deviation = Math.sqrt((exact * (1 - exact)) / count);
  expect(Math.abs(zeros - exact)).toBeLessThan(4 * deviation);
  // The rows of a LayerNorm have its bias as their mean.
  const mean = data.reduce((sum, value) => sum + value, 0) / count;
  expect(Math.abs(mean - 1)).toBeLessThan((4 * 1.2 * deviation) / (1 - exact));
});

describe("in a learner", async () => {
  const student = await tinyStudent();
  const batch = randomBatch(1, 6);
  async function losses(learner: Learner): Promise<number[]> {
    const found: number[] = [];
    for (let step = 0; step < 2; step++) {
      found.push(await learner.accumulate(batch), await learner.accumulate(batch));
      // Nothing is learnt: only the noise differs from step to step.
      await learner.update(0);
    }
    return [...found, await learner.evaluate(batch)];
  }
  const [plain, first, second] = [
    { dropout: 0, seed: 1 },
    { dropout: 0.5, seed: 1 },
    { dropout: 0.5, seed: 2 },
  ].map((options) => sharedLearner(() => learnerOf(student, options))) as (() => Promise<Learner>)[];

  test("noise differs between steps and batches, follows from the seed, and is none in validation", async () => {
    const without = await losses(await plain!());
    const dropped = await losses(await first!());
    expect(new Set(without.slice(0, 4)).size).toBe(1);
    expect(new Set(dropped.slice(0, 4)).size).toBe(4);
    expect(dropped[4]).toBe(without[4]);
    expect(await losses(await first!())).toEqual(dropped);
    const other = await losses(await second!());
    expect(new Set([...other.slice(0, 4), ...dropped.slice(0, 4)]).size).toBe(8);
  });
});
