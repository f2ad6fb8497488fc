/**
 * AdamW as transformers had it (`transformers.AdamW`, which the reference implementation of HPD uses): epsilon is added
 * to the root of the uncorrected second moment, and decay is applied after the update, at the full learning rate.
 * With the bias correction on and epsilon small it equals `torch.optim.AdamW`.
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
}

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

/** The learning rate of a step, bias correction included. @param step counts from 1 */
export function stepSize({ beta1, beta2, correctBias }: AdamWOptions, learningRate: number, step: number): number {
  return correctBias ? (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step) : learningRate;
}

/**
 * One step for the numbers from `start` to `end`, in place.
 *
 * @param gradients of the numbers from `gradientStart` on
 * @param factor that the gradients are multiplied with first
 * @param decay the part of each number that decays: learning rate x weight decay
 */
export function adamW(
  { parameters, first, second }: Moments,
  start: number,
  end: number,
  gradients: Float32Array,
  gradientStart: number,
  { beta1, beta2, epsilon }: AdamWOptions,
  { factor, size, decay }: { factor: number; size: number; decay: number },
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
