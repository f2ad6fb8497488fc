/**
 * Names of files in an index: the path from the folder that contains the index, if the file is below that, so that both
 * can be moved together; else the absolute path. With forward slashes, and independent of the working directory.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/**
 * @param path absolute, as `realPathOf` gives it
 * @param base the folder that contains the index; undefined for a database
 */
export function nameOf(path: string, base: string | undefined): string {
  const below = base === undefined ? undefined : pathBelow(path, base);
  return (below ?? path).replaceAll(sep, "/");
}

/** The absolute path of a file by its name in an index. */
export function pathOf(name: string, base: string | undefined): string {
  return resolve(base ?? "", name);
}

/** The path from a folder to a file below it, "" for the folder itself; undefined for other files. */
export function pathBelow(path: string, folder: string): string | undefined {
  const way = relative(folder, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way;
}

/** The absolute path with symbolic links resolved, as far as the path exists. */
export async function realPathOf(path: string): Promise<string> {
  const whole = resolve(path);
  const parent = dirname(whole);
  return realpath(whole).catch(async () =>
    parent === whole ? whole : join(await realPathOf(parent), basename(whole)),
  );
}
