/** What a folder needs of the disk, and what there is. */
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";

export interface Space {
  readonly folder: string;
  readonly neededBytes: number;
  readonly freeBytes: number;
}

/** The folder need not be there yet. */
export async function space(folder: string, neededBytes: number): Promise<Space> {
  let there = resolve(folder);
  let stats = await statfs(there).catch(() => undefined);
  while (stats === undefined && dirname(there) !== there) {
    there = dirname(there);
    stats = await statfs(there).catch(() => undefined);
  }
  return { folder, neededBytes, freeBytes: stats === undefined ? Infinity : stats.bavail * stats.bsize };
}

/** Parameters with two moments each, in three files: the latest, the best and the one that is being written. */
export function checkpointBytes(parameters: number): number {
  return 3 * 3 * 4 * parameters;
}
