/**
 * AdamW of transformers (`transformers.AdamW`, which the reference implementation of HPD uses): epsilon is added to the
 * root of the uncorrected second moment, and decay is applied after the update, at the full learning rate. With
 * `correctBias` and `epsilonAfterCorrection` it is `torch.optim.AdamW`, but for the order of update and decay: they
 * differ by learning rate x decay of an update.
 * Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (arXiv 1711.05101), algorithm 2.
 */

import { requireNonNegative, requirePositive } from "../../common/arguments.ts";
import { HpdError } from "../../errors.ts";

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Weight decay of matrices; biases and weights of norms have none. */
  readonly weightDecay: number;
  /** Whether steps are corrected for the moments' bias towards their start at zero. */
  readonly correctBias: boolean;
  /**
   * Whether epsilon is added to the root of the corrected second moment, as `torch.optim.AdamW` does, instead of the
   * uncorrected one: up to 30 times less in the first steps. Only with `correctBias`. Default false.
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

/** @throws HpdError `invalid_argument`; `unsupported` for betas that `SkippedSteps` is not exact for */
export function requireAdamW({ beta1, beta2, epsilon, weightDecay }: AdamWOptions): void {
  requirePositive("epsilon", epsilon);
  requireNonNegative("weightDecay", weightDecay);
  if (!(beta1 >= 0 && beta1 <= 0.9 && beta2 >= 0.999 && beta2 < 1)) {
    throw new HpdError(
      "unsupported",
      `AdamW's beta1 should be from 0 to 0.9 and its beta2 from 0.999 to less than 1, so that skipped updates of embedding ` +
        `rows are exact, got ${beta1} and ${beta2}`,
    );
  }
}

/** Parameters and their two moments, arrays of the same length. */
export interface Moments {
  readonly parameters: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Consecutive elements of `Moments` and their gradients. */
export interface GradientSlice {
  /** The first element. */
  readonly offset: number;
  readonly gradients: Float32Array;
}

/**
 * The numbers that change from step to step: an update is size x first moment / (root of the second moment + epsilon).
 */
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
  /** Factor of the gradients. */
  readonly factor: number;
  /** The part of each parameter that decays: learning rate x weight decay. */
  readonly decay: number;
}

/** Moments of either precision: a learner's take half of the memory. */
interface AnyMoments {
  readonly parameters: Float32Array;
  readonly first: Float32Array | Float64Array;
  readonly second: Float32Array | Float64Array;
}

/** Makes one step of the elements with gradients, in place. */
export function adamW(
  { parameters, first, second }: AnyMoments,
  { offset, gradients }: GradientSlice,
  { beta1, beta2 }: Pick<AdamWOptions, "beta1" | "beta2">,
  { factor, size, epsilon, decay }: AdamWStep,
): void {
  const keep = 1 - decay;
  for (let at = 0; at < gradients.length; at++) {
    const index = offset + at;
    const gradient = gradients[at]! * factor;
    const momentum = first[index]! * beta1 + gradient * (1 - beta1);
    const square = second[index]! * beta2 + gradient * gradient * (1 - beta2);
    first[index] = momentum;
    second[index] = square;
    parameters[index] = (parameters[index]! - (size * momentum) / (Math.sqrt(square) + epsilon)) * keep;
  }
}
