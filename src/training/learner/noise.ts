/** The random bytes of dropout, determined by the run's seed, the step and the thread's share of a batch. */
import type { Random } from "../../random.ts";

/** A seed for each step and share of a batch, the same when a run is resumed. */
export function noiseSeed(seed: number, step: number, share: number): number {
  return (seed % 2 ** 15) * 2 ** 38 + (step % 2 ** 28) * 2 ** 10 + (share % 2 ** 10);
}

/** Bytes that are uniform from 0 to 255. */
export function noiseBytes(random: Random, count: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(count / 4));
  random.fill(words);
  return new Uint8Array(words.buffer, 0, count);
}
