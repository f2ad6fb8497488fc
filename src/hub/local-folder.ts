/** A model that lies in a folder on this disk, whoever put it there. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { HpdError } from "../errors.ts";
import { openFile } from "./file-byte-source.ts";
import { listedSource } from "./listed-source.ts";
import type { ModelSource } from "./model-source.ts";

const mostFiles = 10_000;
const deepestFolder = 8;

/**
 * Relative paths of the files of `folder`, sorted. `.git` is left out. Symbolic links are taken as files, whether what
 * they point to is there or not, and links to folders are left out: so nothing goes round in circles.
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
