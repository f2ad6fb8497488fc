/** The input files of a build: those that are named, and those in folders that are named, in a deterministic order. */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, posix, sep } from "node:path";
import { cannotRead } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";
import { isIndex } from "../lance/description-file.ts";
import { nameOf, pathBelow, realPathOf } from "./names.ts";

export interface InputFile {
  /** The path as it was given, normalized, with forward slashes: for messages and to open it. */
  readonly path: string;
  /** Its name in the index. */
  readonly name: string;
  /** Whether it was named itself, not found in a folder: then an error of reading it ends the build. */
  readonly isNamed: boolean;
}

export interface Inputs {
  readonly files: readonly InputFile[];
  /** Folders below an input that can't be read, with the reason. */
  readonly unreadable: readonly { readonly folder: string; readonly name: string; readonly reason: string }[];
  /** Absolute paths of the inputs. */
  readonly roots: readonly string[];
}

/** Whether a file is an input or below one. @param path absolute */
export function isCovered(path: string, { roots }: Inputs): boolean {
  return roots.some((root) => pathBelow(path, root) !== undefined);
}

/**
 * Finds the input files. Hidden files and folders, `node_modules` and other indexes are skipped, and each folder is
 * visited once, however many links lead to it.
 *
 * @param without a folder that is skipped: the index itself
 * @param base the folder that contains the index
 * @throws HpdError `not_found` for an input that doesn't exist or can't be read; `invalid_argument` without inputs
 */
export async function walk(
  inputs: readonly string[],
  without: string | undefined,
  base: string | undefined,
): Promise<Inputs> {
  if (inputs.length === 0) throw new HpdError("invalid_argument", "expected at least one file or folder, got none");
  const files = new Map<string, InputFile>();
  const unreadable: { folder: string; name: string; reason: string }[] = [];
  const folders = new Set<string>();
  const roots: string[] = [];
  const add = (path: string, whole: string, isNamed: boolean) => {
    const name = nameOf(whole, base);
    if (isNamed || !files.has(name)) files.set(name, { path, name, isNamed });
  };
  const enter = async (folder: string, whole: string, isNamed: boolean): Promise<void> => {
    const entries = await entriesOf(folder).catch((cause: Error) => {
      const error = cannotRead(folder, cause);
      if (isNamed) throw error;
      unreadable.push({ folder, name: nameOf(whole, base), reason: error.message });
    });
    if (entries === undefined || folders.has(entries.real) || entries.real === without) return;
    folders.add(entries.real);
    if (!isNamed && isIndex(entries.all.map(({ name }) => name))) return;
    for (const entry of entries.all) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = posix.join(folder, entry.name);
      const wholePath = join(whole, entry.name);
      // Broken links are skipped.
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (kind?.isDirectory()) await enter(path, wholePath, false);
      else if (kind?.isFile()) add(path, wholePath, false);
    }
  };
  for (const input of inputs) {
    const path = posix.normalize(sep === "/" ? input : input.replaceAll(sep, "/")).replace(/(?<=.)\/$/, "");
    const stats = await stat(path).catch((cause: Error) => {
      throw cannotRead(input, cause);
    });
    // A link to a file is a file of its own, in the real folder of the link.
    const whole = stats.isDirectory() ? await realPathOf(path) : join(await realPathOf(dirname(path)), basename(path));
    roots.push(whole);
    if (stats.isDirectory()) await enter(path, whole, true);
    else add(path, whole, true);
  }
  const sorted = [...files.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { files: sorted, unreadable, roots };
}

async function entriesOf(folder: string) {
  return { real: await realpath(folder), all: await readdir(folder, { withFileTypes: true }) };
}
