/**
 * Pearson's and Spearman's correlation, as `scipy.stats.pearsonr` and `spearmanr` compute them: ties get the average of
 * their ranks. For confidence intervals, each is also a statistic of a resampling, in linear time.
 */
import { HpdError } from "../../errors.ts";

/** A correlation when item `i` occurs `counts[i]` times; NaN if one side is constant. */
export type CorrelationStatistic = (counts: Int32Array) => number;

/**
 * Pearson's linear correlation, -1 to 1.
 *
 * @throws HpdError `invalid_argument` if it is undefined: fewer than two pairs, numbers that aren't finite, a constant side
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  requireCorrelatable(x, y);
  return pearsonStatistic(x, y)(new Int32Array(x.length).fill(1));
}

/** Spearman's rank correlation, -1 to 1. @throws HpdError as `pearson` */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  requireCorrelatable(x, y);
  return spearmanStatistic(x, y)(new Int32Array(x.length).fill(1));
}

export function pearsonStatistic(x: ArrayLike<number>, y: ArrayLike<number>): CorrelationStatistic {
  return (counts) => {
    let items = 0;
    let sumX = 0;
    let sumY = 0;
    for (let i = 0; i < counts.length; i++) {
      items += counts[i]!;
      sumX += counts[i]! * x[i]!;
      sumY += counts[i]! * y[i]!;
    }
    const meanX = sumX / items;
    const meanY = sumY / items;
    let squaresX = 0;
    let squaresY = 0;
    let products = 0;
    for (let i = 0; i < counts.length; i++) {
      const fromX = x[i]! - meanX;
      const fromY = y[i]! - meanY;
      squaresX += counts[i]! * fromX * fromX;
      squaresY += counts[i]! * fromY * fromY;
      products += counts[i]! * fromX * fromY;
    }
    // Clamped against rounding. Math.min keeps NaN.
    return Math.max(-1, Math.min(1, products / (Math.sqrt(squaresX) * Math.sqrt(squaresY))));
  };
}

export function spearmanStatistic(x: ArrayLike<number>, y: ArrayLike<number>): CorrelationStatistic {
  const tiesX = tiesOf(x);
  const tiesY = tiesOf(y);
  return (counts) => pearsonStatistic(ranksOf(tiesX, counts), ranksOf(tiesY, counts))(counts);
}

/** Ranks from 1; equal values get the average of their ranks (`scipy.stats.rankdata`). */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  return ranksOf(tiesOf(values), new Int32Array(values.length).fill(1));
}

/** The group of equal values that each value belongs to, in ascending order. Sorted once, ranked for every sample. */
interface Ties {
  readonly groupOf: Int32Array;
  readonly groups: number;
}

function tiesOf(values: ArrayLike<number>): Ties {
  const order = Uint32Array.from(values, (_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const groupOf = new Int32Array(values.length);
  let group = -1;
  for (const [position, index] of order.entries()) {
    if (position === 0 || values[index]! !== values[order[position - 1]!]!) group++;
    groupOf[index] = group;
  }
  return { groupOf, groups: group + 1 };
}

function ranksOf({ groupOf, groups }: Ties, counts: Int32Array): Float64Array {
  const sizes = new Int32Array(groups);
  for (let i = 0; i < counts.length; i++) sizes[groupOf[i]!]! += counts[i]!;
  const rankOfGroup = new Float64Array(groups);
  let before = 0;
  for (let group = 0; group < groups; group++) {
    rankOfGroup[group] = before + (sizes[group]! + 1) / 2;
    before += sizes[group]!;
  }
  const ranks = new Float64Array(groupOf.length);
  // Float64Array.from takes ten times as long, and this runs a thousand times per interval.
  for (let i = 0; i < ranks.length; i++) ranks[i] = rankOfGroup[groupOf[i]!]!;
  return ranks;
}

/** Requires two or more pairs of finite numbers, neither side constant. @throws HpdError `invalid_argument` */
function requireCorrelatable(x: ArrayLike<number>, y: ArrayLike<number>): void {
  if (x.length !== y.length || x.length < 2) {
    throw new HpdError(
      "invalid_argument",
      `a correlation needs two or more pairs of numbers, got ${x.length} and ${y.length} numbers`,
    );
  }
  for (const values of [x, y]) {
    let isConstant = true;
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) {
        throw new HpdError("invalid_argument", `a correlation needs finite numbers, got ${values[i]} at ${i}`);
      }
      if (values[i] !== values[0]) isConstant = false;
    }
    if (!isConstant) continue;
    throw new HpdError(
      "invalid_argument",
      `a correlation needs numbers that differ, got ${values[0]} for all ${values.length} of one side`,
    );
  }
}
