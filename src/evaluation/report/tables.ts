/**
 * The report as tables of cells, for terminals and Markdown: for each type of task the scores of the models and their
 * differences from the baseline; then the costs.
 */
import { grouped, megabytes } from "../../common/numbers.ts";
import { bytesPerMillionVectors, type Cost } from "../cost/cost.ts";
import type { EvaluatorType } from "../evaluator.ts";
import { excludesZero, type Interval } from "../statistics/intervals.ts";
import { columnsOf } from "./columns.ts";
import { percent, signed } from "./numbers.ts";
import { amount, duration, type RatioWords, ratioInWords, size, speed } from "./ratio.ts";
import type { Difference, ModelReport, Report } from "./report.ts";

export type Table = readonly (readonly string[])[];

/** Further metrics of a type, shown beside its main score. */
const furtherMetrics: Readonly<Partial<Record<EvaluatorType, readonly string[]>>> = {
  PairClassification: ["cosine_f1", "cosine_accuracy"],
  Retrieval: ["mrr_at_10", "map_at_100", "recall_at_10", "recall_at_100", "precision_at_10"],
};

/** A table for each type of task, scores times 100. */
export function scoreTables(report: Report): Table[] {
  const types = [...new Set(report.models[0]!.tasks.map(({ type }) => type))];
  return types.map((type) => scoreTable(report, type));
}

function scoreTable(report: Report, type: EvaluatorType): Table {
  const { models, comparisons } = report;
  const columns = columnsOf(report, type);
  const metrics = new Set(models[0]!.tasks.filter((task) => task.type === type).map(({ mainMetric }) => mainMetric));
  return [
    [`${type}: ${[...metrics].join(", ")} x 100`, ...columns.map(({ name }) => name)],
    ["items", ...columns.map(({ count }) => (count === undefined ? "" : grouped(count)))],
    ...models.flatMap((model) => {
      const scores = columns.map(({ scoreOf }) => scoreOf(model));
      return [
        [model.name, ...scores.map(({ score }) => percent(score))],
        ["  95 % low", ...scores.map(({ interval }) => bound(interval, "low"))],
        ["  95 % high", ...scores.map(({ interval }) => bound(interval, "high"))],
        ...(furtherMetrics[type] ?? []).map((metric) => [
          `  ${metric}`,
          ...scores.map((score) => {
            const further = "scores" in score ? score.scores[metric] : undefined;
            return further === undefined ? "" : percent(further);
          }),
        ]),
      ];
    }),
    ...comparisons.flatMap((comparison) => {
      const differences = columns.map(({ differenceOf }) => differenceOf(comparison));
      return [
        [
          `${comparison.model} against ${comparison.baseline}`,
          ...differences.map(({ difference }) => signed(difference)),
        ],
        ["  95 % low", ...differences.map(({ interval }) => bound(interval, "low", signed))],
        ["  95 % high", ...differences.map(({ interval }) => bound(interval, "high", signed))],
        ["  significant", ...differences.map(significance)],
        [
          "  retained",
          ...differences.map(({ retention }) => (retention === undefined ? "" : `${percent(retention, 1)} %`)),
        ],
      ];
    }),
  ];
}

/** The table of costs, with the ratio to the baseline beside each. */
export function costTable({ models, comparisons }: Report): Table {
  const baseline = comparisons[0] && models.find(({ name }) => name === comparisons[0]!.baseline);
  const row = (
    label: string,
    value: (model: ModelReport) => number | undefined,
    show: (value: number) => string,
    words: RatioWords,
  ) => [
    label,
    ...models.flatMap((model) => {
      const own = value(model);
      const base = baseline && value(baseline);
      const cell = own === undefined ? "" : show(own);
      if (baseline === undefined || model === baseline) return [cell];
      if (own === undefined || base === undefined) return [cell, ""];
      return [cell, ratioInWords(own, base, words)];
    }),
  ];
  const cost = (name: keyof Cost) => (model: ModelReport) => model.cost?.[name];
  const rows = [
    row("parameters", cost("parameters"), grouped, size),
    row("files, MB", cost("fileBytes"), megabytes, size),
    row("weights in memory, MB", cost("weightBytes"), megabytes, size),
    row("dimension", ({ dimension }) => dimension, grouped, size),
    row("a million vectors, MB", ({ dimension }) => bytesPerMillionVectors(dimension), megabytes, size),
    row("peak memory, MB", cost("peakMemoryBytes"), megabytes, amount),
    row("sentences/s", cost("sentencesPerSecond"), grouped, speed),
    row("one sentence, p50, ms", cost("singleP50Milliseconds"), (value) => value.toFixed(2), duration),
    row("one sentence, p99, ms", cost("singleP99Milliseconds"), (value) => value.toFixed(2), duration),
  ];
  // Rows without a measurement are left out.
  return [
    ["Cost", ...models.flatMap((model) => (baseline && model !== baseline ? [model.name, ""] : [model.name]))],
    ...rows.filter(([, ...cells]) => cells.some((cell) => cell !== "")),
  ];
}

/** The note on intervals and measurement below the tables. */
export function footnote({ sampling, createdAt, machine }: Report): string {
  return (
    `95 %: confidence intervals over the choice of items, paired between models; ${grouped(sampling.samples)} subsamples, ` +
    `seed ${sampling.seed}. ${machine}, ${createdAt.slice(0, 10)}.`
  );
}

function significance({ interval }: Difference): string {
  if (interval === undefined) return "";
  return excludesZero(interval) ? "yes" : "no";
}

function bound(interval: Interval | undefined, side: keyof Interval, show = percent): string {
  return interval === undefined ? "" : show(interval[side]);
}
