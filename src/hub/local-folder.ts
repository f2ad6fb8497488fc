/** A model in a folder on this disk. */
import { opendir, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { HpdError } from "../errors.ts";
import { openFile } from "./file-byte-source.ts";
import { listedSource } from "./listed-source.ts";
import type { ModelSource } from "./model-source.ts";

const maxFiles = 10_000;
const maxDepth = 8;

/** Maximum entries of a linked folder. */
const maxLinkedEntries = 1_000;

/**
 * Relative paths of the files of `folder`, sorted, without `.git`. Symbolic links count as files, even dangling ones.
 * Of a link to a folder, which may be a module's, only the files directly in it are listed, which prevents cycles and
 * keeps a link to a large folder cheap.
 *
 * @throws HpdError `invalid_argument` where the folder is far too large to be a model; the error of the file system.
 */
export async function listFolder(folder: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (relative: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(folder, relative), { withFileTypes: true })) {
      const path = relative === "" ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== ".git" && depth < maxDepth) {
        await walk(path, depth + 1);
      } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFileOrMissing(join(folder, path))))) {
        files.push(path);
      } else if (entry.isSymbolicLink()) {
        files.push(...(await listLinkedFolder(folder, path)));
      }
      if (files.length > maxFiles) {
        throw new HpdError(
          "invalid_argument",
          `${folder} should be a model's folder of at most ${maxFiles} files, got more`,
        );
      }
    }
  };
  await walk("", 0);
  return files.sort();
}

/** The files directly in the folder that `path` links to; none if that contains `folder`, or has too many entries. */
async function listLinkedFolder(folder: string, path: string): Promise<string[]> {
  const [real, target] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
  if (`${real}${sep}`.startsWith(target.endsWith(sep) ? target : `${target}${sep}`)) return [];
  const files: string[] = [];
  try {
    let count = 0;
    for await (const entry of await opendir(target)) {
      if (++count > maxLinkedEntries) return [];
      const isFile = entry.isFile() || (entry.isSymbolicLink() && (await isFileOrMissing(join(target, entry.name))));
      if (isFile) files.push(`${path}/${entry.name}`);
    }
  } catch {
    // An unreadable folder is no module's.
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
      if (cause instanceof HpdError) throw cause;
      throw new HpdError("not_found", `${name}: the file ${file} can't be opened: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  return listedSource(name, files, openListed, advice);
}
