/** For tests of growth: whether four times as much takes about four times as long, and not sixteen. */
import { expect } from "vitest";

const factor = 4;
const mostGrowth = 9;
const attempts = 4;

/** @param work on an input of a length: what goes wrong with it is none of the growth's business */
export async function expectLinear(length: number, work: (length: number) => unknown): Promise<void> {
  let growth = 0;
  // Whatever else the machine does may slow one of the two down, but not the same one each time.
  for (let attempt = 0; attempt < attempts; attempt++) {
    const small = await secondsOf(() => work(length));
    const large = await secondsOf(() => work(factor * length));
    growth = large / small;
    // What takes next to no time can't be compared; what is quadratic takes more than that.
    if (growth < mostGrowth || large < 0.1) return;
  }
  expect(growth).toBeLessThan(mostGrowth);
}

/** Of this process alone: others have the machine, too. */
async function secondsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  return process.cpuUsage(before).user / 1e6;
}
