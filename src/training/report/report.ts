/** The report of a run: one HTML file that needs no other, while the run lasts and after it. */
import { policyTag } from "../../report/content-security-policy.ts";
import { escapeHtml } from "../../report/escape-html.ts";
import type { PreparedEvent } from "../distill/events.ts";
import type { Recipe } from "../distill/options.ts";
import { type Chart, chartFigure } from "./chart.ts";
import { type Curves, type Point, runningMean } from "./curves.ts";
import { css, script } from "./style.ts";
import { duration, grouped, significant } from "./text.ts";

export interface Report {
  readonly name: string;
  readonly status: "running" | "stopped" | "done";
  readonly recipe: Recipe;
  readonly prepared: PreparedEvent;
  /** Of each direction of the projection, the strongest first: its part of the variance. */
  readonly explainedVarianceRatio: ArrayLike<number>;
  readonly curves: Curves;
  /** What the evaluator measures, where there is one. */
  readonly scoreName: string | undefined;
}

export function reportHtml(report: Report): string {
  const { name, status, recipe } = report;
  const charts = chartsOf(report).map(chartFigure).join("\n");
  const teachers = recipe.teachers.map(({ model }) => model).join(" and ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${policyTag([script])}
<meta name="viewport" content="width=device-width, initial-scale=1">
${status === "running" ? '<meta http-equiv="refresh" content="60">\n' : ""}<title>${escapeHtml(name)}</title>
<style>${css}</style>
</head>
<body>
<header><h1>${escapeHtml(name)}</h1><span class="status ${status}">${status}</span>
<div class="subtitle">${escapeHtml(`${recipe.student.model}, taught by ${teachers}`)}</div></header>
<dl class="tiles">${tilesOf(report).map(tile).join("")}</dl>
<div class="charts">
${charts}
</div>
<h2>Recipe and data</h2>
<div class="tables">${table(recipeRows(recipe))}${table(dataRows(report))}</div>
<footer>Homomorphic Projective Distillation, arXiv 2203.07687, by hpd.</footer>
<script>${script}</script>
</body>
</html>
`;
}

type Tile = readonly [name: string, value: string, detail: string];

function tilesOf({ curves, prepared, recipe, scoreName }: Report): Tile[] {
  const { best } = curves;
  const last = curves.last;
  const rate = last === undefined ? 0 : last.samples / last.seconds;
  const tiles: Tile[] = [
    ["step", grouped(last?.step ?? 0), `of ${grouped(prepared.totalSteps)}`],
    ["sentences seen", grouped(last?.samples ?? 0), `${significant(last?.epochs ?? 0)} epochs`],
    ["time", duration(last?.seconds ?? 0), `${grouped(Math.round(rate))} sentences/s`],
  ];
  if (best === undefined) return tiles;
  tiles.push(["best validation loss", significant(best.loss), `at step ${grouped(best.step)}`]);
  if (best.score !== undefined) tiles.push([scoreName ?? "score", best.score.toFixed(4), `by ${recipe.keepBest}`]);
  return tiles;
}

function tile([name, value, detail]: Tile): string {
  return `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)} <small>${escapeHtml(detail)}</small></dd></div>`;
}

function chartsOf({ curves, prepared, scoreName, explainedVarianceRatio }: Report): Chart[] {
  const { best } = curves;
  const validations = curves.validations.map(({ step, loss }): Point => [step, loss]);
  const scores = curves.validations.flatMap(({ step, score }): Point[] =>
    Number.isFinite(score) ? [[step, score!]] : [],
  );
  const mark = best && { point: [best.step, best.loss] as const, label: "kept" };
  const along = { unit: "step", end: prepared.totalSteps };
  const variance: Point[] = [];
  let kept = 0;
  for (const [index, part] of Array.from(explainedVarianceRatio).entries()) {
    kept += 100 * part;
    variance.push([index + 1, kept]);
  }
  const rates = runningMean(curves.points("secondsPerSentence")).map(([step, seconds]): Point => [step, 1 / seconds]);
  const ofSteps = (title: string, points: Point[], axis: Chart["axis"], kind: "line" | "noise"): Chart => ({
    title,
    axis,
    series: [{ name: title.toLowerCase(), points, color: 1, kind }],
    ...along,
  });
  return [
    {
      title: "Loss",
      axis: "logarithm",
      mark,
      series: [
        { name: "training", points: curves.points("loss"), color: 1, kind: "noise" },
        { name: "validation", points: validations, color: 2, kind: "dots" },
      ],
      ...along,
    },
    {
      title: scoreName ?? "Score",
      axis: "range",
      series: [{ name: "score", points: scores, color: 2, kind: "dots" }],
      ...along,
    },
    ofSteps("Learning rate", curves.points("learningRate"), "zero", "line"),
    ofSteps("Gradient norm before clipping", curves.points("gradientNorm"), "logarithm", "noise"),
    ofSteps("Sentences a second", rates, "zero", "line"),
    {
      title: "Variance kept of the teacher's, %",
      axis: "zero",
      series: [{ name: "variance", points: variance, color: 1, kind: "line" }],
      unit: "dimensions",
      end: variance.length,
    },
  ];
}

type Row = readonly [name: string, value: string];

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

function dataRows({ prepared }: Report): Row[] {
  const { counts } = prepared;
  return [
    ...Object.entries(counts).map(([name, value]): Row => [`sentences: ${inWords(name)}`, grouped(value)]),
    ["dimensions of the teacher", grouped(prepared.teacherDimension)],
    ["dimensions of the targets", grouped(prepared.dimension)],
    ["variance that the targets keep", `${(100 * prepared.explainedVariance).toFixed(1)} %`],
    ["weights of the student", grouped(prepared.parameters)],
  ];
}

function table(rows: readonly Row[]): string {
  return `<table>${rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join("")}</table>`;
}

/** `batchSize` as `batch size`. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
