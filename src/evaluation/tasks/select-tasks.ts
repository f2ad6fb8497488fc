/** Tasks by the names that the command line and scripts use. */
import { resolve } from "node:path";
import { requireStrings } from "../../common/arguments.ts";
import { HpdError } from "../../errors.ts";
import { beirTask } from "./beir.ts";
import { distinctNames, type NamedFile } from "./distinct-names.ts";
import { classificationTask, clusteringTask, pairsTask } from "./labelled-texts.ts";
import { quoraTask } from "./quora.ts";
import { folderNameOf, taskNameOf } from "./rows-of-file.ts";
import { stsBenchmarkDev, stsFileTask, stsTasks } from "./sts.ts";
import type { Task } from "./task.ts";

/** Ready tasks, whose files lie in the data folder. */
const readyTasks: readonly Task[] = [...stsTasks, stsBenchmarkDev, quoraTask];

/** Names of groups of tasks. */
const taskGroups: Readonly<Record<string, readonly Task[]>> = { sts: stsTasks };

interface TaskKind {
  readonly nameOf: (path: string) => string;
  readonly make: (path: string, name: string) => Task;
}

/** Kinds of tasks read from the user's files, named `KIND:PATH`. */
const taskKinds: Readonly<Record<string, TaskKind>> = {
  sts: { nameOf: taskNameOf, make: stsFileTask },
  pairs: { nameOf: taskNameOf, make: pairsTask },
  retrieval: { nameOf: folderNameOf, make: beirTask },
  clustering: { nameOf: taskNameOf, make: clusteringTask },
  classification: { nameOf: folderNameOf, make: classificationTask },
};

/**
 * The tasks of the given names.
 *
 * @param names of tasks or groups, in upper or lower case, or `KIND:PATH`; a task named twice occurs once. Tasks of files
 *   of the same name have as much of their paths in their names as makes them distinct
 * @throws HpdError `invalid_argument` for an unknown name, with the known ones
 */
export function selectTasks(names: readonly string[]): Task[] {
  requireStrings("names", names);
  const selected = new Map<string, Task | NamedFile>();
  for (const name of names) {
    const file = fileOf(name);
    if (file === undefined) for (const task of readyTasksOf(name)) selected.set(task.name, task);
    else selected.set(`${file.kind}:${resolve(file.path)}`, file);
  }
  const all = [...selected.values()];
  const files = all.filter((task) => "kind" in task);
  const ready = all.filter((task) => "load" in task);
  const distinct = distinctNames(
    files,
    ready.map((task) => task.name),
  );
  return all.map((task) =>
    "load" in task ? task : taskKinds[task.kind]!.make(task.path, distinct[files.indexOf(task)]!),
  );
}

function fileOf(name: string): NamedFile | undefined {
  const [kind, path] = splitOnce(name, ":");
  if (path === undefined || !Object.hasOwn(taskKinds, kind)) return undefined;
  if (path.trim() === "") {
    throw new HpdError(
      "invalid_argument",
      `the task ${JSON.stringify(name)} has no path behind the colon: ${kind}:PATH`,
    );
  }
  return { kind, path, name: taskKinds[kind]!.nameOf(path) };
}

function readyTasksOf(name: string): readonly Task[] {
  const lower = name.toLowerCase();
  if (Object.hasOwn(taskGroups, lower)) return taskGroups[lower]!;
  const task = readyTasks.find((ready) => ready.name === lower);
  if (task !== undefined) return [task];
  const known = [...Object.keys(taskGroups), ...readyTasks.map((ready) => ready.name)];
  const kinds = Object.keys(taskKinds).map((known) => `${known}:PATH`);
  throw new HpdError(
    "invalid_argument",
    `there is no task ${JSON.stringify(name)}; there are ${[...known, ...kinds].join(", ")}`,
  );
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
