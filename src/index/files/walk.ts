/** The files that a build is given: those named, and those in the folders named, in an order that is always the same. */
import { readdir, realpath, stat } from "node:fs/promises";
import { posix, sep } from "node:path";
import { HpdError } from "../../errors.ts";

export interface InputFile {
  /** As it is called in the index: the path as it was given, tidied, with forward slashes. */
  readonly path: string;
  /** Whether it was named itself, not found in a folder: then what is wrong with it ends the build. */
  readonly isNamed: boolean;
}

export interface Inputs {
  readonly files: readonly InputFile[];
  /** Folders in a folder that can't be read, and why. */
  readonly unreadable: readonly { readonly folder: string; readonly reason: string }[];
}

/**
 * Hidden files and folders and `node_modules` are passed over, and a folder that a link leads to is taken only once.
 *
 * @param without a folder that is passed over: the index itself
 * @throws HpdError `not_found` for an input that isn't there or, named itself, can't be read; `invalid_argument` for none
 */
export async function walk(inputs: readonly string[], without: string | undefined): Promise<Inputs> {
  if (inputs.length === 0) throw new HpdError("invalid_argument", "no file or folder to index");
  const files = new Map<string, InputFile>();
  const unreadable: { folder: string; reason: string }[] = [];
  const folders = new Set<string>();
  const enter = async (folder: string, isNamed: boolean): Promise<void> => {
    const entries = await entriesOf(folder).catch((cause: Error) => {
      const reason = `${folder} can't be read: ${cause.message}`;
      if (isNamed) throw new HpdError("not_found", reason, { cause });
      unreadable.push({ folder, reason });
    });
    if (entries === undefined || folders.has(entries.real) || entries.real === without) return;
    folders.add(entries.real);
    for (const entry of entries.all) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = posix.join(folder, entry.name);
      // A link that leads nowhere is passed over, as one into the dark is.
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (kind?.isDirectory()) await enter(path, false);
      else if (kind?.isFile() && !files.has(path)) files.set(path, { path, isNamed: false });
    }
  };
  for (const input of inputs) {
    const path = posix.normalize(sep === "/" ? input : input.replaceAll(sep, "/")).replace(/(?<=.)\/$/, "");
    const stats = await stat(path).catch((cause: Error) => {
      throw new HpdError("not_found", `${input} can't be read: ${cause.message}`, { cause });
    });
    if (stats.isDirectory()) await enter(path, true);
    else files.set(path, { path, isNamed: true });
  }
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { files: sorted, unreadable };
}

async function entriesOf(folder: string) {
  return { real: await realpath(folder), all: await readdir(folder, { withFileTypes: true }) };
}
