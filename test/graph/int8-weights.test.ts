/** Products with int8 weights are exact on processors, too, that add two neighbouring products in 16 bits. */
import { describe, expect, test } from "vitest";
import { createSession } from "#runtime";
import { input, linear, parameter } from "../../src/graph/build.ts";
import { largestOfRow, pairsFit } from "../../src/graph/int8-weights.ts";
import { compileForInference } from "../../src/graph/lower-inference.ts";
import { Random } from "../../src/random.ts";
import { QuantizedTensor } from "../../src/tensor/quantized-tensor.ts";

test.each([
  [[3, -4], 4],
  [[3, 4], 7],
  [[-3, -4, 5], 7],
  [[1, -2, 3, -9, 5, 0], 9],
  // Neighbours are the first and the second, the third and the fourth.
  [[1, 60, 60, 1], 61],
  [[0, 0], 0],
  [[-5], 5],
])("%j has %i as its largest number or sum of two neighbours", (row, largest) => {
  expect(largestOfRow(Float32Array.of(99, ...row), 1, row.length)).toBe(largest);
});

test("factors of columns are in it", () => {
  expect(largestOfRow(Float32Array.of(3, 4, -1), 0, 3, Float32Array.of(2, 1, 20))).toBe(20);
});

describe("weights whose neighbours come to", () => {
  const [width, rows] = [66, 8];
  /** All numbers of the input as they are, from 0 to 255. */
  const range = { scale: Float32Array.of(1), zeroPoint: 0 };
  const random = new Random(3);
  const x = Float32Array.from({ length: 4 * width }, (_, at) => (at < width ? 255 : random.nextInteger(256)));

  test.each([
    [[64, 64], false],
    [[-127, -1], false],
    [[127, -127], false],
    [[65, 64], true],
    [[-127, -127], true],
  ])("%j are multiplied exactly; beyond 16 bits: %s", async ([first, second], isBeyond) => {
    // One row with them, somewhere.
    const values = new Int8Array(width * rows).fill(1);
    for (let column = 0; column < width; column += 2) values.set([first!, second!], 5 * width + column);
    expect(pairsFit(values, width)).toBe(!isBeyond);
    const scale = new Float32Array(rows).fill(1);
    const weight = new QuantizedTensor({ dtype: "int8", shape: [rows, width], data: values }, scale, range);
    const node = linear(input("x", "float32", ["tokens", width]), parameter("w", weight));
    const compiled = await compileForInference({ out: node });
    expect(compiled.sumsBeyond16Bits).toBe(isBeyond);
    const session = await createSession(Promise.resolve(compiled), { workers: 0 });
    const { out } = await session.run({ x: { dtype: "float32", shape: [4, width], data: x.slice() } });
    await session.dispose();
    const expected = Array.from({ length: 4 * rows }, (_, at) => {
      const [token, row] = [Math.floor(at / rows), at % rows];
      return values
        .subarray(row * width, (row + 1) * width)
        .reduce((sum, value, column) => sum + value * x[token * width + column]!, 0);
    });
    expect([...out!.data]).toEqual(expected);
  });

  test("the last of a row and the first of the next are no neighbours", () => {
    expect(pairsFit(Int8Array.of(1, 1, 127, 127, 1, 1), 3)).toBe(true);
  });
});
