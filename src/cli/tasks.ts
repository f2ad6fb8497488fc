/** The tasks that a command line names, read from the data folder. */
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { HpdError } from "../errors.ts";
import { type Evaluator, selectTasks } from "../evaluation/index.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Reads tasks.
 *
 * @param names as `hpd evaluate --tasks` takes them
 * @param folder the data folder; default `HPD_DATA`, else the current folder
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
      throw new HpdError(error.code, `${error.message}; name the data folder by --data or HPD_DATA`, { cause: error });
    }
  }
  const found = evaluators.map(({ name }) => name);
  const twice = found.find((name, index) => found.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`tasks should have distinct names, got two ${twice}: rename the file`);
  return evaluators;
}

/** The names of tasks with the names of files and folders instead of their paths. @param names separated by commas */
export function withoutFolders(names: string): string {
  return names.replace(/:([^,]+)/g, (_, path: string) => `:${basename(resolve(path))}`);
}

/** Folders of the ready tasks' data. */
const readyFolders = ["sts", "sick", "quora"];

/** The files that tasks read, and all others in their folders. @param names as `loadTasks` takes them */
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
