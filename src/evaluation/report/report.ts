/** The results of an evaluation as data: every output (table, JSON, Markdown, HTML) is a view of it. */
import { kindOf, requirePositiveInteger } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { Cost } from "../cost/cost.ts";
import type { Evaluation, EvaluatorType, Resampling } from "../evaluator.ts";
import { differenceInterval, type Interval, meanInterval, scoreInterval } from "../statistics/intervals.ts";
import { mean } from "../statistics/mean.ts";
import { differenceOf, type Spread, spreadOf } from "../statistics/spread.ts";
import { type Subsampling, subsamplingOptions } from "../statistics/subsamples.ts";

/** A model, or a model's embeddings truncated to fewer dimensions, with its evaluations. */
export interface EvaluatedModel {
  readonly name: string;
  readonly dimension: number;
  readonly evaluations: readonly Evaluation[];
  readonly cost?: Cost | undefined;
}

export interface Report {
  /** Time in ISO 8601. */
  readonly createdAt: string;
  /** Machine of the measurement: `AMD EPYC, 2 cores, Node v24.1.0`. */
  readonly machine: string;
  readonly sampling: Subsampling;
  readonly models: readonly ModelReport[];
  /** Comparisons of every other model with the baseline. */
  readonly comparisons: readonly Comparison[];
}

export interface ModelReport extends Omit<EvaluatedModel, "evaluations"> {
  readonly tasks: readonly TaskReport[];
  /** Means of the types that have several tasks on test data. */
  readonly means: readonly MeanReport[];
}

export interface TaskReport extends Omit<Evaluation, "resampling" | "pairs"> {
  /** The main score. */
  readonly score: number;
  /** 95 % confidence interval; absent if the task can't be resampled or has too few items. */
  readonly interval?: Interval | undefined;
}

export interface MeanReport {
  readonly type: EvaluatorType;
  /** `mean of 7` */
  readonly name: string;
  /** Names of the tasks that are averaged. */
  readonly tasks: readonly string[];
  readonly score: number;
  readonly interval?: Interval | undefined;
}

export interface Comparison {
  readonly model: string;
  readonly baseline: string;
  readonly tasks: readonly (Difference & { readonly name: string })[];
  readonly means: readonly (Difference & { readonly type: EvaluatorType; readonly name: string })[];
}

export interface Difference {
  /** Model's score minus the baseline's. */
  readonly difference: number;
  /** 95 % confidence interval, paired by item. The difference is significant if it excludes 0. */
  readonly interval?: Interval | undefined;
  /** Model's score divided by the baseline's; absent if that is not above 0. */
  readonly retention?: number | undefined;
}

export interface ReportOptions {
  readonly sampling: Subsampling;
  readonly createdAt: string;
  readonly machine: string;
}

const reportOptions: OptionTable<ReportOptions> = {
  sampling: subsamplingOptions,
  createdAt: "string",
  machine: "string",
};

/**
 * Builds a report: scores with confidence intervals, means, and comparisons with a baseline.
 *
 * @param models all evaluated on the same tasks, with distinct names
 * @param baseline name of the model that the others are compared with
 * @throws HpdError `invalid_argument` if the models' tasks differ, none has the baseline's name, a score is not finite, or
 *   there are no subsamples
 */
export function buildReport(models: readonly EvaluatedModel[], baseline: string, options: ReportOptions): Report {
  const { sampling, createdAt, machine } = checkedOptions("buildReport", options, reportOptions);
  requirePositiveInteger("sampling.samples", sampling.samples);
  const scored = models.map((model) => scoreModel(model, sampling));
  const base = scored.find(({ report }) => report.name === baseline);
  if (base === undefined) {
    const names = models.map(({ name }) => name).join(", ");
    throw new HpdError("invalid_argument", `the baseline should be one of the models ${names}, got ${baseline}`);
  }
  return {
    createdAt,
    machine,
    sampling,
    models: scored.map(({ report }) => report),
    comparisons: scored.filter((model) => model !== base).map((model) => compare(model, base)),
  };
}

