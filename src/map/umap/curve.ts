/**
 * The curve by which membership falls with distance on the map, 1 / (1 + a d^2b), fitted to 1 up to `minDist`, then
 * exp(-(d - minDist) / spread). Source: `find_ab_params` of umap-learn, which fits by least squares on the same 300
 * points; here by Gauss-Newton with step halving.
 */
import { HpdError } from "../../errors.ts";

const samples = 300;
const spread = 1;

/** @throws HpdError `invalid_argument` where `minDist` is not from 0 to 1 */
export function fitCurve(minDist: number): { a: number; b: number } {
  if (!(minDist >= 0 && minDist <= spread)) {
    throw new HpdError("invalid_argument", `minDist should be a number from 0 to ${spread}, got ${String(minDist)}`);
  }
  const xs = Array.from({ length: samples }, (_, index) => (index * 3 * spread) / (samples - 1));
  const ys = xs.map((x) => (x < minDist ? 1 : Math.exp(-(x - minDist) / spread)));
  const errorOf = (a: number, b: number) =>
    xs.reduce((sum, x, index) => sum + (1 / (1 + a * x ** (2 * b)) - ys[index]!) ** 2, 0);
  let [a, b] = [1, 1];
  let error = errorOf(a, b);
  for (let round = 0; round < 100; round++) {
    // The normal equations of the residuals' derivatives.
    let [aa, ab, bb, ar, br] = [0, 0, 0, 0, 0];
    for (const [index, x] of xs.entries()) {
      if (x === 0) continue;
      const power = x ** (2 * b);
      const value = 1 / (1 + a * power);
      const byA = -power * value * value;
      const byB = byA * a * 2 * Math.log(x);
      const residual = value - ys[index]!;
      aa += byA * byA;
      ab += byA * byB;
      bb += byB * byB;
      ar += byA * residual;
      br += byB * residual;
    }
    const determinant = aa * bb - ab * ab;
    let stepA = (ab * br - bb * ar) / determinant;
    let stepB = (ab * ar - aa * br) / determinant;
    let next = Number.POSITIVE_INFINITY;
    for (let halving = 0; halving < 30; halving++) {
      if (a + stepA > 0 && b + stepB > 0) next = errorOf(a + stepA, b + stepB);
      if (next <= error) break;
      stepA /= 2;
      stepB /= 2;
    }
    if (!(next <= error)) break;
    a += stepA;
    b += stepB;
    error = next;
    if (Math.abs(stepA) < 1e-10 && Math.abs(stepB) < 1e-10) break;
  }
  return { a, b };
}
