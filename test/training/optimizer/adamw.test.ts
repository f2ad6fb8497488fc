/** One step of AdamW, in float32, against the formula in float64; against PyTorch in learner/gold-steps.test.ts. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type AdamWOptions,
  adamW,
  requireAdamW,
  stepScale,
  torchAdamW,
} from "../../../src/training/optimizer/adamw.ts";
import { DenseAdamW } from "./dense-adamw.ts";

test("steps for a part of the numbers, with gradients from elsewhere, scaled", () => {
  fc.assert(
    fc.property(
      fc.record({ correctBias: fc.boolean(), epsilonAfterCorrection: fc.boolean() }),
      fc.constantFrom(0, 0.1),
      fc.array(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }), {
        minLength: 1,
        maxLength: 10,
      }),
      (correction, weightDecay, steps) => {
        const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay, ...correction };
        const moments = {
          parameters: new Float32Array(7).fill(0.5),
          first: new Float32Array(7),
          second: new Float32Array(7),
        };
        const dense = Array.from({ length: 3 }, () => new DenseAdamW(options, 0.5));
        for (const [index, gradients] of steps.entries()) {
          const learningRate = 0.01 * (index + 1);
          const step = {
            factor: 0.5,
            ...stepScale(options, learningRate, index + 1),
            decay: learningRate * weightDecay,
          };
          adamW(moments, { offset: 2, gradients: Float32Array.from(gradients) }, options, step);
          for (const [at, number] of dense.entries()) number.update(0.5 * gradients[at]!, learningRate);
        }
        for (const [at, { parameter, first, second }] of dense.entries()) {
          expect(moments.parameters[2 + at]).toBeCloseTo(parameter, 5);
          expect(moments.first[2 + at]).toBeCloseTo(first, 6);
          expect(moments.second[2 + at]).toBeCloseTo(second, 6);
        }
        for (const other of [0, 1, 5, 6]) {
          expect(moments.parameters[other]).toBe(0.5);
          expect([moments.first[other], moments.second[other]]).toEqual([0, 0]);
        }
      },
    ),
  );
});

test("options at the ends of what steps can be made with, and outside", () => {
  const taken: Partial<AdamWOptions>[] = [
    { weightDecay: 0 },
    { epsilon: 1e-30 },
    { beta1: 0 },
    { beta1: 0.9 },
    { beta2: 0.999 },
  ];
  for (const options of taken) requireAdamW({ ...torchAdamW, ...options });
  const refused: Partial<AdamWOptions>[] = [
    { weightDecay: -0.01 },
    { weightDecay: Infinity },
    { weightDecay: Number.NaN },
    { epsilon: 0 },
    { epsilon: Infinity },
    { beta1: -0.1 },
    { beta1: 0.91 },
    { beta2: 0.998 },
    { beta2: 1 },
  ];
  for (const options of refused) {
    const [name] = Object.keys(options) as ["weightDecay" | "epsilon" | "beta1" | "beta2"];
    expect(() => requireAdamW({ ...torchAdamW, ...options }), JSON.stringify(options)).toThrow(
      expect.objectContaining({
        code: name.startsWith("beta") ? "unsupported" : "invalid_argument",
        message: expect.stringContaining(String(options[name])),
      }),
    );
  }
});
