/** A line chart as an SVG that fits its place and takes its colours from the page. */
import type { Point } from "./curves.ts";
import { escapeHtml, grouped, significant } from "./text.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** `1` and `2` are the page's colours. */
  readonly color: 1 | 2;
  /** Few points, each of which counts. */
  readonly hasDots?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  /** Where equal factors look equal. Values should be above 0. */
  readonly isLogarithmic?: boolean;
  /** Singled out, such as the best validation. */
  readonly mark?: { readonly point: Point; readonly label: string } | undefined;
  /** What is counted along the chart. */
  readonly unit: string;
  /** Where it ends: more than there are points yet. */
  readonly end: number;
}

const width = 640;
const height = 240;
const margin = { left: 58, right: 14, top: 12, bottom: 26 };

/** A figure, empty where there is nothing to show yet. */
export function chartFigure({ title, series, isLogarithmic = false, mark, unit, end }: Chart): string {
  const shown = series.filter(({ points }) => points.length > 0);
  if (shown.length === 0) return "";
  const values = shown.flatMap(({ points }) => points.map(([, value]) => value));
  const scale = isLogarithmic && Math.min(...values) > 0 ? logarithmic(values) : linear(values);
  const x = (step: number) => round(margin.left + (step / end) * (width - margin.left - margin.right));
  const y = (value: number) =>
    round(height - margin.bottom - scale.place(value) * (height - margin.top - margin.bottom));

  const grid = scale.ticks.map(
    (tick) =>
      `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text class="tick" x="${margin.left - 8}" y="${y(tick) + 4}" text-anchor="end">${significant(tick)}</text>`,
  );
  const steps = niceTicks(0, end, 5).map((tick) => {
    const anchor = tick === end ? "end" : "middle";
    return `<text class="tick" x="${x(tick)}" y="${height - 6}" text-anchor="${anchor}">${grouped(tick)}</text>`;
  });
  const lines = shown.map(({ points, color, hasDots }) => {
    const path = points.map(([step, value]) => `${x(step)} ${y(value)}`).join("L");
    const dots = hasDots ? points.map(([step, value]) => `<circle cx="${x(step)}" cy="${y(value)}" r="2.5"/>`) : [];
    return `<g class="series color-${color}"><path d="M${path}"/>${dots.join("")}</g>`;
  });
  const marked = mark && `<circle class="mark" cx="${x(mark.point[0])}" cy="${y(mark.point[1])}" r="6"/>`;
  const legend = shown.map(({ name, color }) => `<span class="key color-${color}">${escapeHtml(name)}</span>`);
  if (mark) legend.push(`<span class="key ring">${escapeHtml(mark.label)}</span>`);
  // For whoever points at the chart.
  const data = shown.map(({ name, points }) => [
    name,
    points.map(([step, value]) => [round(step), Number(value.toPrecision(4))]),
  ]);
  const area = { left: margin.left / width, right: 1 - margin.right / width, end, unit };
  return `<figure data-series="${escapeHtml(JSON.stringify(data))}" data-area="${escapeHtml(JSON.stringify(area))}">
<figcaption><h3>${escapeHtml(title)}</h3><div class="legend">${legend.join("")}</div></figcaption>
<div class="plot"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)} by ${escapeHtml(unit)}">
${grid.join("")}${steps.join("")}
${lines.join("")}${marked ?? ""}
</svg><i class="cursor"></i></div>
<output></output>
</figure>`;
}

interface Scale {
  readonly ticks: readonly number[];
  /** From 0 at the bottom to 1 at the top. */
  place(value: number): number;
}

/** From 0 on, so that heights can be compared. */
function linear(values: readonly number[]): Scale {
  const ticks = niceTicks(0, Math.max(...values, Number.MIN_VALUE), 4);
  const top = Math.max(ticks.at(-1)!, ...values);
  return { ticks, place: (value) => value / top };
}

function logarithmic(values: readonly number[]): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // At least from 0.8 to 1.25 times a value that is always the same.
  const bottom = Math.log(Math.min(low * 0.95, high / 1.5));
  const top = Math.log(high * 1.05);
  const isNear = top - bottom < Math.log(6);
  const ticks = isNear ? niceTicks(Math.exp(bottom), Math.exp(top), 4) : decades(Math.exp(bottom), Math.exp(top));
  return { ticks, place: (value) => (Math.log(value) - bottom) / (top - bottom) };
}

/** 1, 2 and 5 times the powers of ten, or powers alone where those are many. */
function decades(low: number, high: number): number[] {
  const factors = high / low > 1000 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const factor of factors) ticks.push(factor * 10 ** power);
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** Round numbers from `low` to `high`, about `count` of them. */
function niceTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999)!;
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step); index * step <= high * 1.000001; index++) ticks.push(index * step);
  return ticks;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
