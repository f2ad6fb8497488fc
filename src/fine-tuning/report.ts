/** What the report of a fine-tuning says beside that of every run. */
import { inWords, type Report, type Row } from "../training/report/report.ts";
import { grouped } from "../training/report/text.ts";
import type { FineTuningPreparedEvent } from "./events.ts";
import { type TrainRecipe, trainIdentityOf } from "./options.ts";

/** @param scoreName what the evaluator measures, where there is one */
export function fineTuningReport(
  name: string,
  recipe: TrainRecipe,
  { counts, columns, label, parameters, totalSteps }: FineTuningPreparedEvent,
  scoreName: string | undefined,
): Omit<Report, "status" | "curves"> {
  const options = Object.entries(trainIdentityOf(recipe)).filter(([, value]) => value !== undefined);
  return {
    name,
    subtitle: `${recipe.model}, trained on ${recipe.data.map(({ path }) => path).join(", ")}`,
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
        ["columns", columns.join(", ")],
        ...(label === undefined ? [] : [["label", label] as const]),
        ["weights", grouped(parameters)],
      ],
    ],
    footer: "Fine-tuned by hpd.",
  };
}
