/**
 * AdamW for rows of an embedding table, most of which have no gradient in a step. Without one a row still moves, by its
 * momentum and its decay. Instead of all rows at every step, a row is brought up to date when it is used, by all the
 * steps it skipped at once:
 *
 *     p' = D p - sum over skipped steps s of w_s m / (b_s sqrt(v) + epsilon),
 *
 * where after k steps without a gradient the moments are beta1^k m and beta2^k v, so that w_s holds the size of the
 * step, beta1^k and the decay that follows, and b_s = beta2^(k / 2). The b_s that matter lie close to each other, since
 * beta1^k fades long before beta2^k does; so the sum is W / c (1 + V v / c^2) with c = B sqrt(v) + epsilon, W the sum of
 * the weights, and B and V the mean and variance of the b_s under them. What this leaves out is of third order in their
 * deviation, about 2 (ln(1 / beta2) / 2 / (1 - beta1))^3: with betas of 0.9 and 0.999 less than 1e-6 of a change that is
 * itself a fraction of the learning rate. So the result is dense AdamW's, at the price of the rows that are used.
 * Limits: with a smaller beta2 it is not (0.98: 2e-3), so `requireAdamW` refuses that.
 *
 * Where epsilon is added after the bias correction, it grows from step to step too: E is its mean, and the variance that
 * of b_s sqrt(v) + epsilon_s. Where it deviates by much of c, which are numbers with gradients as small as epsilon in the
 * first steps, the sum itself is computed.
 */
import { type AdamWOptions, type Moments, type StepScale, stepScale } from "./adamw.ts";

/** Momentum is over when so little of it is left. */
const momentumLeft = 1e-9;

/** What epsilon may deviate by, as a part of what is divided by: its third power is the error. */
const mostDeviation = 5e-3;

/** What steps without a gradient do to a number: see above. */
interface Skipped {
  readonly decay: number;
  readonly weight: number;
  /** Of b_s. */
  readonly mean: number;
  readonly variance: number;
  readonly epsilon: Epsilon;
  /** What is left of the moments. */
  readonly first: number;
  readonly second: number;
}

/** The epsilons of skipped steps, under the weights of these. */
interface Epsilon {
  readonly mean: number;
  readonly variance: number;
  /** Of epsilon and b_s. */
  readonly covariance: number;
  /** Each step by itself; none where all have the same epsilon. */
  readonly steps: readonly SkippedStep[];
}

/** w_s, b_s and epsilon of a step. */
type SkippedStep = readonly [weight: number, root: number, epsilon: number];

export class SkippedSteps {
  readonly #options: AdamWOptions;
  readonly #weightDecay: number;
  /** Of each step from 1 on, at its own index. */
  readonly #scales: StepScale[] = [{ size: 0, epsilon: 0 }];
  /** The logarithm of what decay has left of a number after each step. */
  readonly #decay: number[] = [0];
  /** beta1^k and beta2^(k / 2) after k steps, for as long as momentum matters. */
  readonly #powers: readonly { readonly first: number; readonly root: number }[];
  /** By the last step that a row has seen, up to now. */
  readonly #cache = new Map<number, Skipped>();

  constructor(options: AdamWOptions) {
    this.#options = options;
    this.#weightDecay = options.weightDecay;
    const window = options.beta1 === 0 ? 0 : Math.ceil(Math.log(momentumLeft) / Math.log(options.beta1));
    this.#powers = Array.from({ length: window + 1 }, (_, k) => ({
      first: options.beta1 ** k,
      root: options.beta2 ** (k / 2),
    }));
  }

  /** Steps that were made. */
  get step(): number {
    return this.#scales.length - 1;
  }

  /** Tells of a step that has been made. */
  add(learningRate: number): void {
    this.#scales.push(stepScale(this.#options, learningRate, this.step + 1));
    this.#decay.push(this.#decay.at(-1)! + Math.log1p(-learningRate * this.#weightDecay));
    this.#cache.clear();
  }

  /** The numbers of a row as they are now, without changing it. @param seen the last step that is in the row */
  read(
    { parameters, first, second }: Moments,
    start: number,
    width: number,
    seen: number,
    into: Float32Array,
    at: number,
  ): void {
    if (seen === this.step) {
      into.set(parameters.subarray(start, start + width), at);
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
        deviation * reciprocal <= mostDeviation
          ? first[index]! * weight * reciprocal * (1 + varianceOfAll * reciprocal * reciprocal)
          : first[index]! * sumOf(steps, root);
      into[at + index - start] = parameters[index]! * decay - change;
    }
  }

  /** Brings a row and its moments up to date. */
  catchUp(moments: Moments, start: number, width: number, seen: number): void {
    if (seen === this.step) return;
    this.read(moments, start, width, seen, moments.parameters, start);
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
      // The decay of this very step comes after its update.
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

  /** @param weight the sum of the weights, `root` the mean of the b_s */
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

/** What the first moment is multiplied with, step by step. @param root of the second moment */
function sumOf(steps: readonly SkippedStep[], root: number): number {
  return steps.reduce((sum, [weight, of, epsilon]) => sum + weight / (of * root + epsilon), 0);
}
