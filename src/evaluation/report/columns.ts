/**
 * The order of a type's tasks in every output: test data, their mean, then development data.
 */
import type { EvaluatorType } from "../evaluator.ts";
import type { Comparison, Difference, MeanReport, ModelReport, Report, TaskReport } from "./report.ts";

export interface Column {
  readonly name: string;
  readonly isMean: boolean;
  /** Number of items; undefined for a mean. */
  readonly count: number | undefined;
  scoreOf(model: ModelReport): TaskReport | MeanReport;
  differenceOf(comparison: Comparison): Difference;
}

export function columnsOf({ models }: Report, type: EvaluatorType): Column[] {
  const { tasks, means } = models[0]!;
  const taskColumns = (isOfDev: boolean) =>
    tasks
      .filter((task) => task.type === type && (task.isDev ?? false) === isOfDev)
      .map(({ name, count }): Column => {
        const index = tasks.findIndex((task) => task.name === name);
        return {
          name,
          isMean: false,
          count,
          scoreOf: (model) => model.tasks[index]!,
          differenceOf: (comparison) => comparison.tasks[index]!,
        };
      });
  const meanIndex = means.findIndex((mean) => mean.type === type);
  const meanColumn: Column[] =
    meanIndex < 0
      ? []
      : [
          {
            name: means[meanIndex]!.name,
            isMean: true,
            count: undefined,
            scoreOf: (model) => model.means[meanIndex]!,
            differenceOf: (comparison) => comparison.means[meanIndex]!,
          },
        ];
  return [...taskColumns(false), ...meanColumn, ...taskColumns(true)];
}
