/**
 * Moves the points of a layout: along an edge together, as often as its weight says, and away from points drawn at random.
 * Source: `optimize_layout_euclidean` of umap-learn, two dimensions, with its learning rate 1, falling to 0, and 5 points
 * to flee from for each edge that pulls.
 */

import type { Yielder } from "../../common/yielder.ts";
import { Random } from "../../random.ts";
import type { FuzzyGraph } from "./fuzzy-graph.ts";

export interface LayoutOptions {
  readonly epochs: number;
  readonly a: number;
  readonly b: number;
  readonly seed: number;
  readonly yielder: Yielder;
  readonly onEpoch?: ((done: number) => void) | undefined;
}

const fleeing = 5;
const longestMove = 4;
const edgesBetweenYields = 8192;
/** Random numbers come by the thousands. */
const drawnAtOnce = 1 << 14;

/** @param positions `[count, 2]`, moved in place */
export async function optimizeLayout(
  { count, heads, tails, weights }: FuzzyGraph,
  positions: Float32Array,
  { epochs, a, b, seed, yielder, onEpoch }: LayoutOptions,
): Promise<void> {
  const strongest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  // Epochs from one pull to the next. An edge too weak to pull once does not.
  const period = Float64Array.from(weights, (weight) => (weight < strongest / epochs ? Infinity : strongest / weight));
  const nextPull = period.slice();
  const nextFlight = period.map((epochsEach) => epochsEach / fleeing);
  const random = new Random(seed);
  const drawn = new Uint32Array(drawnAtOnce);
  let used = drawnAtOnce;

  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 1 - epoch / epochs;
    for (let edge = 0; edge < heads.length; edge++) {
      if (edge % edgesBetweenYields === 0 && yielder.isDue) await yielder.yield();
      if (nextPull[edge]! > epoch) continue;
      const head = 2 * heads[edge]!;
      const tail = 2 * tails[edge]!;
      let x = positions[head]!;
      let y = positions[head + 1]!;
      const toX = x - positions[tail]!;
      const toY = y - positions[tail + 1]!;
      const squared = toX * toX + toY * toY;
      if (squared > 0) {
        const power = squared ** b;
        const pull = (-2 * a * b * power) / (squared * (a * power + 1));
        const moveX = clipped(pull * toX) * rate;
        const moveY = clipped(pull * toY) * rate;
        x += moveX;
        y += moveY;
        positions[tail]! -= moveX;
        positions[tail + 1]! -= moveY;
      }
      nextPull[edge]! += period[edge]!;

      const flights = Math.floor(((epoch - nextFlight[edge]!) * fleeing) / period[edge]!);
      for (let flight = 0; flight < flights; flight++) {
        if (used === drawnAtOnce) {
          random.fill(drawn);
          used = 0;
        }
        const other = 2 * Math.floor((drawn[used++]! / 2 ** 32) * count);
        if (other === head) continue;
        const fromX = x - positions[other]!;
        const fromY = y - positions[other + 1]!;
        const distance = fromX * fromX + fromY * fromY;
        if (distance === 0) continue;
        const push = (2 * b) / ((0.001 + distance) * (a * distance ** b + 1));
        x += clipped(push * fromX) * rate;
        y += clipped(push * fromY) * rate;
      }
      nextFlight[edge]! += (flights * period[edge]!) / fleeing;
      positions[head] = x;
      positions[head + 1] = y;
    }
    onEpoch?.(epoch + 1);
  }
}

function clipped(move: number): number {
  return move > longestMove ? longestMove : move < -longestMove ? -longestMove : move;
}
