/** A model that lies in a folder on this disk, whoever put it there. */
import { opendir, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { HpdError } from "../errors.ts";
import { openFile } from "./file-byte-source.ts";
import { listedSource } from "./listed-source.ts";
import type { ModelSource } from "./model-source.ts";

const mostFiles = 10_000;
const deepestFolder = 8;

/** Entries of a folder that is a link. */
const mostOfModule = 1_000;

/**
 * Relative paths of the files of `folder`, sorted. `.git` is left out. Symbolic links are taken as files, whether what
 * they point to is there or not. Of a link to a folder, which may be a module's, the files that lie directly in it are
 * there: so nothing goes round in circles, and a link to somewhere large costs little.
 * @throws HpdError `invalid_argument` where the folder is far too large to be a model; the error of the file system.
 */
export async function listFolder(folder: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (relative: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(folder, relative), { withFileTypes: true })) {
      const path = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== ".git" && depth < deepestFolder) {
        await walk(path, depth + 1);
      } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFileOrMissing(join(folder, path))))) {
        files.push(path);
      } else if (entry.isSymbolicLink()) {
        files.push(...(await listLinkedFolder(folder, path)));
      }
      if (files.length > mostFiles) {
        throw new HpdError(
          "invalid_argument",
          `${folder} holds more than ${mostFiles} files; expected a model's folder.`,
        );
      }
    }
  };
  await walk("", 0);
  return files.sort();
}

/** The files directly in a folder that `path` is a link to; none where it holds `folder`, or more than a module does. */
async function listLinkedFolder(folder: string, path: string): Promise<string[]> {
  const [real, target] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
  if (`${real}${sep}`.startsWith(target.endsWith(sep) ? target : `${target}${sep}`)) return [];
  const files: string[] = [];
  try {
    let count = 0;
    for await (const entry of await opendir(target)) {
      if (++count > mostOfModule) return [];
      const isFile = entry.isFile() || (entry.isSymbolicLink() && (await isFileOrMissing(join(target, entry.name))));
      if (isFile) files.push(`${path}/${entry.name}`);
    }
  } catch {
    // What can't be read is no module's folder.
    return [];
  }
  return files;
}

async function isFileOrMissing(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isFile(),
    () => true,
  );
}

/** The listed files of `folder` as a model. `name` and `advice` are for messages. */
export function folderSource(name: string, folder: string, files: readonly string[], advice?: string): ModelSource {
  const openListed = async (file: string) => {
    try {
      return await openFile(join(folder, file));
    } catch (cause) {
      if (cause instanceof HpdError) {
        throw cause;
      }
      throw new HpdError("not_found", `${name}: the file ${file} cannot be opened (${(cause as Error).message}).`, {
        cause,
      });
    }
  };
  return listedSource(name, files, openListed, advice);
}
