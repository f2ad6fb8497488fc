/** The files that a build is given: those named, and those in the folders named, in an order that is always the same. */
import { readdir, realpath, stat } from "node:fs/promises";
import { posix, sep } from "node:path";
import { HpdError } from "../../errors.ts";

export interface InputFile {
  /** As it is called in the index: the path as it was given, tidied, with forward slashes. */
  readonly path: string;
  /** Whether it was named itself, not found in a folder: then its problems are the user's to know at once. */
  readonly isNamed: boolean;
}

/**
 * Hidden files and folders and `node_modules` are passed over, and a folder that a link leads to is taken only once.
 *
 * @param without a folder that is passed over: the index itself
 * @throws HpdError `not_found` for an input that isn't there
 */
export async function walk(inputs: readonly string[], without: string | undefined): Promise<InputFile[]> {
  const files = new Map<string, InputFile>();
  const folders = new Set<string>();
  const enter = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    if (folders.has(real) || real === without) return;
    folders.add(real);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = posix.join(folder, entry.name);
      // A link that leads nowhere is passed over, as one into the dark is.
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (kind?.isDirectory()) await enter(path);
      else if (kind?.isFile() && !files.has(path)) files.set(path, { path, isNamed: false });
    }
  };
  for (const input of inputs) {
    const path = posix.normalize(sep === "/" ? input : input.replaceAll(sep, "/")).replace(/(?<=.)\/$/, "");
    const stats = await stat(path).catch((cause: Error) => {
      throw new HpdError("not_found", `${input} can't be read: ${cause.message}`, { cause });
    });
    if (stats.isDirectory()) await enter(path);
    else files.set(path, { path, isNamed: true });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
