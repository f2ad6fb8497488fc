/** The default number of workers of a model: one for each core, as far as memory allows. */
import { availableParallelism, totalmem } from "node:os";
import type { SessionModel } from "../session.ts";

/** More workers than this seldom help, and each costs a copy of the weights. */
const maxWorkers = 8;

/** Bytes of a session a byte of weights, which it repacks: measured up to 1.5 in fp32, 1.8 in int8. */
const bytesOfWeight = 1.75;

/** The share of the machine's memory for all copies of the weights; the rest is for texts and other programs. */
const shareOfMemory = 0.5;

export interface Machine {
  readonly cores: number;
  /** Total memory in bytes, not the free part, which changes and is defined differently on each system. */
  readonly memory: number;
}

/** The number of workers, at least 1. */
export function defaultWorkers({ weights, lookups }: SessionModel, machine: Machine = thisMachine()): number {
  // Lookup tables are shared by all workers.
  const shared = lookups.reduce((sum, { dtype, rows, width }) => sum + rows * width * (dtype === "float32" ? 4 : 2), 0);
  const copy = bytesOfWeight * (weights.length - shared);
  const room = shareOfMemory * machine.memory - weights.length;
  return Math.max(1, Math.min(machine.cores, maxWorkers, copy > 0 ? Math.floor(room / copy) : maxWorkers));
}

function thisMachine(): Machine {
  // 0 or a number beyond all memory where a container sets no limit; Bun may lack the function.
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return { cores: availableParallelism(), memory: Math.min(totalmem(), limit) };
}
