/**
 * Lazy AdamW for rows of an embedding table, most of which have no gradient in a step. Without one a row still changes,
 * by its momentum and its decay. Instead of all rows at every step, a row is updated when it is used, by all the steps
 * that it skipped at once:
 *
 *     p' = D p - sum over skipped steps s of w_s m / (b_s sqrt(v) + epsilon),
 *
 * where after k steps without a gradient the moments are beta1^k m and beta2^k v, so that w_s holds the size of the
 * step, beta1^k and the decay that follows, and b_s = beta2^(k / 2). The b_s that matter lie close to each other, since
 * beta1^k fades long before beta2^k does; so the sum is W / c (1 + V v / c^2) with c = B sqrt(v) + epsilon, W the sum
 * of the weights, and B and V the mean and variance of the b_s under them. What this leaves out is of third order in
 * their deviation, about 2 (ln(1 / beta2) / 2 / (1 - beta1))^3: with betas of 0.9 and 0.999 less than 1e-6 of a change
 * that is itself a fraction of the learning rate. So the result is dense AdamW's, at the cost of the rows that are
 * used. Limits: with a smaller beta2 it is not (0.98: 2e-3), so `requireAdamW` refuses that.
 *
 * With `epsilonAfterCorrection` epsilon grows from step to step too: in c it is replaced by its mean, and V v by the
 * variance of b_s sqrt(v) + epsilon_s. Where its deviation is large beside c (elements with gradients as small as
 * epsilon, in the first steps), the sum itself is computed.
 */
import { type AdamWOptions, type Moments, type StepScale, stepScale } from "./adamw.ts";

/** The fraction of a momentum below which it is neglected. */
const negligibleMomentum = 1e-9;

/** Maximum standard deviation of epsilon as a fraction of c; its third power is the relative error. */
const maxDeviation = 5e-3;

/** The effect of steps without a gradient: D, W, B and V of the formula above. */
interface Skipped {
  readonly decay: number;
  readonly weight: number;
  readonly mean: number;
  readonly variance: number;
  readonly epsilon: Epsilon;
  /** Factors of the moments. */
  readonly first: number;
  readonly second: number;
}

/** The epsilons of skipped steps, weighted by w_s. */
interface Epsilon {
  readonly mean: number;
  readonly variance: number;
  /** Covariance of epsilon and b_s. */
  readonly covariance: number;
  /** The steps one by one; empty if all have the same epsilon. */
  readonly steps: readonly SkippedStep[];
}

/** A row of a table, as elements of its `Moments`. */
export interface TableRow {
  readonly start: number;
  readonly width: number;
  /** The step up to which it is updated. */
  readonly seen: number;
}

/** @param seen the step up to which each row is updated: [rows] */
export function rowAt(row: number, width: number, seen: Int32Array): TableRow {
  return { start: row * width, width, seen: seen[row]! };
}

/** w_s, b_s and epsilon of a step. */
type SkippedStep = readonly [weight: number, root: number, epsilon: number];

export class SkippedSteps {
  readonly #options: AdamWOptions;
  readonly #weightDecay: number;
  /** The scale of each step; steps count from 1. */
  readonly #scales: StepScale[] = [{ size: 0, epsilon: 0 }];
  /** The logarithm of the decay of steps 1 to k, at index k. */
  readonly #decay: number[] = [0];
  /** beta1^k and beta2^(k / 2) at index k, up to where momentum is negligible. */
  readonly #powers: readonly { readonly first: number; readonly root: number }[];
  /** The effect of the steps since a row's `seen`, by that step. */
  readonly #cache = new Map<number, Skipped>();

