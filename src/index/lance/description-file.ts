/** What an index in a folder says of itself, in `index.json`: a folder is an index from the moment that file is there. */
import { open, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { HpdError } from "../../errors.ts";
import { type IndexDescription, parseDescription } from "../description.ts";

const descriptionFile = "index.json";

export const tableName = "passages";

/** What a creation that was killed leaves behind. */
const leftover = new RegExp(`^(?:${tableName}\\.lance|run-\\d+-\\d+\\.lock|index\\.json\\.\\d+)$`);

/**
 * @returns undefined where there is nothing
 * @throws HpdError `invalid_argument` where there is something else
 */
export async function readDescription(folder: string): Promise<IndexDescription | undefined> {
  const file = join(folder, descriptionFile);
  try {
    return parseDescription(await readFile(file, "utf8"), folder);
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") {
      throw new HpdError("invalid_argument", `${file} can't be read: ${message}`, { cause });
    }
  }
  const others = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    throw new HpdError("invalid_argument", `${folder} is no index: ${cause.message}`, { cause });
  });
  if (others.every((name) => leftover.test(name))) return undefined;
  throw new HpdError("invalid_argument", `${folder} is a folder with other things in it, and no index`);
}

/** Either the whole of it is there after a crash, or what was there before. */
export async function writeDescription(folder: string, description: IndexDescription): Promise<void> {
  const path = join(folder, descriptionFile);
  const partial = `${path}.${process.pid}`;
  const handle = await open(partial, "w");
  try {
    await handle.writeFile(`${JSON.stringify(description, undefined, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}
