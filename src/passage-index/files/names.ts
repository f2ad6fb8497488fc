/**
 * What a file is called in an index, the same however it was typed and from wherever the build is run: by its path from the
 * folder that the index lies in, where it is below that, so that both can be moved together; else by its whole path.
 * Forward slashes.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/**
 * @param path absolute, as `realPathOf` gives it
 * @param base the folder that the index lies in; undefined where it lies in none
 */
export function nameOf(path: string, base: string | undefined): string {
  const below = base === undefined ? undefined : pathBelow(path, base);
  return (below ?? path).replaceAll(sep, "/");
}

/** The whole path of a file that an index names. */
export function pathOf(name: string, base: string | undefined): string {
  return resolve(base ?? "", name);
}

/** The path from a folder to what is in it, or "" for itself; undefined for what is elsewhere. */
export function pathBelow(path: string, folder: string): string | undefined {
  const way = relative(folder, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way;
}

/** The whole path without symbolic links, as far as there is something already. */
export async function realPathOf(path: string): Promise<string> {
  const whole = resolve(path);
  const parent = dirname(whole);
  return realpath(whole).catch(async () =>
    parent === whole ? whole : join(await realPathOf(parent), basename(whole)),
  );
}