  constructor(options: AdamWOptions) {
    this.#options = options;
    this.#weightDecay = options.weightDecay;
    const window = options.beta1 === 0 ? 0 : Math.ceil(Math.log(negligibleMomentum) / Math.log(options.beta1));
    this.#powers = Array.from({ length: window + 1 }, (_, k) => ({
      first: options.beta1 ** k,
      root: options.beta2 ** (k / 2),
    }));
  }

  /** Number of steps so far. */
  get step(): number {
    return this.#scales.length - 1;
  }

  /** Adds a step. */
  add(learningRate: number): void {
    this.#scales.push(stepScale(this.#options, learningRate, this.step + 1));
    this.#decay.push(this.#decay.at(-1)! + Math.log1p(-learningRate * this.#weightDecay));
    this.#cache.clear();
  }

  /** Writes the current values of a row to `into`, an array of its width, and leaves the row as it is. */
  read({ parameters, first, second }: Moments, { start, width, seen }: TableRow, into: Float32Array): void {
    if (seen === this.step) {
      into.set(parameters.subarray(start, start + width));
      return;
    }
    const { decay, weight, mean, variance, epsilon } = this.#since(seen);
    const { mean: meanEpsilon, variance: ofEpsilon, covariance, steps } = epsilon;
    const deviation = Math.sqrt(ofEpsilon);
    for (let index = start; index < start + width; index++) {
      const square = second[index]!;
      const root = Math.sqrt(square);
      const reciprocal = 1 / (mean * root + meanEpsilon);
      const varianceOfAll = variance * square + 2 * covariance * root + ofEpsilon;
      const change =
        deviation * reciprocal <= maxDeviation
          ? first[index]! * weight * reciprocal * (1 + varianceOfAll * reciprocal * reciprocal)
          : first[index]! * sumOf(steps, root);
      into[index - start] = parameters[index]! * decay - change;
    }
  }

  /** Updates a row and its moments by the steps that it skipped. */
  catchUp(moments: Moments, row: TableRow): void {
    const { start, width, seen } = row;
    if (seen === this.step) return;
    this.read(moments, row, moments.parameters.subarray(start, start + width));
    const { first, second } = this.#since(seen);
    for (let index = start; index < start + width; index++) {
      moments.first[index]! *= first;
      moments.second[index]! *= second;
    }
  }

  #since(seen: number): Skipped {
    const cached = this.#cache.get(seen) ?? this.#sum(seen);
    this.#cache.set(seen, cached);
    return cached;
  }

  #sum(seen: number): Skipped {
    const { beta1, beta2 } = this.#options;
    const now = this.step;
    let [weight, weighted, squared] = [0, 0, 0];
    const steps: SkippedStep[] = [];
    for (let k = 1; k < this.#powers.length && seen + k <= now; k++) {
      const { first, root } = this.#powers[k]!;
      const { size, epsilon } = this.#scales[seen + k]!;
      // The decay of a step comes after its update.
      const w = size * first * Math.exp(this.#decay[now]! - this.#decay[seen + k - 1]!);
      weight += w;
      weighted += w * root;
      squared += w * root * root;
      steps.push([w, root, epsilon]);
    }
    const mean = weight === 0 ? 1 : weighted / weight;
    return {
      decay: Math.exp(this.#decay[now]! - this.#decay[seen]!),
      weight,
      mean,
      variance: weight === 0 ? 0 : Math.max(squared / weight - mean * mean, 0),
      epsilon: this.#epsilonOf(steps, weight, mean),
      first: beta1 ** (now - seen),
      second: beta2 ** (now - seen),
    };
  }

  /** @param weight W, the sum of the weights @param root B, the mean of the b_s */
  #epsilonOf(steps: readonly SkippedStep[], weight: number, root: number): Epsilon {
    const { epsilon, correctBias, epsilonAfterCorrection } = this.#options;
    if (!correctBias || !epsilonAfterCorrection || weight === 0) {
      return { mean: epsilon, variance: 0, covariance: 0, steps: [] };
    }
    const average = (of: (step: SkippedStep) => number) =>
      steps.reduce((sum, step) => sum + step[0] * of(step), 0) / weight;
    const mean = average(([, , each]) => each);
    return {
      mean,
      variance: average(([, , each]) => (each - mean) ** 2),
      covariance: average(([, of, each]) => (of - root) * (each - mean)),
      steps,
    };
  }
}

/** The sum over skipped steps that is the factor of the first moment. @param root of the second moment */
function sumOf(steps: readonly SkippedStep[], root: number): number {
  return steps.reduce((sum, [weight, of, epsilon]) => sum + weight / (of * root + epsilon), 0);
}
