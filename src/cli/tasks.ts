/** The tasks that a command line names, read from where the data is. */
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
