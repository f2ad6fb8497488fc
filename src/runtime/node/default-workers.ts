/** How many workers run a model where nobody says it: one for each core, as far as memory goes. */
import { availableParallelism, totalmem } from "node:os";
import type { SessionModel } from "../session.ts";

/** More workers than this seldom help, and each costs a copy of the weights. */
const mostWorkers = 8;

/** A session holds more than the size of its weights, for it packs them anew: measured up to 1.5 times in fp32, 1.8 in int8. */
const bytesOfWeight = 1.75;

/** The part of a machine's memory that weights may fill, all copies together: the rest is for texts and for others. */
const shareOfMemory = 0.5;

export interface Machine {
  readonly cores: number;
  /** In bytes, all of it, whatever is free right now: what is free changes, and means another thing on each system. */
  readonly memory: number;
}

/** At least 1. */
export function defaultWorkers({ weights, lookups }: SessionModel, machine: Machine = thisMachine()): number {
  // Tables that are looked up are there once, for all workers.
  const shared = lookups.reduce((sum, { dtype, rows, width }) => sum + rows * width * (dtype === "float32" ? 4 : 2), 0);
  const copy = bytesOfWeight * (weights.length - shared);
  const room = shareOfMemory * machine.memory - weights.length;
  return Math.max(1, Math.min(machine.cores, mostWorkers, copy > 0 ? Math.floor(room / copy) : mostWorkers));
}

function thisMachine(): Machine {
  // 0 or a number beyond all memory where a container sets no limit; Bun may lack the function.
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return { cores: availableParallelism(), memory: Math.min(totalmem(), limit) };
}
