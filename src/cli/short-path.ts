/** A path relative to the current folder if it lies below that, else unchanged. */
import { isAbsolute, relative } from "node:path";

export function shortPath(path: string): string {
  const way = relative(process.cwd(), path);
  return way.startsWith("..") || isAbsolute(way) ? path : way;
}
