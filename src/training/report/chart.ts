/**
 * A line chart that is as wide as its place: the lines are an SVG that is stretched, what must not be stretched (text,
 * the mark) stands above it in HTML. Colours come from the page.
 */

import { escapeHtml } from "../../report/escape-html.ts";
import { type Point, runningMean } from "./curves.ts";
import { countScale, linearScale, logarithmicScale, type Scale } from "./scale.ts";
import { grouped, significant } from "./text.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Of the colours of the page. */
  readonly color: 1 | 2;
  /** `dots`: few points, each of which counts. `noise`: many, whose running mean counts. */
  readonly kind: "line" | "dots" | "noise";
}

export interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  /** `zero`: heights can be compared. `range`: from the lowest value to the highest. `logarithm`: so can factors. */
  readonly axis: "zero" | "range" | "logarithm";
  /** Singled out, such as the best validation. */
  readonly mark?: { readonly point: Point; readonly label: string } | undefined;
  /** What is counted along the chart. */
  readonly unit: string;
  /** Where it ends: more than there are points yet. */
  readonly end: number;
}

/** The unit of the SVG: its sides are so long, whatever they are on the screen. */
const side = 1000;

/** A figure; nothing where there is nothing to show yet. */
export function chartFigure({ title, series, axis, mark, unit, end }: Chart): string {
  const shown = series.filter(({ points }) => points.length > 0);
  if (shown.length === 0) return "";
  const across = countScale(end);
  const upwards = scaleOf(
    axis,
    shown.flatMap(({ points }) => points.map(([, value]) => value)),
  );
  const x = (step: number) => across.place(step);
  const y = (value: number) => 1 - upwards.place(value);

  const path = (points: readonly Point[]) =>
    points.map(([step, value]) => `${Math.round(x(step) * side)} ${Math.round(y(value) * side)}`);
  const lines = shown.map(({ points, color, kind }) => {
    const whole = `<path class="${kind}" d="M${path(points).join("L")}"/>`;
    const dots = kind === "dots" ? `<path class="dot" d="M${path(points).join("h0M")}h0"/>` : "";
    const mean = kind === "noise" ? `<path d="M${path(runningMean(points)).join("L")}"/>` : "";
    return `<g class="color-${color}">${whole}${mean}${dots}</g>`;
  });
  const grid = upwards.ticks.map((tick) => `<path class="grid" d="M0 ${Math.round(y(tick) * side)}h${side}"/>`);
  const heights = upwards.ticks.map(
    (tick) => `<span class="y" style="top:${percent(y(tick))}">${significant(tick)}</span>`,
  );
  const steps = across.ticks.map((tick) => `<span class="x" style="left:${percent(x(tick))}">${grouped(tick)}</span>`);
  const ring =
    mark && `<i class="mark" style="left:${percent(x(mark.point[0]))};top:${percent(y(mark.point[1]))}"></i>`;

  // The title says what a single line is.
  const named = shown.length > 1 ? shown : [];
  const legend = named.map(({ name, color }) => `<span class="key color-${color}">${escapeHtml(name)}</span>`);
  if (mark) legend.push(`<span class="key ring">${escapeHtml(mark.label)}</span>`);
  // For whoever points at the chart.
  const data = { unit, end, series: shown.map(({ name, points }) => [name, points.map(shortened)]) };
  return `<figure data-chart="${escapeHtml(JSON.stringify(data))}">
<figcaption><h3>${escapeHtml(title)}</h3><div class="legend">${legend.join("")}</div></figcaption>
<div class="plot">
<svg viewBox="0 0 ${side} ${side}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(`${title} by ${unit}`)}">
${grid.join("")}
${lines.join("\n")}
</svg>
${heights.join("")}${steps.join("")}${ring ?? ""}<i class="cursor"></i>
</div>
<output></output>
</figure>`;
}

function scaleOf(axis: Chart["axis"], values: readonly number[]): Scale {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (axis === "logarithm" && low > 0) return logarithmicScale(low, high);
  return linearScale(axis === "range" ? low : Math.min(0, low), high);
}

function shortened([step, value]: Point): Point {
  return [Math.round(step), Number(value.toPrecision(4))];
}

function percent(part: number): string {
  return `${Math.round(part * 10_000) / 100}%`;
}
