/** For tests of growth: whether four times as much takes about four times as long, and not sixteen. */
import { expect } from "vitest";

const factor = 4;
const mostGrowth = 9;
const attempts = 4;

/** What takes less can't be compared; what is quadratic takes more. */
const leastSeconds = 0.1;

/** @param work on an input of a length: what goes wrong with it is none of the growth's business */
export async function expectLinear(length: number, work: (length: number) => unknown, what = ""): Promise<void> {
  let growth = 0;
  // The first time all code is slow, and garbage of others may be collected in one of the two.
  for (let attempt = 0; attempt < attempts; attempt++) {
    const large = await processorSeconds(() => work(factor * length));
    if (large < leastSeconds) return;
    growth = large / (await processorSeconds(() => work(length)));
    if (growth < mostGrowth) return;
  }
  expect(growth, what).toBeLessThan(mostGrowth);
}

/** The seconds of processor time that work takes in this process: others have the machine, too. */
export async function processorSeconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  return process.cpuUsage(before).user / 1e6;
}
