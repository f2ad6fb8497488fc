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
 */
import { type AdamWOptions, type Moments, stepSize } from "./adamw.ts";

/** Momentum is over when so little of it is left. */
const momentumLeft = 1e-9;

/** What steps without a gradient do to a number: see above. */
interface Skipped {
  readonly decay: number;
  readonly weight: number;
  readonly mean: number;
  readonly variance: number;
  /** What is left of the moments. */
  readonly first: number;
  readonly second: number;
}

export class SkippedSteps {
  readonly #options: AdamWOptions;
  readonly #weightDecay: number;
  /** Of each step from 1 on, at its own index. */
  readonly #sizes: number[] = [0];
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
    return this.#sizes.length - 1;
  }

  /** Tells of a step that has been made. */
  add(learningRate: number): void {
    this.#sizes.push(stepSize(this.#options, learningRate, this.step + 1));
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
    const { decay, weight, mean, variance } = this.#since(seen);
    const { epsilon } = this.#options;
    for (let index = start; index < start + width; index++) {
      const square = second[index]!;
      const reciprocal = 1 / (mean * Math.sqrt(square) + epsilon);
      const change = first[index]! * weight * reciprocal * (1 + variance * square * reciprocal * reciprocal);
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
    for (let k = 1; k < this.#powers.length && seen + k <= now; k++) {
      const { first, root } = this.#powers[k]!;
      // The decay of this very step comes after its update.
      const w = this.#sizes[seen + k]! * first * Math.exp(this.#decay[now]! - this.#decay[seen + k - 1]!);
      weight += w;
      weighted += w * root;
      squared += w * root * root;
    }
    const mean = weight === 0 ? 1 : weighted / weight;
    return {
      decay: Math.exp(this.#decay[now]! - this.#decay[seen]!),
      weight,
      mean,
      variance: weight === 0 ? 0 : Math.max(squared / weight - mean * mean, 0),
      first: beta1 ** (now - seen),
      second: beta2 ** (now - seen),
    };
  }
}
