/**
 * Optimizes a layout: moves the points of an edge together, as often as its weight says, and away from points drawn at
 * random.
 * Source: `optimize_layout_euclidean` of umap-learn, two dimensions, with its learning rate 1, falling to 0, and its
 * negative sample rate 5.
 */
import type { Yielder } from "../../common/yielder.ts";
import { Random } from "../../random.ts";
import type { FuzzyGraph } from "./fuzzy-graph.ts";

/** Parameters of the curve 1 / (1 + a d^2b): `fitCurve`. */
interface Curve {
  readonly a: number;
  readonly b: number;
}

export interface LayoutOptions extends Curve {
  readonly epochs: number;
  readonly seed: number;
  readonly yielder: Yielder;
  readonly onEpoch?: ((done: number) => void) | undefined;
}

const negativeSamples = 5;
const longestMove = 4;
const edgesBetweenYields = 8192;

/** @param positions `[count, 2]`, moved in place */
export async function optimizeLayout(
  { count, heads, tails, weights }: FuzzyGraph,
  positions: Float32Array,
  { epochs, seed, yielder, onEpoch, ...curve }: LayoutOptions,
): Promise<void> {
  const strongest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  // Epochs from one sample of an edge to the next. An edge too weak to be sampled once never is.
  const period = Float64Array.from(weights, (weight) => (weight < strongest / epochs ? Infinity : strongest / weight));
  const nextSample = period.slice();
  const nextNegative = period.map((epochsEach) => epochsEach / negativeSamples);
  const random = new RandomIndices(seed, count);

  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 1 - epoch / epochs;
    for (let edge = 0; edge < heads.length; edge++) {
      if (edge % edgesBetweenYields === 0 && yielder.isDue) await yielder.yield();
      if (nextSample[edge]! > epoch) continue;
      const head = 2 * heads[edge]!;
      const tail = 2 * tails[edge]!;
      let x = positions[head]!;
      let y = positions[head + 1]!;
      const toX = x - positions[tail]!;
      const toY = y - positions[tail + 1]!;
      const squared = toX * toX + toY * toY;
      if (squared > 0) {
        const pull = attraction(squared, curve);
        const moveX = clipped(pull * toX) * rate;
        const moveY = clipped(pull * toY) * rate;
        x += moveX;
        y += moveY;
        positions[tail]! -= moveX;
        positions[tail + 1]! -= moveY;
      }
      nextSample[edge]! += period[edge]!;

      const negatives = Math.floor(((epoch - nextNegative[edge]!) * negativeSamples) / period[edge]!);
      for (let negative = 0; negative < negatives; negative++) {
        const other = 2 * random.next();
        if (other === head) continue;
        const fromX = x - positions[other]!;
        const fromY = y - positions[other + 1]!;
        const distance = fromX * fromX + fromY * fromY;
        if (distance === 0) continue;
        const push = repulsion(distance, curve);
        x += clipped(push * fromX) * rate;
        y += clipped(push * fromY) * rate;
      }
      nextNegative[edge]! += (negatives * period[edge]!) / negativeSamples;
      positions[head] = x;
      positions[head + 1] = y;
    }
    onEpoch?.(epoch + 1);
  }
}

/** The gradient of the attractive force as a factor of the difference of two points. */
function attraction(squaredDistance: number, { a, b }: Curve): number {
  const power = squaredDistance ** b;
  return (-2 * a * b * power) / (squaredDistance * (a * power + 1));
}

/** The gradient of the repulsive force as a factor of the difference of two points. */
function repulsion(squaredDistance: number, { a, b }: Curve): number {
  return (2 * b) / ((0.001 + squaredDistance) * (a * squaredDistance ** b + 1));
}

function clipped(move: number): number {
  return move > longestMove ? longestMove : move < -longestMove ? -longestMove : move;
}

/** Random indices below a count; drawn by the thousands, since single random numbers are slow. */
class RandomIndices {
  readonly #random: Random;
  readonly #count: number;
  readonly #drawn = new Uint32Array(1 << 14);
  #used = this.#drawn.length;

  constructor(seed: number, count: number) {
    this.#random = new Random(seed);
    this.#count = count;
  }

  next(): number {
    if (this.#used === this.#drawn.length) {
      this.#random.fill(this.#drawn);
      this.#used = 0;
    }
    return Math.floor((this.#drawn[this.#used++]! / 2 ** 32) * this.#count);
  }
}
