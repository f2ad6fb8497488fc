/** The tasks that a command line names, read from where the data is. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { HpdError } from "../errors.ts";
import { type Evaluator, selectTasks } from "../evaluation/index.ts";
import { UsageError } from "./command.ts";

/**
 * @param names as of `hpd evaluate --tasks`
 * @param folder of the data; default `HPD_DATA`, else the current folder
 */
export async function loadTasks(
  names: readonly string[],
  folder: string | undefined,
  signal: AbortSignal,
): Promise<Evaluator[]> {
  const tasks = selectTasks(names);
  const data = folder ?? process.env.HPD_DATA;
  const evaluators: Evaluator[] = [];
  for (const task of tasks) {
    try {
      evaluators.push(...(await task.load(data ?? ".", signal)));
    } catch (error) {
      const isKnown = data !== undefined || task.isOwnFile;
      if (isKnown || !(error instanceof HpdError) || error.code !== "not_found") throw error;
      throw new HpdError(error.code, `${error.message}. Say where the data is by --data or HPD_DATA`, { cause: error });
    }
  }
  const found = evaluators.map(({ name }) => name);
  const twice = found.find((name, index) => found.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`two tasks are called ${twice}: give the file another name`);
  return evaluators;
}

/** Folders of the data that ready tasks read. */
const readyFolders = ["sts", "sick", "quora"];

/** The files that tasks read, and others beside them in the same folders. @param names as of `loadTasks` */
export async function taskFiles(names: readonly string[], folder: string | undefined): Promise<string[]> {
  const data = folder ?? process.env.HPD_DATA ?? ".";
  const own = names.filter((name) => name.includes(":")).map((name) => name.slice(name.indexOf(":") + 1));
  const isReady = own.length < names.length;
  const paths = [...own, ...(isReady ? readyFolders.map((name) => join(data, name)) : [])];
  const files: string[] = [];
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
    const inside = isFolder ? await readdir(path, { recursive: true, withFileTypes: true }) : [];
    files.push(
      ...(isFolder
        ? inside.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
        : [path]),
    );
  }
  return files;
}
