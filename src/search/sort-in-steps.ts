/** Sorting that yields to the event loop: short runs by `sort`, which are then merged. */
import type { Yielder } from "../common/yielder.ts";

const runLength = 2048;

/**
 * A stable sort of the indices 0 to `count` - 1.
 *
 * @param compare two indices, as for `sort`
 * @throws the signal's reason when it aborts
 */
export async function sortInSteps(
  count: number,
  compare: (a: number, b: number) => number,
  yielder: Yielder,
): Promise<Uint32Array> {
  let sorted = new Uint32Array(count);
  for (let index = 0; index < count; index++) sorted[index] = index;
  for (let start = 0; start < count; start += runLength) {
    sorted.subarray(start, start + runLength).sort(compare);
    if (yielder.isDue) await yielder.yield();
  }
  let merged = new Uint32Array(count);
  for (let width = runLength; width < count; width *= 2) {
    const [from, to] = [sorted, merged];
    for (let start = 0; start < count; start += 2 * width) {
      let left = start;
      let right = start + width;
      const [leftEnd, rightEnd] = [Math.min(right, count), Math.min(right + width, count)];
      await yielder.inSteps(rightEnd - start, (first, end) => {
        for (let at = start + first; at < start + end; at++) {
          const isLeft = right >= rightEnd || (left < leftEnd && compare(from[left]!, from[right]!) <= 0);
          to[at] = from[isLeft ? left++ : right++]!;
        }
      });
    }
    [sorted, merged] = [to, from];
  }
  return sorted;
}
