/** The description of an index in a folder, `index.json`. A folder is an index once that file exists. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileReason } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";
import { isLockFile } from "../../files/lock-folder.ts";
import { replaceFile } from "../../files/replace-file.ts";
import { isFor } from "../../files/temporary-name.ts";
import { type IndexDescription, parseDescription } from "../description.ts";

const descriptionFile = "index.json";

export const tableName = "passages";

/** Whether a folder is an index. @param names of its entries */
export function isIndex(names: readonly string[]): boolean {
  return names.includes(descriptionFile) && names.includes(`${tableName}.lance`);
}

/** Whether a killed creation may have left the file behind. */
function isLeftover(name: string): boolean {
  return name === `${tableName}.lance` || isLockFile(name) || isFor(descriptionFile, name);
}

/**
 * @returns undefined if there is nothing
 * @throws HpdError `invalid_argument` if there are other files
 */
export async function readDescription(folder: string): Promise<IndexDescription | undefined> {
  const file = join(folder, descriptionFile);
  try {
    return parseDescription(await readFile(file, "utf8"), file);
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") {
      throw new HpdError("invalid_argument", `${file} can't be read: ${fileReason(cause)}`, { cause });
    }
  }
  const others = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    throw new HpdError("invalid_argument", `${folder} is no index: ${fileReason(cause)}`, { cause });
  });
  if (others.every(isLeftover)) return undefined;
  throw new HpdError("invalid_argument", `${folder} is no index, and has other files: choose another folder`);
}

/**
 * A name for the files of an index, which others have that lie at its path later; undefined where there are none. An index
 * that was built elsewhere and moved here is another by its table, one that was copied over it by its description.
 */
export async function filesIn(folder: string): Promise<string | undefined> {
  const statOf = (name: string) => stat(join(folder, name), { bigint: true });
  const both = Promise.all([statOf(descriptionFile), statOf(`${tableName}.lance`)]);
  const [description, table] = await both.catch(() => []);
  return description && table && [description.ino, description.ctimeNs, table.ino, table.birthtimeNs].join(" ");
}

/** Writes the description atomically: after a crash it is there as a whole, or as it was before. */
export async function writeDescription(folder: string, description: IndexDescription): Promise<void> {
  const text = `${JSON.stringify(description, undefined, 2)}\n`;
  await replaceFile(join(folder, descriptionFile), text);
}
