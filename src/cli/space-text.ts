/** The disk space that a plan needs, and a warning if there is too little. */
import { sizeText } from "../common/numbers.ts";
import type { Space } from "../train.ts";

export function spaceText({ folder, neededBytes, freeBytes }: Space): string {
  const warning = neededBytes > freeBytes ? ": NOT ENOUGH" : "";
  return `${sizeText(neededBytes)} in ${folder} (${sizeText(freeBytes)} free${warning})`;
}
