/** A path as it is typed from the current folder, where it is below that; else as it is. */
import { isAbsolute, relative } from "node:path";

export function shortPath(path: string): string {
  const way = relative(process.cwd(), path);
  return way.startsWith("..") || isAbsolute(way) ? path : way;
}
