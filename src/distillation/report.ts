/** The parts of a distillation's report that other runs haven't. */
import { grouped } from "../common/numbers.ts";
import type { Chart } from "../training/report/chart.ts";
import type { Point } from "../training/report/curves.ts";
import { inWords, type Report, type Row } from "../training/report/report.ts";
import type { PreparedEvent } from "./events.ts";
import type { Recipe } from "./options.ts";

export interface DistillationReport {
  readonly name: string;
  readonly recipe: Recipe;
  readonly prepared: PreparedEvent;
  /** The part of the variance that each direction of the projection has, the strongest first. */
  readonly explainedVarianceRatio: ArrayLike<number>;
  /** Name of the evaluator's score; undefined without an evaluator. */
  readonly scoreName: string | undefined;
}

export function distillationReport({
  name,
  recipe,
  prepared,
  explainedVarianceRatio,
  scoreName,
}: DistillationReport): Omit<Report, "status" | "curves"> {
  const teachers = recipe.teachers.map(({ model }) => model).join(" and ");
  return {
    name,
    subtitle: `${recipe.student.model}, taught by ${teachers}`,
    totalSteps: prepared.totalSteps,
    keepBest: recipe.keepBest,
    scoreName,
    charts: [varianceChart(explainedVarianceRatio)],
    tables: [recipeRows(recipe), dataRows(prepared)],
    footer: "Homomorphic Projective Distillation, arXiv 2203.07687, by hpd.",
  };
}

function varianceChart(ratio: ArrayLike<number>): Chart {
  const variance: Point[] = [];
  let kept = 0;
  for (const [index, part] of Array.from(ratio).entries()) {
    kept += 100 * part;
    variance.push([index + 1, kept]);
  }
  return {
    title: "Variance kept of the teacher's, %",
    axis: "zero",
    series: [{ name: "variance", points: variance, color: 1, kind: "line" }],
    unit: "dimensions",
    end: variance.length,
  };
}

function recipeRows(recipe: Recipe): Row[] {
  const { teachers, student, sentences, validation, loss, ...others } = recipe;
  const rows: Row[] = [
    ...teachers.map((teacher): Row => ["teacher", described(teacher)]),
    ["student", described(student)],
    ["sentences", sentences.map(({ path }) => path).join(", ")],
    [
      "validation",
      typeof validation === "number" ? grouped(validation) : validation.map(({ path }) => path).join(", "),
    ],
    [
      "loss",
      Object.entries(loss)
        .map(([name, weight]) => `${weight} × ${name}`)
        .join(" + "),
    ],
  ];
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined)
      rows.push([inWords(name), typeof value === "object" ? JSON.stringify(value) : String(value)]);
  }
  return rows;
}

/** A model's name and what else is said of it, but for how it is reached. */
function described({ model, ...options }: { readonly model: string }): string {
  const hidden = ["token", "cacheFolder", "localFilesOnly", "workers"];
  const said = Object.entries(options).filter(([key, value]) => value !== undefined && !hidden.includes(key));
  return [
    model,
    ...said.map(([key, value]) => `${inWords(key)} ${Array.isArray(value) ? value.join(", ") : value}`),
  ].join("; ");
}

function dataRows(prepared: PreparedEvent): Row[] {
  const { counts } = prepared;
  return [
    ...Object.entries(counts).map(([name, value]): Row => [`sentences: ${inWords(name)}`, grouped(value)]),
    ["dimensions of the teacher", grouped(prepared.teacherDimension)],
    ["dimensions of the targets", grouped(prepared.dimension)],
    ["variance that the targets keep", `${(100 * prepared.explainedVariance).toFixed(1)} %`],
    ["weights of the student", grouped(prepared.parameters)],
  ];
}
