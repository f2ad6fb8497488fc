/** The assignment of hues to clusters: clusters side by side differ. */
import { hues } from "../hues.ts";

/**
 * The hue of each cluster: the one that differs most from those of the clusters around, the nearer ones counting more.
 *
 * @param centers of the clusters on the map, the largest cluster first
 */
export function hueOfEach(centers: readonly (readonly [number, number])[]): number[] {
  const count = hues.light.length;
  const given: number[] = [];
  const used = new Array<number>(count).fill(0);
  for (const [x, y] of centers) {
    const costs = used.map((times, hue) => {
      let cost = times * 1e-4;
      for (const [other, otherHue] of given.entries()) {
        const [otherX, otherY] = centers[other]!;
        const steps = Math.abs(hue - otherHue);
        const apart = Math.min(steps, count - steps) / (count / 2);
        cost += (1 - apart) ** 2 / (1 + Math.hypot(x - otherX, y - otherY) / 2000) ** 2;
      }
      return cost;
    });
    const best = costs.indexOf(Math.min(...costs));
    given.push(best);
    used[best]!++;
  }
  return given;
}
