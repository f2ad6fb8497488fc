/** The disk space that a plan needs, and a warning if there is too little. */
import type { Space } from "../train.ts";

export function spaceText({ folder, neededBytes, freeBytes }: Space): string {
  const warning = neededBytes > freeBytes ? ": NOT ENOUGH" : "";
  return `${bytes(neededBytes)} in ${folder} (${bytes(freeBytes)} free${warning})`;
}

function bytes(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}
