/** The parts of a fine-tuning's report that other runs haven't. */
import { counted, grouped } from "../common/numbers.ts";
import type { RowLoss } from "../training/losses/loss.ts";
import { inWords, type Report, type Row } from "../training/report/report.ts";
import type { DatasetSummary, FineTuningPreparedEvent } from "./events.ts";
import { type FineTuningRecipe, trainIdentityOf } from "./recipe.ts";

/** A table row for each dataset: its rows and batches. */
function datasetRows(datasets: readonly DatasetSummary[]): Row[] {
  return datasets.map(({ name, counts, batches }) => [
    name,
    `${counted(counts.train, "row")} in ${counted(batches, "batch", "batches")} an epoch, ${grouped(counts.validation)} held out`,
  ]);
}

/** @param scoreName what the evaluator measures, where there is one */
export function fineTuningReport(
  name: string,
  recipe: FineTuningRecipe<RowLoss>,
  { counts, datasets, parameters, trained, totalSteps }: FineTuningPreparedEvent,
  scoreName: string | undefined,
): Omit<Report, "status" | "curves"> {
  const options = Object.entries(trainIdentityOf(recipe)).filter(([, value]) => value !== undefined);
  return {
    name,
    subtitle: `${recipe.model}, trained on ${recipe.datasets.flatMap(({ data }) => data.map(({ path }) => path)).join(", ")}`,
    totalSteps,
    keepBest: recipe.keepBest,
    scoreName,
    charts: [],
    tables: [
      options.map(
        ([key, value]): Row => [inWords(key), typeof value === "object" ? JSON.stringify(value) : String(value)],
      ),
      [
        ...Object.entries(counts).map(([key, value]): Row => [`rows: ${inWords(key)}`, grouped(value)]),
        ...datasets.flatMap(({ name, columns, label, classes }) => [
          [name === "" ? "columns" : `columns of ${name}`, [...new Set(columns)].join(", ")] as const,
          ...(label === undefined ? [] : [[name === "" ? "label" : `label of ${name}`, label] as const]),
          ...(classes === undefined
            ? []
            : [[name === "" ? "labels" : `labels of ${name}`, classes.join(", ")] as const]),
        ]),
        ["weights", grouped(parameters)],
        ...(trained === parameters ? [] : [["weights that are trained", grouped(trained)] as const]),
      ],
      ...(datasets.length > 1 ? [datasetRows(datasets)] : []),
    ],
    footer: "Fine-tuned by hpd.",
  };
}
