/** The report of a run, in progress or finished: one self-contained HTML file. */
import { grouped } from "../../common/numbers.ts";
import { html, type Markup } from "../../report/markup.ts";
import { htmlPage } from "../../report/page.ts";
import { type Tile, tileList } from "../../report/tiles.ts";
import { type Chart, chartFigure } from "./chart.ts";
import { type Curves, type Point, runningMean } from "./curves.ts";
import { script, style } from "./style.ts";
import { duration, significant } from "./text.ts";

export interface Report {
  readonly name: string;
  /** A line on the models and the data. */
  readonly subtitle: string;
  readonly status: "running" | "stopped" | "done";
  readonly totalSteps: number;
  /** The criterion of the best state. */
  readonly keepBest: "loss" | "score";
  readonly curves: Curves;
  /** The evaluator's name, if there is one. */
  readonly scoreName: string | undefined;
  /** Charts in addition to those of every run. */
  readonly charts: readonly Chart[];
  /** Tables of the recipe and the data. */
  readonly tables: readonly (readonly Row[])[];
  readonly footer: string;
}

export type Row = readonly [name: string, value: string];

export function reportHtml(report: Report): string {
  const { name, subtitle, status, tables, footer } = report;
  const body = html`<header><h1>${name}</h1><span class="status ${status}">${status}</span>
<div class="subtitle">${subtitle}</div></header>
${tileList(tilesOf(report))}
<div class="charts">
${chartsOf(report).map(chartFigure)}
</div>
<h2>Recipe and data</h2>
<div class="tables">${tables.map(table)}</div>
<footer>${footer}</footer>`;
  return htmlPage({
    title: name,
    style,
    script: { code: script },
    body,
    // A run in progress: the page reloads itself.
    ...(status === "running" && { head: html`<meta http-equiv="refresh" content="60">` }),
  });
}

function tilesOf({ curves, totalSteps, keepBest, scoreName }: Report): Tile[] {
  const { best } = curves;
  const last = curves.last;
  const rate = last === undefined ? 0 : last.samples / last.seconds;
  const tiles: Tile[] = [
    { name: "step", value: grouped(last?.step ?? 0), note: `of ${grouped(totalSteps)}` },
    { name: "sentences seen", value: grouped(last?.samples ?? 0), note: `${significant(last?.epochs ?? 0)} epochs` },
    { name: "time", value: duration(last?.seconds ?? 0), note: `${grouped(rate)} sentences/s` },
  ];
  if (best === undefined) return tiles;
  const { loss, step, score } = best;
  tiles.push({ name: "best validation loss", value: significant(loss), note: `at step ${grouped(step)}` });
  if (score !== undefined) tiles.push({ name: scoreName ?? "score", value: score.toFixed(4), note: `by ${keepBest}` });
  return tiles;
}

function chartsOf({ curves, totalSteps, scoreName, charts }: Report): Chart[] {
  const { best } = curves;
  const validations = curves.validations.map(({ step, loss }): Point => [step, loss]);
  const scores = curves.validations.flatMap(({ step, score }): Point[] =>
    Number.isFinite(score) ? [[step, score!]] : [],
  );
  const mark = best && { point: [best.step, best.loss] as const, label: "kept" };
  const along = { unit: "step", end: totalSteps };
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
    ...[...curves.datasets].map(
      ([name, points]): Chart => ({
        title: `Loss of ${name}`,
        axis: "logarithm",
        series: [
          { name: "training", points, color: 1, kind: "noise" },
          { name: "validation", points: validationsOf(curves, name), color: 2, kind: "dots" },
        ],
        ...along,
      }),
    ),
    {
      title: scoreName ?? "Score",
      axis: "range",
      series: [{ name: "score", points: scores, color: 2, kind: "dots" }],
      ...along,
    },
    ofSteps("Learning rate", curves.points("learningRate"), "zero", "line"),
    ofSteps("Gradient norm before clipping", curves.points("gradientNorm"), "logarithm", "noise"),
    ofSteps("Sentences a second", rates, "zero", "line"),
    ...charts,
  ];
}

function validationsOf({ validations }: Curves, dataset: string): Point[] {
  return validations.flatMap(({ step, losses }): Point[] => {
    const loss = losses?.[dataset];
    return loss === undefined ? [] : [[step, loss]];
  });
}

function table(rows: readonly Row[]): Markup {
  return html`<table>${rows.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`)}</table>`;
}

/** A camel-case name in words: `batchSize` as `batch size`. */
export function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
