/** The random choice of a loss's terms in a step. */
import type { Random } from "../../random.ts";

/**
 * @param take number of terms that are drawn; 0 or less for all
 * @param random undefined in validation, where each counts by the probability of being drawn
 * @returns 1 for a drawn term, else 0: [count]
 */
export function sampleFlags(count: number, take: number, random: Random | undefined): Float32Array {
  if (take <= 0 || take >= count) return new Float32Array(count).fill(1);
  if (random === undefined) return new Float32Array(count).fill(take / count);
  const flags = new Float32Array(count);
  const order = random.shuffle(Uint32Array.from({ length: count }, (_, at) => at));
  for (const at of order.subarray(0, take)) flags[at] = 1;
  return flags;
}
