/** The projection against scikit-learn's PCA, and the laws it keeps. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { alignProjection } from "../../../src/distillation/projection/align-projection.ts";
import { Covariance } from "../../../src/distillation/projection/covariance.ts";
import { fitProjection } from "../../../src/distillation/projection/projection.ts";
import { encodeProjection } from "../../../src/distillation/projection/projection-file.ts";
import { Projector } from "../../../src/distillation/projection/projector.ts";
import { openSafetensors } from "../../../src/formats/safetensors.ts";
import { memorySource } from "../../../src/hub/memory-byte-source.ts";

const { signal } = new AbortController();
const gold = JSON.parse(String(readFileSync(new URL("../../gold/projection.json", import.meta.url))));
const embeddings = new Float32Array(new Uint8Array(Buffer.from(gold.embeddings, "base64")).buffer);
const folder = await mkdtemp(join(tmpdir(), "hpd-projection-"));
afterAll(() => rm(folder, { recursive: true }));

function covarianceOf(rows: Float32Array, dimension: number, partLength: number): Covariance {
  const covariance = new Covariance(dimension);
  for (let at = 0; at < rows.length; at += partLength * dimension) {
    covariance.add(rows.subarray(at, at + partLength * dimension));
  }
  return covariance;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

/** What the projection makes of teachers' embeddings. */
async function targetsOf(
  projection: Parameters<typeof Projector.create>[0],
  rows: Float32Array,
): Promise<Float32Array> {
  const projector = await Projector.create(projection);
  try {
    return await projector.project(rows);
  } finally {
    await projector.dispose();
  }
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const row = (matrix: Float32Array, index: number) => matrix.subarray(index * 24, (index + 1) * 24);

test("components, signs and explained variance are scikit-learn's; targets are not centred", async () => {
  const projection = await fitProjection(covarianceOf(embeddings, 24, 64), 10, signal);
  expect(projection).toMatchObject({ dimension: 10, teacherDimension: 24 });
  expect(largestDifference(projection.components, gold.components.flat())).toBeLessThan(1e-6);
  expect(largestDifference(projection.explainedVarianceRatio, gold.explained_variance_ratio)).toBeLessThan(1e-9);
  const targets = await targetsOf(projection, embeddings.slice(0, 20 * 24));
  expect(largestDifference(targets, gold.targets.flat())).toBeLessThan(1e-6);
});

test("rows in parts give what all at once give, and what the formula gives", () => {
  const rows = fc.integer({ min: 1, max: 7 }).chain((dimension) =>
    fc.record({
      dimension: fc.constant(dimension),
      rows: fc
        .array(fc.array(fc.integer({ min: -99, max: 99 }), { minLength: dimension, maxLength: dimension }), {
          minLength: 2,
          maxLength: 30,
        })
        .map((list) => Float32Array.from(list.flat(), (value) => 50 + value / 100)),
      part: fc.integer({ min: 1, max: 30 }),
    }),
  );
  fc.assert(
    fc.property(rows, ({ dimension, rows, part }) => {
      const count = rows.length / dimension;
      const column = (i: number) => Array.from({ length: count }, (_, row) => rows[row * dimension + i]!);
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / count;
      const expected = Array.from({ length: dimension ** 2 }, (_, at) => {
        const [a, b] = [column(Math.floor(at / dimension)), column(at % dimension)];
        const [meanA, meanB] = [mean(a), mean(b)];
        return a.reduce((sum, value, i) => sum + (value - meanA) * (b[i]! - meanB), 0) / (count - 1);
      });
      expect(largestDifference(covarianceOf(rows, dimension, part).covariance(), expected)).toBeLessThan(1e-12);
    }),
  );
});

test("directions are orthonormal, and a projection to all dimensions keeps every product", async () => {
  const { components } = await fitProjection(covarianceOf(embeddings, 24, 400), 24, signal);
  for (let i = 0; i < 24; i++) {
    for (let j = 0; j < 24; j++) {
      expect(dot(row(components, i), row(components, j))).toBeCloseTo(i === j ? 1 : 0, 6);
    }
  }
  const projection = { components, dimension: 24, teacherDimension: 24 };
  const targets = await targetsOf(projection, embeddings.slice(0, 10 * 24));
  for (let i = 0; i < 10; i++) {
    for (let j = 0; j < 10; j++) {
      expect(dot(row(targets, i), row(targets, j))).toBeCloseTo(dot(row(embeddings, i), row(embeddings, j)), 5);
    }
  }
});

test("embeddings that lie in fewer dimensions leave nothing to the others", async () => {
  const flat = Float32Array.from({ length: 60 }, (_, at) => [Math.sin(at), 0, 0][at % 3]!);
  const { explainedVarianceRatio } = await fitProjection(covarianceOf(flat, 3, 5), 3, signal);
  expect([...explainedVarianceRatio]).toEqual([1, 0, 0]);
});

test.each([
  [25, 400, /dimension should be from 1 to the teacher's 24, got 25/],
  [0, 400, /got 0/],
  [2.5, 400, /got 2.5/],
  [10, 10, /a projection to 10 dimensions is fitted to more sentences than that, got 10/],
])("%d dimensions of %d embeddings are refused", async (dimension, count, message) => {
  const covariance = covarianceOf(embeddings.subarray(0, count * 24), 24, 100);
  await expect(fitProjection(covariance, dimension, signal)).rejects.toThrow(message);
});

test("fitting can be stopped", async () => {
  const stop = new AbortController();
  const fitted = fitProjection(covarianceOf(embeddings, 24, 400), 10, stop.signal);
  stop.abort(new Error("enough"));
  await expect(fitted).rejects.toThrow("enough");
});

test("its file holds it, and what does not fit together is refused", async () => {
  const projection = await fitProjection(covarianceOf(embeddings, 24, 400), 10, signal);
  const file = await openSafetensors(memorySource("projection", encodeProjection(projection)));
  expect((await file.read("components")).data).toEqual(projection.components);
  expect((await file.read("components")).shape).toEqual([10, 24]);
  expect((await file.read("explained_variance_ratio")).data).toEqual(projection.explainedVarianceRatio);
  expect(() => encodeProjection({ ...projection, dimension: 2 })).toThrow(/a tensor of shape/);
});

test.each([0, 1e-8])(
  "a teacher that gives one embedding for everything is refused, up to rounding by %d",
  async (rounding) => {
    const rows = Float32Array.from({ length: 12 * 6 }, (_, i) => 0.3 + 0.1 * (i % 6) + rounding * (i % 5));
    await expect(fitProjection(covarianceOf(rows, 6, 5), 2, signal)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^the teacher gives one embedding for all 12 sentences/),
    });
    // A small variance is none to refuse.
    const [first] = rows;
    rows[0] = first! + 1e-3;
    const { explainedVarianceRatio } = await fitProjection(covarianceOf(rows, 6, 5), 2, signal);
    expect(explainedVarianceRatio[0]).toBeGreaterThan(0.9);
  },
);