/** @throws HpdError `invalid_argument` */
export function requireReport(report: unknown): void {
  const { models } = (report ?? {}) as Partial<Report>;
  if (Array.isArray(models) && models.length > 0) return;
  throw new HpdError("invalid_argument", `report should be what buildReport gives, got ${kindOf(report)}`);
}

/** A score with its spread, which the report leaves out. */
interface Sampled {
  readonly score: number;
  readonly range: Resampling["range"];
  readonly spread: Spread | undefined;
}

interface ScoredModel {
  readonly report: ModelReport;
  readonly tasks: readonly Sampled[];
}

function scoreModel({ evaluations, ...model }: EvaluatedModel, sampling: Subsampling): ScoredModel {
  const tasks = evaluations.map(({ name, mainMetric, scores, resampling }): Sampled => {
    requireFinite(name, mainMetric, scores);
    return {
      score: scores[mainMetric]!,
      range: resampling?.range ?? everyNumber,
      spread: resampling && spreadOf(resampling, name, sampling),
    };
  });
  const taskReports = evaluations.map(({ resampling, pairs, ...evaluation }, index): TaskReport => {
    const { score, range, spread } = tasks[index]!;
    return { ...evaluation, score, ...withInterval(spread && scoreInterval(score, range, spread)) };
  });
  return { tasks, report: { ...model, tasks: taskReports, means: meansOf(taskReports) } };
}

const everyNumber = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/** Means of the types that have several tasks of test data. Development data, used for model selection, is left out. */
function meansOf(reports: readonly TaskReport[]): MeanReport[] {
  const types = [...new Set(reports.map(({ type }) => type))];
  return types.flatMap((type) => {
    const members = reports.filter((report) => report.type === type && !report.isDev);
    if (members.length < 2) return [];
    const estimates = members.map(({ score, interval }) => ({ value: score, interval }));
    return [
      {
        type,
        name: `mean of ${members.length}`,
        tasks: members.map(({ name }) => name),
        score: mean(members.map(({ score }) => score)),
        ...withInterval(meanInterval(estimates)),
      },
    ];
  });
}

function compare(model: ScoredModel, baseline: ScoredModel): Comparison {
  const names = ({ report }: ScoredModel) => report.tasks.map(({ name, count }) => `${name} (${count})`).join(", ");
  if (names(model) !== names(baseline)) {
    throw new HpdError(
      "invalid_argument",
      `compared models should have the same tasks, got ${names(baseline)} of the baseline and ${names(model)}`,
    );
  }
  const tasks = model.report.tasks.map(({ name }, index) => {
    const [a, b] = [model.tasks[index]!, baseline.tasks[index]!];
    const difference = a.score - b.score;
    const interval = a.spread && b.spread && differenceInterval(difference, a.range, differenceOf(a.spread, b.spread));
    return { name, difference, ...withInterval(interval), ...retentionOf(a.score, b.score) };
  });
  const means = model.report.means.map(({ type, name, tasks: members, score }, index) => {
    const other = baseline.report.means[index]!.score;
    const differences = tasks.filter((task) => members.includes(task.name));
    const interval = meanInterval(differences.map(({ difference, interval }) => ({ value: difference, interval })));
    return { type, name, difference: score - other, ...withInterval(interval), ...retentionOf(score, other) };
  });
  return { model: model.report.name, baseline: baseline.report.name, tasks, means };
}

function retentionOf(score: number, baseline: number): { retention?: number } {
  return baseline > 0 ? { retention: score / baseline } : {};
}

function withInterval(interval: Interval | undefined): { interval?: Interval } {
  return interval === undefined ? {} : { interval };
}

/** Requires finite scores: others would be `null` in JSON and NaN in a table. @throws HpdError `invalid_argument` */
function requireFinite(task: string, mainMetric: string, scores: Evaluation["scores"]): void {
  for (const [metric, score] of Object.entries({ [mainMetric]: undefined, ...scores })) {
    if (Number.isFinite(score)) continue;
    throw new HpdError("invalid_argument", `${task}: the score ${metric} should be a finite number, got ${score}`);
  }
}
