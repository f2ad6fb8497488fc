/** Rotations that are learnt: what a step computes, and what comes of many. */
import { expect, test } from "vitest";
import { createSession } from "#runtime";
import { Random } from "../../src/random.ts";
import { learnRotation } from "../../src/rotation/learn-rotation.ts";
import { neighborsKept } from "../../src/rotation/neighbors-kept.ts";
import { rotationStep } from "../../src/rotation/rotation-step.ts";
import { normalizeRows } from "../../src/similarity/normalize.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

const dimension = 8;
const random = new Random(1);

function identity(): Float32Array {
  return Float32Array.from({ length: dimension ** 2 }, (_, at) => (at % (dimension + 1) === 0 ? 1 : 0));
}

/** Texts whose differences lie in the last two dimensions, beside a little noise in all. */
const hidden = normalizeRows(
  new Embeddings(
    Float32Array.from({ length: 400 * dimension }, (_, at) => random.normal() * (at % dimension < 6 ? 0.02 : 1)),
    400,
    dimension,
  ),
);

/** Texts that differ in all dimensions. */
const everywhere = normalizeRows(
  new Embeddings(
    Float32Array.from({ length: 20 * dimension }, () => random.normal()),
    20,
    dimension,
  ),
);

/** The largest difference of the products of rows from those of a rotation. */
function distanceFromRotations(matrix: Float32Array): number {
  const products = Array.from({ length: dimension ** 2 }, (_, at) => {
    const [row, other] = [Math.floor(at / dimension), at % dimension];
    const product = Array.from(
      { length: dimension },
      (_, i) => matrix[row * dimension + i]! * matrix[other * dimension + i]!,
    );
    return Math.abs(product.reduce((sum, each) => sum + each, 0) - (row === other ? 1 : 0));
  });
  return Math.max(...products);
}

test("a step turns the rotation, and its slopes are those of the loss", async () => {
  const session = await createSession(
    { model: rotationStep(dimension, [2, 5]), weights: new Uint8Array(0), weightsLocation: "none", lookups: [] },
    { workers: 0 },
  );
  try {
    const step = async (turn: Float32Array) => {
      const square = { dtype: "float32", shape: [dimension, dimension] } as const;
      const own = Float32Array.from({ length: 400 }, (_, at) => (at % 21 === 0 ? -1e9 : 0));
      const embeddings = everywhere.data.slice();
      return session.run({
        embeddings: { dtype: "float32", shape: [20, dimension], data: embeddings },
        own: { dtype: "float32", shape: [20, 20], data: own },
        rotation: { ...square, data: identity() },
        turn: { ...square, data: turn },
      });
    };
    const turnOf = (row: number, other: number, angle: number) => {
      const turn = new Float32Array(dimension ** 2);
      turn[row * dimension + other] = angle;
      turn[other * dimension + row] = -angle;
      return turn;
    };
    const slopes = (await step(new Float32Array(dimension ** 2))).slopes!.data as Float32Array;
    // Within a cut, across its end, and beyond all: the last changes nothing.
    const pairs = [
      [0, 1],
      [1, 2],
      [3, 7],
      [0, 6],
      [5, 7],
    ] as const;
    for (const [row, other] of pairs) {
      const [up, down] = [await step(turnOf(row, other, 0.002)), await step(turnOf(row, other, -0.002))];
      const slope = (Number(up.loss!.data[0]) - Number(down.loss!.data[0])) / 0.004;
      const error = Math.abs(slopes[row * dimension + other]! - slope);
      expect(error).toBeLessThan(0.01 * Math.abs(slope) + 0.1);
      expect(slopes[other * dimension + row]).toBeCloseTo(-slopes[row * dimension + other]!, 3);
    }
    expect(Math.abs(slopes[6]!)).toBeGreaterThan(1);
    expect(slopes[5 * dimension + 7]).toBeCloseTo(0, 3);
    const { turned } = await step(turnOf(0, 6, 0.3));
    expect(distanceFromRotations(turned!.data as Float32Array)).toBeLessThan(1e-5);
  } finally {
    await session.dispose();
  }
});

test("the first numbers tell what the last ones told, by the same rotation from the same seed", async () => {
  const settings = { dimensions: [2], steps: 500, batchSize: 32, signal: undefined, onStep: () => {} };
  const keptBy = async (rotation: Float32Array) => (await neighborsKept(hidden, 200, rotation, [2], undefined))[0]!;
  // The last two dimensions, a third of the way to where the first two are.
  const start = identity();
  for (const [first, last] of [
    [0, 6],
    [1, 7],
  ] as const) {
    for (const [at, value] of [
      [first, Math.cos(0.5)],
      [last, Math.cos(0.5)],
    ] as const)
      start[at * (dimension + 1)] = value;
    start[first * dimension + last] = Math.sin(0.5);
    start[last * dimension + first] = -Math.sin(0.5);
  }
  const rotation = await learnRotation(hidden, start, { ...settings, random: new Random(7) });
  expect(distanceFromRotations(rotation)).toBeLessThan(1e-5);
  const [atStart, learned] = [await keptBy(start), await keptBy(rotation)];
  expect(atStart.before).toBeLessThan(0.2);
  expect(learned.after).toBeGreaterThan(0.6);
  expect(learned.after).toBeGreaterThan(atStart.after + 0.05);
  expect(await learnRotation(hidden, start, { ...settings, random: new Random(7) })).toEqual(rotation);
});

test("stops when it is told to", async () => {
  const controller = new AbortController();
  const settings = { dimensions: [2], steps: 1000, batchSize: 64, random: new Random(7), signal: controller.signal };
  const learned = learnRotation(hidden, identity(), {
    ...settings,
    onStep: () => controller.abort(new Error("enough")),
  });
  await expect(learned).rejects.toThrow("enough");
});
