/** An index in a folder: LanceDB's table of passages and `index.json`, which is written last. */
import { dirname, resolve } from "node:path";
import { cannotWrite } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";
import { lockFolder } from "../../files/lock-folder.ts";
import { requireSameIndex } from "../description.ts";
import { realPathOf } from "../files/names.ts";
import type { IndexLocation } from "../store.ts";
import { passageFields } from "./columns.ts";
import { filesIn, readDescription, tableName, writeDescription } from "./description-file.ts";
import type { LanceHome } from "./home.ts";
import { plainLanceError } from "./lance-error.ts";
import { LanceStore } from "./lance-store.ts";
import { type LanceDB, type Libraries, loadLanceDB } from "./load-lancedb.ts";
import { requireStorable } from "./requirements.ts";

export function lanceLocation(folder: string): IndexLocation {
  return {
    name: folder,
    base: async () => dirname(await realPathOf(folder)),
    async open(access) {
      if ((await readDescription(folder)) === undefined) return undefined;
      const lock = access === "write" ? await lockFolder(folder) : undefined;
      try {
        const libraries = loadLanceDB();
        // Before the table is opened: if another takes its place meanwhile, it is opened again.
        const files = await filesIn(folder);
        const table = await openTable(libraries, folder);
        // Read again, since whoever had the lock before may have created the index.
        const description = (await readDescription(folder))!;
        const home = homeOf(folder, lock);
        const renewed = lock === undefined ? renewing(libraries, folder, files) : undefined;
        return new LanceStore({ libraries, table, description, home: { ...home, ...(renewed && { renewed }) } });
      } catch (error) {
        await lock?.[Symbol.asyncDispose]();
        throw error;
      }
    },
    async create(description) {
      requireStorable(folder, description);
      if ((await readDescription(folder)) !== undefined) throw exists(folder);
      const libraries = loadLanceDB();
      const lock = await lockFolder(folder);
      try {
        if ((await readDescription(folder)) !== undefined) throw exists(folder);
        const schema = new libraries.arrow.Schema(passageFields(libraries.arrow, description));
        const connection = await connect(libraries, folder);
        const table = await connection.createEmptyTable(tableName, schema, { mode: "overwrite" });
        await LanceStore.createTextIndex(libraries, table);
        await writeDescription(folder, description);
        return new LanceStore({ libraries, table, description, home: homeOf(folder, lock) });
      } catch (cause) {
        await lock[Symbol.asyncDispose]();
        if (cause instanceof HpdError) throw cause;
        const error = plainLanceError(cause);
        if ("code" in error) throw cannotWrite(folder, error);
        throw new HpdError("runtime", `${folder}: no index can be made here: ${error.message}`, { cause });
      }
    },
  };
}

function homeOf(folder: string, lock: AsyncDisposable | undefined): LanceHome {
  return {
    name: folder,
    keepDescription: (description) => writeDescription(folder, description),
    requireThere: async (description) => requireSameIndex(folder, description, await readDescription(folder)),
    // The lock of a process that runs can't be lost.
    lock: lock && { ...lock, requireHeld: () => {} },
    keptMilliseconds: 0,
  };
}

/** @param opened the name of the files that were opened */
function renewing(libraries: Libraries, folder: string, opened: string | undefined): LanceHome["renewed"] {
  let known = opened;
  return async () => {
    const files = await filesIn(folder);
    if (files === undefined || files === known) return undefined;
    const table = await openTable(libraries, folder);
    known = files;
    return table;
  };
}

/** @throws HpdError `corrupt_file` */
async function openTable(libraries: Libraries, folder: string): Promise<LanceDB.Table> {
  const connection = await connect(libraries, folder);
  return connection.openTable(tableName).catch((cause: Error) => {
    const message = `${folder}: the table of passages can't be opened: ${plainLanceError(cause).message}`;
    throw new HpdError("corrupt_file", message, { cause });
  });
}

function connect({ lancedb }: Libraries, folder: string) {
  // The absolute path, since LanceDB interprets `~` and others. With interval 0, the next query sees what another
  // process has committed.
  return lancedb.connect(resolve(folder), { readConsistencyInterval: 0 });
}

function exists(folder: string): HpdError {
  return new HpdError("invalid_argument", `${folder}: there is an index already`);
}
