/** Tasks by name, as the command line and scripts ask for them. */
import { HpdError } from "../../errors.ts";
import { beirTask } from "./beir.ts";
import { classificationTask, clusteringTask, pairsTask } from "./labelled-texts.ts";
import { quoraTask } from "./quora.ts";
import { stsBenchmarkDev, stsFileTask, stsTasks } from "./sts.ts";
import type { Task } from "./task.ts";

/** Ready tasks, whose files lie in the data folder. */
const readyTasks: readonly Task[] = [...stsTasks, stsBenchmarkDev, quoraTask];

/** One name for several tasks. */
const taskGroups: Readonly<Record<string, readonly Task[]>> = { sts: stsTasks };

/** `KIND:PATH`: a task out of files of one's own. */
const taskKinds: Readonly<Record<string, (path: string) => Task>> = {
  sts: stsFileTask,
  pairs: pairsTask,
  retrieval: beirTask,
  clustering: clusteringTask,
  classification: classificationTask,
};

/**
 * @param names of tasks or groups, in either case, or `KIND:PATH`; a task that is named twice comes once
 * @throws HpdError `invalid_argument` for a name that is not known, with those that are
 */
export function selectTasks(names: readonly string[]): Task[] {
  return [...new Set(names.flatMap(tasksOf))];
}

function tasksOf(name: string): readonly Task[] {
  const [kind, path] = splitOnce(name, ":");
  if (path !== undefined && Object.hasOwn(taskKinds, kind)) return [taskKinds[kind]!(path)];
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
