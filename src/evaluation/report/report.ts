/** What an evaluation found, as data: every output (table, JSON, Markdown, HTML) is a view of it. */
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { Cost } from "../cost/cost.ts";
import type { Evaluation, EvaluatorType } from "../evaluator.ts";
import {
  type BootstrapOptions,
  bootstrapOptions,
  type Interval,
  percentileInterval,
  resampledScores,
} from "../statistics/bootstrap.ts";
import { mean } from "../statistics/mean.ts";

/** A model, or a model's embeddings cut to fewer dimensions. */
export interface EvaluatedModel {
  readonly name: string;
  readonly dimension: number;
  readonly evaluations: readonly Evaluation[];
  readonly cost?: Cost;
}

export interface Report {
  /** ISO 8601. */
  readonly createdAt: string;
  /** Where it was measured: `AMD EPYC, 2 cores, Node v24.1.0`. */
  readonly machine: string;
  readonly bootstrap: BootstrapOptions;
  readonly models: readonly ModelReport[];
  /** Every other model against the baseline. */
  readonly comparisons: readonly Comparison[];
}

export interface ModelReport extends Omit<EvaluatedModel, "evaluations"> {
  readonly tasks: readonly TaskReport[];
  /** Of the tasks of each type that has several. */
  readonly means: readonly MeanReport[];
}

export interface TaskReport extends Omit<Evaluation, "resampling" | "pairs"> {
  readonly score: number;
  /** 95 %; absent where the task can't be resampled. */
  readonly interval?: Interval;
}

export interface MeanReport {
  readonly type: EvaluatorType;
  readonly score: number;
  readonly interval?: Interval;
}

export interface Comparison {
  readonly model: string;
  readonly baseline: string;
  readonly tasks: readonly (Difference & { readonly name: string })[];
  readonly means: readonly (Difference & { readonly type: EvaluatorType })[];
}

export interface Difference {
  /** Model minus baseline, in the unit of the scores. */
  readonly difference: number;
  /** 95 %, paired: both models on the same resampled items. Without 0 inside, the difference is more than noise. */
  readonly interval?: Interval;
  /** Model's score by the baseline's; absent where that is not above 0, as nothing can be kept of it. */
  readonly retention?: number;
}

export interface ReportOptions {
  readonly bootstrap: BootstrapOptions;
  readonly createdAt: string;
  readonly machine: string;
}

const reportOptions: OptionTable<ReportOptions> = {
  bootstrap: bootstrapOptions,
  createdAt: "string",
  machine: "string",
};

/**
 * @param models all evaluated on the same tasks, with names of their own
 * @param baseline the name of the one that the others are compared with
 * @throws HpdError `invalid_argument` where the models' tasks differ, or none has the baseline's name
 */
export function buildReport(models: readonly EvaluatedModel[], baseline: string, options: ReportOptions): Report {
  const { bootstrap, createdAt, machine } = checkedOptions("buildReport", options, reportOptions);
  const scored = models.map((model) => scoreModel(model, bootstrap));
  const base = scored.find(({ report }) => report.name === baseline);
  if (base === undefined) {
    const names = models.map(({ name }) => name).join(", ");
    throw new HpdError("invalid_argument", `the baseline ${baseline} is none of the models ${names}`);
  }
  return {
    createdAt,
    machine,
    bootstrap,
    models: scored.map(({ report }) => report),
    comparisons: scored.filter((model) => model !== base).map((model) => compare(model, base)),
  };
}

/** A score and what it was in every resample, which the report leaves out. */
interface Sampled {
  readonly score: number;
  readonly samples: Float64Array | undefined;
}

interface ScoredModel {
  readonly report: ModelReport;
  readonly tasks: readonly Sampled[];
  readonly means: readonly Sampled[];
}

function scoreModel({ evaluations, ...model }: EvaluatedModel, bootstrap: BootstrapOptions): ScoredModel {
  const tasks = evaluations.map(({ name, mainMetric, scores, resampling }) => ({
    score: scores[mainMetric]!,
    samples: resampling && resampledScores(resampling, name, bootstrap),
  }));
  const types = [...new Set(evaluations.map(({ type }) => type))];
  const groups = types
    .map((type) => ({ type, members: tasks.filter((_, index) => evaluations[index]!.type === type) }))
    .filter(({ members }) => members.length > 1);
  const means = groups.map(({ members }) => meanOf(members));
  return {
    tasks,
    means,
    report: {
      ...model,
      tasks: evaluations.map(({ resampling, pairs, ...evaluation }, index) => ({
        ...evaluation,
        score: tasks[index]!.score,
        ...intervalOf(tasks[index]!.samples),
      })),
      means: groups.map(({ type }, index) => ({
        type,
        score: means[index]!.score,
        ...intervalOf(means[index]!.samples),
      })),
    },
  };
}

function compare(model: ScoredModel, baseline: ScoredModel): Comparison {
  const names = ({ report }: ScoredModel) => report.tasks.map(({ name, count }) => `${name} (${count})`).join(", ");
  if (names(model) !== names(baseline)) {
    throw new HpdError(
      "invalid_argument",
      `models are compared on the same tasks: ${names(baseline)} of the baseline are not ${names(model)}`,
    );
  }
  const difference = (a: Sampled, b: Sampled): Difference => ({
    difference: a.score - b.score,
    ...intervalOf(a.samples && b.samples && a.samples.map((score, index) => score - b.samples![index]!)),
    ...(b.score > 0 && { retention: a.score / b.score }),
  });
  return {
    model: model.report.name,
    baseline: baseline.report.name,
    tasks: model.report.tasks.map(({ name }, index) => ({
      name,
      ...difference(model.tasks[index]!, baseline.tasks[index]!),
    })),
    means: model.report.means.map(({ type }, index) => ({
      type,
      ...difference(model.means[index]!, baseline.means[index]!),
    })),
  };
}

/** The mean's samples are those of its tasks, drawn apart. Without one of them there is none. */
function meanOf(tasks: readonly Sampled[]): Sampled {
  const all = tasks.map(({ samples }) => samples).filter((samples) => samples !== undefined);
  return {
    score: mean(tasks.map(({ score }) => score)),
    samples:
      all.length === tasks.length
        ? all[0]!.map((_, resample) => mean(all.map((samples) => samples[resample]!)))
        : undefined,
  };
}

function intervalOf(samples: Float64Array | undefined): { interval?: Interval } {
  return samples === undefined ? {} : { interval: percentileInterval(samples) };
}
