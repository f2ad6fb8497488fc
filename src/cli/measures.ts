/** Tasks of `hpd evaluate` in training: one that selects the best state, and those whose scores the model card shows. */
import { basename, resolve } from "node:path";
import { evaluate } from "../evaluation/index.ts";
import type { DistillOptions } from "../train.ts";
import { loadTasks, withoutFolders } from "./tasks.ts";
import { UsageError } from "./usage-error.ts";

type Measures = Pick<DistillOptions, "evaluator" | "measure">;

export interface MeasureSettings {
  readonly evaluator?: string | undefined;
  readonly tasks?: string | undefined;
  /** Folder with the data of tasks. */
  readonly data?: string | undefined;
  readonly out?: string | undefined;
}

/** Reads the tasks before the training, so that missing files are reported at once. */
export async function measuresOf(values: MeasureSettings, signal: AbortSignal): Promise<Measures> {
  const { evaluator, tasks, data } = values;
  return {
    evaluator: evaluator === undefined ? undefined : await evaluatorOf(evaluator, data, signal),
    measure: tasks === undefined ? undefined : await measureOf(tasks, data, values.out!, signal),
  };
}

async function evaluatorOf(
  name: string,
  data: string | undefined,
  signal: AbortSignal,
): Promise<Measures["evaluator"]> {
  const [task, another] = await loadTasks([name], data, signal);
  if (task === undefined || another !== undefined) {
    throw new UsageError(`--evaluator should be one task, such as sts-b-dev, got ${name}`);
  }
  return {
    name: task.name,
    async evaluate(embed, roles) {
      const [{ scores, mainMetric }] = (await evaluate(embed, [task], { ...roles, signal })) as [Evaluated];
      return scores[mainMetric]!;
    },
  };
}

type Evaluated = Awaited<ReturnType<typeof evaluate>>[number];
type Score = Awaited<ReturnType<NonNullable<Measures["measure"]>>>[number];

async function measureOf(
  tasks: string,
  data: string | undefined,
  out: string,
  signal: AbortSignal,
): Promise<Measures["measure"]> {
  const evaluators = await loadTasks(tasks.split(","), data, signal);
  const command = `hpd evaluate ${basename(resolve(out))} --tasks ${withoutFolders(tasks)}`;
  return async (embed, roles) => {
    const evaluations = await evaluate(embed, evaluators, { ...roles, signal });
    const scoresOf = (isOfDev: boolean) =>
      evaluations.filter(({ isDev = false }) => isDev === isOfDev).map((evaluation) => scoreOf(evaluation, command));
    const [tests, devs] = [scoresOf(false), scoresOf(true)];
    return [...tests, ...meanOf(tests, evaluations, command), ...devs];
  };
}

function scoreOf({ name, mainMetric, scores }: Evaluated, command: string): Score {
  return { task: name, metric: `${mainMetric} x 100`, value: 100 * scores[mainMetric]!, command };
}

/** The mean of the test scores, if all tasks are of one type and metric. */
function meanOf(tests: readonly Score[], evaluations: readonly Evaluated[], command: string): Score[] {
  const [metric, another] = new Set(tests.map((score) => score.metric));
  const [type, anotherType] = new Set(evaluations.map((evaluation) => evaluation.type));
  if (tests.length < 2 || metric === undefined || another !== undefined || anotherType !== undefined) return [];
  const value = tests.reduce((sum, score) => sum + score.value, 0) / tests.length;
  return [{ task: `${type} mean of ${tests.length}`, metric, value, command }];
}
