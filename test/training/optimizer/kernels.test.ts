/** The loops in WebAssembly against plain ones in float64. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createKernels } from "../../../src/training/optimizer/kernels.ts";
import { DenseAdamW } from "./dense-adamw.ts";

const numbers = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 8, maxLength: 8 });
const epsilon = 1e-3;
const options = { beta1: 0.9, beta2: 0.999, epsilon, weightDecay: 0.1, correctBias: false };

/** Arrays of 16 numbers in memory of WebAssembly, somewhere after its start. */
function arrays(count: number) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const views = Array.from({ length: count }, (_, index) => new Float32Array(memory.buffer, 64 * (index + 1), 16));
  return { kernels: createKernels(memory), views: views as [Float32Array, ...Float32Array[]] };
}

test("adds and sums up squares, for a part of the numbers, in fours", () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const { kernels, views } = arrays(2);
      const [target, source] = views as [Float32Array, Float32Array];
      target.fill(7);
      target.set(a, 4);
      source.set(b, 4);
      kernels.add(target.byteOffset + 16, source.byteOffset + 16, 8);
      const sums = a.map((number, index) => Math.fround(number + b[index]!));
      expect([...target]).toEqual([7, 7, 7, 7, ...sums, 7, 7, 7, 7]);
      const squares = sums.reduce((sum, number) => sum + number * number, 0);
      const total = kernels.sumOfSquares(target.byteOffset + 16, 8);
      // Sums of float64: in another order, so not the very same.
      expect(Math.abs(total - squares)).toBeLessThanOrEqual(1e-14 * squares);
      expect(kernels.sumOfSquares(target.byteOffset, 0)).toBe(0);
    }),
  );
});

test("steps of AdamW, for a part of the numbers", () => {
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 10 }), (steps) => {
      const { kernels, views } = arrays(4);
      const [parameters, first, second, gradients] = views as [Float32Array, Float32Array, Float32Array, Float32Array];
      parameters.fill(0.5);
      const dense = Array.from({ length: 8 }, () => new DenseAdamW(options, 0.5));
      const at = (array: Float32Array) => array.byteOffset + 16;
      const addresses = { parameters: at(parameters), first: at(first), second: at(second), gradients: at(gradients) };
      for (const [index, step] of steps.entries()) {
        const learningRate = 0.01 * (index + 1);
        gradients.fill(9);
        gradients.set(step, 4);
        kernels.adamW(addresses, 8, options, { factor: 0.5, size: learningRate, epsilon, decay: 0.1 * learningRate });
        for (const [number, one] of dense.entries()) one.update(0.5 * step[number]!, learningRate);
      }
      for (const [number, one] of dense.entries()) {
        expect(parameters[4 + number]).toBeCloseTo(one.parameter, 5);
        expect(first[4 + number]).toBeCloseTo(one.first, 6);
        expect(second[4 + number]).toBeCloseTo(one.second, 6);
      }
      for (const other of [0, 1, 2, 3, 12, 13, 14, 15]) {
        expect([parameters[other], first[other], second[other]]).toEqual([0.5, 0, 0]);
      }
    }),
  );
});

test("a decay of 1e-6 a step, the usual one, is that much in float32 too", () => {
  const { kernels, views } = arrays(4);
  const [parameters, first, second, gradients] = views.map(({ byteOffset }) => byteOffset) as [
    number,
    number,
    number,
    number,
  ];
  const starts = Float32Array.from({ length: 16 }, (_, index) => 1 + index / 17);
  views[0].set(starts);
  const steps = 10_000;
  const step = { factor: 1, size: 1e-4, epsilon, decay: 1e-6 };
  for (let count = 0; count < steps; count++)
    kernels.adamW({ parameters, first, second, gradients }, 16, options, step);
  const lost = Array.from(starts, (start, index) => 1 - views[0][index]! / start);
  const mean = lost.reduce((sum, part) => sum + part, 0) / lost.length;
  expect(mean / (1 - (1 - 1e-6) ** steps)).toBeCloseTo(1, 2);
});
