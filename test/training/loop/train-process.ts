/**
 * Trains the fake learner in a process of its own, for a test of kills:
 *
 *     train-process.ts FOLDER BYTES
 *
 * kills itself when it has written so many bytes of checkpoints, in the middle of a write.
 */
import { open } from "node:fs/promises";
import { Checkpoints } from "../../../src/training/loop/checkpoints.ts";
import { runLoop } from "../../../src/training/loop/run-loop.ts";
import { FakeLearner, tokenizer } from "./fake-learner.ts";
import { dimension, makeDatasets, maxSteps, options } from "./loop-options.ts";

const [folder, bytes] = process.argv.slice(2) as [string, string];
await killAfter(Number(bytes));
await runLoop({
  learner: new FakeLearner(dimension),
  tokenizer,
  datasets: makeDatasets(),
  checkpoints: new Checkpoints(folder, "run"),
  options: { ...options, checkpointMinutes: 0, maxSteps },
});

async function killAfter(bytes: number): Promise<void> {
  const handle = await open(import.meta.filename);
  const prototype: { write(buffer: Uint8Array, offset: number, length: number, at: number): Promise<unknown> } =
    Object.getPrototypeOf(handle);
  await handle.close();
  const { write } = prototype;
  let left = bytes;
  prototype.write = async function (buffer, offset, length, at) {
    if (left < length) {
      await write.call(this, buffer, offset, left, at);
      process.kill(process.pid, "SIGKILL");
    }
    left -= length;
    return await write.call(this, buffer, offset, length, at);
  };
}
