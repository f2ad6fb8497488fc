/**
 * An index in a folder: LanceDB's table of passages beside `index.json`, which says what the index is. A folder is an
 * index from the moment that file is there, and it comes last.
 */
import { open, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { HpdError } from "../../errors.ts";
import { lockFolder } from "../../lock-folder.ts";
import { type IndexDescription, parseDescription } from "../description.ts";
import type { IndexLocation } from "../store.ts";
import { passageFields } from "./columns.ts";
import { LanceStore, tableName } from "./lance-store.ts";
import { loadLanceDB } from "./load-lancedb.ts";

const descriptionFile = "index.json";

/** What a creation that was killed leaves behind. */
const leftover = new RegExp(`^(?:${tableName}\\.lance|run-\\d+-\\d+\\.lock|index\\.json\\.\\d+)$`);

export function lanceLocation(folder: string): IndexLocation {
  return {
    name: folder,
    async open(access) {
      if ((await readDescription(folder)) === undefined) return undefined;
      const lock = access === "write" ? await lockFolder(folder) : undefined;
      try {
        const libraries = loadLanceDB();
        const connection = await connect(folder);
        const table = await connection.openTable(tableName).catch((cause: Error) => {
          const message = `${folder}: the table of passages can't be opened: ${cause.message}`;
          throw new HpdError("corrupt_file", message, { cause });
        });
        // Again, since whoever had the lock before may have made it.
        return new LanceStore(libraries, table, (await readDescription(folder))!, lock, folder);
      } catch (error) {
        await lock?.[Symbol.asyncDispose]();
        throw error;
      }
    },
    async create(description) {
      if (description.precision !== "float32" && !description.isNormalized) {
        throw new HpdError(
          "unsupported",
          `${folder}: ${description.precision} is for embeddings of length 1, which those of a model with the ` +
            `similarity ${description.similarity} are not: leave the precision at float32`,
        );
      }
      if ((await readDescription(folder)) !== undefined) throw exists(folder);
      const libraries = loadLanceDB();
      const lock = await lockFolder(folder);
      try {
        if ((await readDescription(folder)) !== undefined) throw exists(folder);
        const schema = new libraries.arrow.Schema(passageFields(libraries.arrow, description));
        const connection = await connect(folder);
        const table = await connection.createEmptyTable(tableName, schema, { mode: "overwrite" });
        await LanceStore.createTextIndex(libraries, table);
        await writeWhole(join(folder, descriptionFile), `${JSON.stringify(description, undefined, 2)}\n`);
        return new LanceStore(libraries, table, description, lock, folder);
      } catch (error) {
        await lock[Symbol.asyncDispose]();
        throw error;
      }
    },
  };
}

function connect(folder: string) {
  // Whatever another process has committed is seen by the next query.
  return loadLanceDB().lancedb.connect(folder, { readConsistencyInterval: 0 });
}

function exists(folder: string): HpdError {
  return new HpdError("invalid_argument", `${folder}: there is an index already`);
}

/**
 * @returns undefined where there is nothing
 * @throws HpdError `invalid_argument` where there is something else
 */
async function readDescription(folder: string): Promise<IndexDescription | undefined> {
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

/** Either the whole of it is there after a crash, or nothing. */
async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.${process.pid}`;
  const handle = await open(partial, "w");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}
