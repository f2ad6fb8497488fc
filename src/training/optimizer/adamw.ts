/**
 * AdamW as transformers had it (`transformers.AdamW`, which the reference implementation of HPD uses): epsilon is added
 * to the root of the uncorrected second moment, and decay is applied after the update, at the full learning rate. With
 * `correctBias` and `epsilonAfterCorrection` it is `torch.optim.AdamW`, but for the order of update and decay, which
 * differ by learning rate x decay of an update.
 * Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (arXiv 1711.05101), algorithm 2.
 */

import { HpdError } from "../../errors.ts";

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** For weights; biases and the gains of LayerNorm have none. */
  readonly weightDecay: number;
  /** Whether the moments' start at zero is made up for. */
  readonly correctBias: boolean;
  /**
   * Whether epsilon is added to the root of the corrected second moment, as `torch.optim.AdamW` does, instead of the
   * uncorrected one: in the first steps that is up to 30 times less of it. With `correctBias` alone. Default false.
   */
  readonly epsilonAfterCorrection?: boolean;
}

/** The defaults of `torch.optim.AdamW`. */
export const torchAdamW = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  correctBias: true,
  epsilonAfterCorrection: true,
} as const satisfies AdamWOptions;

/** @throws HpdError `invalid_argument` for options that no step can be made with, or none that `SkippedSteps` can make up for */
export function requireAdamW({ beta1, beta2, epsilon, weightDecay }: AdamWOptions): void {
  if (!(epsilon > 0 && epsilon < Infinity && weightDecay >= 0 && weightDecay < Infinity)) {
    throw new HpdError(
      "invalid_argument",
      `AdamW's epsilon should be above 0 and its weight decay from 0 up, got ${epsilon} and ${weightDecay}`,
    );
  }
  if (!(beta1 >= 0 && beta1 <= 0.9 && beta2 >= 0.999 && beta2 < 1)) {
    throw new HpdError(
      "unsupported",
      `AdamW's betas should be at most 0.9, and at least 0.999 and below 1: rows of embeddings that rest catch up ` +
        `exactly only then. Got ${beta1} and ${beta2}`,
    );
  }
}

/** Parameters with their two moments, side by side: each [numbers] float32. */
export interface Moments {
  readonly parameters: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** What differs from step to step: a number moves by size x first moment / (root of the second moment + epsilon). */
export interface StepScale {
  /** The learning rate, bias correction included. */
  readonly size: number;
  readonly epsilon: number;
}

/** @param step counts from 1 */
export function stepScale(options: AdamWOptions, learningRate: number, step: number): StepScale {
  const { beta1, beta2, epsilon, correctBias, epsilonAfterCorrection = false } = options;
  if (!correctBias) return { size: learningRate, epsilon };
  const correction = Math.sqrt(1 - beta2 ** step);
  return {
    size: (learningRate * correction) / (1 - beta1 ** step),
    epsilon: epsilonAfterCorrection ? epsilon * correction : epsilon,
  };
}

export interface AdamWStep extends StepScale {
  /** What the gradients are multiplied with first. */
  readonly factor: number;
  /** The part of each number that decays: learning rate x weight decay. */
  readonly decay: number;
}

/**
 * One step for the numbers from `start` to `end`, in place.
 *
 * @param gradients of the numbers from `gradientStart` on
 */
export function adamW(
  { parameters, first, second }: Moments,
  start: number,
  end: number,
  gradients: Float32Array,
  gradientStart: number,
  { beta1, beta2 }: Pick<AdamWOptions, "beta1" | "beta2">,
  { factor, size, epsilon, decay }: AdamWStep,
): void {
  const offset = gradientStart - start;
  const keep = 1 - decay;
  for (let index = start; index < end; index++) {
    const gradient = gradients[index + offset]! * factor;
    const momentum = first[index]! * beta1 + gradient * (1 - beta1);
    const square = second[index]! * beta2 + gradient * gradient * (1 - beta2);
    first[index] = momentum;
    second[index] = square;
    parameters[index] = (parameters[index]! - (size * momentum) / (Math.sqrt(square) + epsilon)) * keep;
  }
}