test("aligned, targets come where the student's embeddings are, and say the same of each other", async () => {
  const projection = await fitProjection(covarianceOf(embeddings, 24, 400), 4, signal);
  const targets = await targetsOf(projection, embeddings.slice());
  // Dimensions in another order, one with the other sign, and as far as the rotation goes, any size.
  const student = Float32Array.from(
    targets,
    (_, at) => 3 * (at % 4 === 2 ? -1 : 1) * targets[at - (at % 4) + ((at + 1) % 4)]!,
  );
  const aligned = await alignProjection(projection, targets, student, signal);
  for (const [to, from] of [1, 2, 3, 0].entries()) {
    const sign = to === 2 ? -1 : 1;
    const expected = row(projection.components, from).map((value) => sign * value);
    expect(largestDifference(row(aligned.components, to), expected)).toBeLessThan(1e-3);
    const ratio = projection.explainedVarianceRatio[from]!;
    expect(Math.abs(aligned.explainedVarianceRatio[to]! / ratio - 1)).toBeLessThan(1e-3);
  }
});

test("a student that uses fewer dimensions than there are is no obstacle: what it doesn't say stays orthonormal", async () => {
  const projection = await fitProjection(covarianceOf(embeddings, 24, 400), 4, signal);
  const targets = await targetsOf(projection, embeddings.slice());
  const student = targets.map((value, at) => (at % 4 === 1 ? value : 0));
  const { components } = await alignProjection(projection, targets, student, signal);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      const product = dot(row(components, i), row(components, j));
      expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-5);
    }
  }
});
