/** Reads inputs one after the other, and tells the main thread which one it is at. */
import { parentPort, workerData } from "node:worker_threads";
import { inputOf, problemOf } from "./run-input.ts";
import { targets } from "./targets/index.ts";

const { name, seed, start, end, progress } = workerData as {
  name: string;
  seed: number;
  start: number;
  end: number;
  /** [index of the input, time at which it was begun, in ms] */
  progress: Float64Array;
};
const target = targets.find((known) => known.name === name)!;
for (let index = start; index < end; index++) {
  const input = inputOf(target, seed, index);
  progress[1] = performance.timeOrigin + performance.now();
  progress[0] = index;
  const problem = await problemOf(input);
  if (problem !== undefined) parentPort!.postMessage({ index, problem });
}
progress[0] = end;
