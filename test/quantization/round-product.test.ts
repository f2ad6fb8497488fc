/** Weights rounded by the moments of their input, and ranges with a unit for each row. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSession } from "#runtime";
import { input, linear, parameter } from "../../src/graph/build.ts";
import { pairsFit } from "../../src/graph/int8-weights.ts";
import { compileForInference } from "../../src/graph/lower-inference.ts";
import { chooseRange } from "../../src/quantization/choose-range.ts";
import { InputStatistics } from "../../src/quantization/input-statistics.ts";
import { MatrixProducts } from "../../src/quantization/matrix-products.ts";
import { momentsInUnits, roundProduct } from "../../src/quantization/round-product.ts";
import { inSteps, roundRows } from "../../src/quantization/round-weights.ts";
import { Random } from "../../src/random.ts";
import { QuantizedTensor } from "../../src/tensor/quantized-tensor.ts";

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.dispose());

const [rows, width] = [24, 150];

/** Rows whose columns go along with each other, as those of a network do. */
function correlated(count: number, random: Random): Float32Array {
  const mix = Float32Array.from({ length: 20 * width }, () => random.normal());
  const result = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    for (let part = 0; part < 20; part++) {
      const share = random.normal();
      for (let column = 0; column < width; column++)
        result[row * width + column]! += share * mix[part * width + column]!;
    }
  }
  return result;
}

async function statisticsOf(x: Float32Array): Promise<InputStatistics> {
  const statistics = new InputStatistics(width, x.length / width);
  await statistics.add(x, products);
  await statistics.finish(products);
  return statistics;
}

function steps(random: Random): Float32Array {
  const data = Float32Array.from({ length: rows * width }, () => random.normal());
  return inSteps({ dtype: "float32", shape: [rows, width], data }, Float32Array.of(1)).steps;
}

describe("weights are rounded by the moments of their input", () => {
  test("which changes the product of other inputs a third as much as the nearest numbers do", async () => {
    const random = new Random(5);
    const x = correlated(1200, random);
    const [w, statistics] = [steps(random), await statisticsOf(x.subarray(0, 600 * width))];
    const rounded = await roundProduct(w, momentsInUnits(statistics.moments(), Float32Array.of(1)), products);
    const nearest = Int8Array.from(w, Math.round);
    const change = (values: Int8Array): number => {
      let sum = 0;
      for (let at = 600; at < 1200; at++) {
        for (let row = 0; row < rows; row++) {
          let error = 0;
          for (let column = 0; column < width; column++) {
            const index = row * width + column;
            error += (w[index]! - values[index]!) * x[at * width + column]!;
          }
          sum += error ** 2;
        }
      }
      return Math.sqrt(sum);
    };
    expect(change(rounded) / change(nearest)).toBeLessThan(1 / 3);
    expect(Math.max(...rounded.map(Math.abs))).toBeLessThanOrEqual(127);
    expect(pairsFit(rounded, width)).toBe(true);
  });

  test("each to the nearest where no column goes along with another", async () => {
    const w = steps(new Random(6));
    const moments = new Float32Array(width * width);
    for (let column = 0; column < width; column++) moments[column * (width + 1)] = column % 7;
    const rounded = await roundProduct(w, momentsInUnits(moments, Float32Array.of(1)), products);
    expect(rounded).toEqual(Int8Array.from(w, Math.round));
  });
});

test("two neighbours stay within what they may come to, where more would make good the errors of others", async () => {
  // Columns that are nearly the same, so that each could take over what the others can't be.
  const moments = Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 1 : 0.999));
  const rows = [
    [64.4, 64.4, 10.4, 10.4],
    [-64.4, -64.4, 10, 10],
    [127, -127, 127, -127],
  ];
  const rounded = await roundProduct(Float32Array.from(rows.flat()), moments, products);
  expect(pairsFit(rounded, 4)).toBe(true);
  expect(Math.abs(rounded[0]! + rounded[1]!)).toBe(128);
  expect([...rounded.subarray(8)]).toEqual(rows[2]);
});

test("a table's rows, which are not multiplied, have all steps, whatever their neighbours", () => {
  const { values, scale } = roundRows({ dtype: "float32", shape: [2, 3], data: Float32Array.of(2, 2, -1, -4, -3, 0) });
  expect([...values.data]).toEqual([127, 127, -63, -127, -95, 0]);
  expect([...scale]).toEqual([2, 4].map((largest) => Math.fround(largest / 127)));
});

describe("each row has a unit of its own", () => {
  const weights = { dtype: "float32", shape: [rows, width], data: steps(new Random(7)) } as const;
  /** What an activation gives: hardly anything below zero. */
  const activated = (random: Random, largest: (row: number) => number): Float32Array =>
    Float32Array.from({ length: 400 * width }, (_, at) =>
      Math.max(-0.1, random.normal() * largest(Math.floor(at / width))),
    );

  test("where few have numbers far larger than all others", async () => {
    const few = await statisticsOf(activated(new Random(8), (row) => (row % 50 === 0 ? 30 : 1)));
    const { scale, zeroPoint, leastUnit } = chooseRange(few, [weights]);
    expect(scale).toEqual(Float32Array.of(1));
    expect(leastUnit! * zeroPoint).toBeCloseTo(0.1);
  });

  test("and not where all are alike", async () => {
    const alike = await statisticsOf(activated(new Random(9), () => 1));
    expect(chooseRange(alike, [weights]).leastUnit).toBeUndefined();
  });

  test("in the product, too, with factors for the columns and without", async () => {
    const random = new Random(10);
    const values = Int8Array.from({ length: rows * width }, () => random.nextInteger(255) - 127);
    const scale = Float32Array.from({ length: rows }, () => 0.001 + random.nextFloat() / 100);
    const bias = Float32Array.from({ length: rows }, () => random.normal());
    const x = activated(random, (row) => 10 ** ((row % 7) - 3)).subarray(0, 21 * width);
    for (const units of [Float32Array.of(1), Float32Array.from({ length: width }, () => 0.5 + random.nextFloat())]) {
      const range = { scale: units, zeroPoint: 16, leastUnit: 0.1 / 0.5 / 16 };
      const weight = new QuantizedTensor({ dtype: "int8", shape: [rows, width], data: values }, scale, range);
      const node = linear(
        input("x", "float32", ["tokens", width]),
        parameter("w", weight),
        parameter("b", { dtype: "float32", shape: [rows], data: bias }),
      );
      const session = await createSession(compileForInference({ out: node }), { workers: 0 });
      const { out } = await session.run({ x: { dtype: "float32", shape: [21, width], data: x.slice() } });
      await session.dispose();
      const expected = Float32Array.from({ length: 21 * rows }, (_, at) => {
        const [token, row] = [Math.floor(at / rows), at % rows];
        const unitOf = (column: number): number => units[units.length === 1 ? 0 : column]!;
        const scaled = Array.from({ length: width }, (__, column) => x[token * width + column]! / unitOf(column));
        const unit = Math.max(Math.max(...scaled) / (255 - 16), range.leastUnit);
        const sum = scaled.reduce((total, value, column) => {
          const rounded = Math.max(-16, Math.min(255 - 16, Math.round(value / unit)));
          return total + rounded * values[row * width + column]!;
        }, 0);
        return sum * unit * scale[row]! + bias[row]!;
      });
      const size = Math.max(...expected.map(Math.abs));
      const furthest = Math.max(...expected.map((value, at) => Math.abs(value - (out!.data as Float32Array)[at]!)));
      // One number that lies between two steps may go to either.
      expect(furthest / size).toBeLessThan(2e-4);
    }
  });
});
