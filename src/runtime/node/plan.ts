/**
 * Divides a model's work into sessions, and their work into threads. Every session has a copy of the
 * weights of its own, in the runtime's format; the threads of one share it, but wait for each other at each operation.
 */
import { availableParallelism, totalmem } from "node:os";
import type { SessionModel } from "../session.ts";

/** More threads than this seldom help. */
const maxThreads = 8;

/** Bytes of a session a byte of weights, which it repacks: measured up to 1.35 in fp32, 1.5 in int8. */
const bytesOfWeight = 1.5;

/** The bytes of all copies of the weights together, where there are several. */
const maxCopies = 512 * 2 ** 20;

/** The share of the machine's memory for the weights and all copies; the rest is for texts and other programs. */
const shareOfMemory = 0.5;

/** The share of the threads that sessions of equal numbers of threads have to use at least. */
const shareOfThreads = 0.85;

export interface Machine {
  readonly cores: number;
  /** Total memory in bytes, not the free part, which changes and is defined differently on each system. */
  readonly memory: number;
}

export interface Plan {
  readonly sessions: number;
  /** Threads of each session. */
  readonly threads: number;
}

/**
 * The plan of a model. A small one has as many sessions of one thread as there are threads; one whose copies would fill
 * more than half a gigabyte has fewer, with more threads each; a large one has one session.
 *
 * @param workers threads together; one for each core, at most 8, where it is undefined
 */
export function planOf(model: SessionModel, workers?: number, machine: Machine = thisMachine()): Plan {
  const all = workers ?? Math.max(1, Math.min(machine.cores, maxThreads));
  const copy = bytesOfWeight * layerBytes(model);
  const room = Math.min(maxCopies, shareOfMemory * machine.memory - model.weights.length);
  const most = Math.max(1, Math.min(all, copy > 0 ? Math.floor(room / copy) : all));
  // Threads of a session wait for each other at full speed: more of them than cores would slow each other down.
  const atOnce = Math.min(all, machine.cores);
  for (let sessions = most; sessions > 1; sessions--) {
    const threads = Math.max(1, Math.floor(atOnce / sessions));
    if (sessions * threads >= shareOfThreads * atOnce) return { sessions, threads };
  }
  return { sessions: 1, threads: atOnce };
}

/** Bytes of the weights of which each session has a copy: lookup tables are shared. */
const bytesOf = { float32: 4, float16: 2, bfloat16: 2, int8: 1 } as const;

export function layerBytes({ weights, lookups, widening = 0 }: SessionModel): number {
  const shared = lookups.reduce((sum, { dtype, rows, width }) => sum + rows * width * bytesOf[dtype], 0);
  return weights.length - shared + widening;
}

export function thisMachine(): Machine {
  // 0 or a number beyond all memory where a container sets no limit; Bun may lack the function.
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return { cores: availableParallelism(), memory: Math.min(totalmem(), limit) };
}
