/**
 * Charts: scores as bars and differences from a baseline as dots, both with intervals. They are HTML boxes rather than an
 * image, so that text keeps its size on a narrow screen.
 */

import { html, type Markup } from "../../../report/markup.ts";
import { excludesZero, type Interval } from "../../statistics/intervals.ts";
import { percent, signed } from "../numbers.ts";
import type { Difference, TaskReport } from "../report.ts";

export interface Series<T> {
  readonly name: string;
  /** Name of a colour of the style sheet, without the dashes. */
  readonly color: string;
  /** A value per row. */
  readonly values: readonly T[];
}

export interface ChartRow {
  readonly name: string;
  readonly isMean: boolean;
}

/** A bar chart from 0 to 100. */
export function bars(
  rows: readonly ChartRow[],
  series: readonly Series<Pick<TaskReport, "score" | "interval">>[],
): Markup {
  const position = (fraction: number) => 100 * Math.max(0, Math.min(1, fraction));
  const scale = [0, 20, 40, 60, 80, 100].map((value) => html`<span>${value}</span>`);
  return html`<div class="bars">${rows.map((row, index) => {
    const scores = series.map(({ name, color, values }) => ({ name, color, ...values[index]! }));
    const tracks = scores.map(
      ({ name, color, score, interval }) => html`<div class="track" style="--color: var(--${color})"
title="${`${name}: ${percent(score)}${said(interval, percent)}`}"><div class="bar" style="width: ${position(score)}%"></div>
${intervalBox(interval, position)}</div>`,
    );
    return chartRow(
      row,
      tracks,
      scores.map(({ score }) => percent(score)),
    );
  })}<div class="scale">${scale}</div></div>`;
}

/** A forest plot. @param range of the axis, which includes 0; several charts may share it */
export function forest(rows: readonly ChartRow[], differences: readonly Difference[], range: Interval): Markup {
  // A margin for the dots at both ends.
  const position = (value: number) => 2 + (96 * (value - range.low)) / (range.high - range.low || 1);
  return html`<div class="bars forest">${rows.map((row, index) => {
    const { difference, interval } = differences[index]!;
    const isSignificant = interval !== undefined && excludesZero(interval);
    const color = !isSignificant ? "quiet" : difference > 0 ? "better" : "worse";
    const track = html`<div class="track" style="--color: var(--${color})"
title="${signed(difference)}${said(interval, signed)}"><div class="zero" style="left: ${position(0)}%"></div>
${intervalBox(interval, position)}<div class="dot" style="left: ${position(difference)}%"></div></div>`;
    return chartRow(row, [track], [signed(difference)]);
  })}</div>`;
}

/** The range of all intervals and zero. */
export function rangeOf(differences: readonly Difference[]): Interval {
  const ends = differences.flatMap(({ difference, interval }) => [difference, ...Object.values(interval ?? {})]);
  return { low: Math.min(0, ...ends), high: Math.max(0, ...ends) };
}

export function legend(series: readonly Pick<Series<unknown>, "name" | "color">[]): Markup {
  return html`<div class="legend">${series.map(
    ({ name, color }) => html`<span><span class="swatch" style="--color: var(--${color})"></span>${name}</span>`,
  )}</div>`;
}

function chartRow({ name, isMean }: ChartRow, tracks: readonly Markup[], values: readonly string[]): Markup {
  return html`${isMean && html`<div class="rule"></div>`}<div class="name">${name}</div>
<div class="tracks">${tracks}</div>
<div class="values">${values.map((value) => html`<div>${value}</div>`)}</div>
`;
}

function intervalBox(interval: Interval | undefined, position: (value: number) => number): Markup | undefined {
  if (interval === undefined) return undefined;
  const left = position(interval.low);
  return html`<div class="interval" style="left: ${left}%; width: ${position(interval.high) - left}%"></div>`;
}

function said(interval: Interval | undefined, show: (fraction: number) => string): string {
  return interval === undefined ? "" : `, 95 %: ${show(interval.low)} to ${show(interval.high)}`;
}
