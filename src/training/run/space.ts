/** Disk space, needed and free. */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";

export interface Space {
  readonly folder: string;
  readonly neededBytes: number;
  readonly freeBytes: number;
}

/** The disk space of a folder, which need not exist yet. */
export async function space(folder: string, neededBytes: number): Promise<Space> {
  let there = resolve(folder);
  let stats = await statfs(there).catch(() => undefined);
  while (stats === undefined && dirname(there) !== there) {
    there = dirname(there);
    stats = await statfs(there).catch(() => undefined);
  }
  return { folder, neededBytes, freeBytes: stats === undefined ? Infinity : stats.bavail * stats.bsize };
}

/** The size of checkpoints: parameters and two moments, in three files (the latest, the best and one being written). */
export function checkpointBytes(parameters: number): number {
  return 3 * 3 * 4 * parameters;
}
