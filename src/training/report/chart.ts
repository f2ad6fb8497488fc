/**
 * A line chart that fills its container: the lines are a stretched SVG; text and the mark, which must not be stretched,
 * are HTML above it. Colours come from the page.
 */

import { grouped } from "../../common/numbers.ts";
import { html, type Markup } from "../../report/markup.ts";
import { countScale, linearScale, logarithmicScale, type Scale } from "../../report/scale.ts";
import { type Point, runningMean } from "./curves.ts";
import { significant } from "./text.ts";

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** Index of one of the page's colours. */
  readonly color: 1 | 2;
  /** The look of the line. `dots`: few points, each marked. `noise`: many, with their running mean. */
  readonly kind: "line" | "dots" | "noise";
}

export interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  /** The vertical axis. `zero`: linear from 0. `range`: linear from the lowest value. `logarithm`: logarithmic. */
  readonly axis: "zero" | "range" | "logarithm";
  /** A highlighted point, such as the best validation. */
  readonly mark?: { readonly point: Point; readonly label: string } | undefined;
  /** Unit of the horizontal axis. */
  readonly unit: string;
  /** End of the horizontal axis, beyond the points of a run in progress. */
  readonly end: number;
}

/** Width and height of the SVG's coordinate system. */
const side = 1000;

/** A chart as HTML; undefined without points. */
export function chartFigure({ title, series, axis, mark, unit, end }: Chart): Markup | undefined {
  const shown = series.filter(({ points }) => points.length > 0);
  if (shown.length === 0) return undefined;
  const across = countScale(end);
  const upwards = scaleOf(
    axis,
    shown.flatMap(({ points }) => points.map(([, value]) => value)),
  );
  const x = (step: number) => across.position(step);
  const y = (value: number) => 1 - upwards.position(value);

  const path = (points: readonly Point[]) =>
    points.map(([step, value]) => `${Math.round(x(step) * side)} ${Math.round(y(value) * side)}`);
  const lines = shown.map(({ points, color, kind }) => {
    const whole = html`<path class="${kind}" d="M${path(points).join("L")}"/>`;
    const dots = kind === "dots" && html`<path class="dot" d="M${path(points).join("h0M")}h0"/>`;
    const mean = kind === "noise" && html`<path d="M${path(runningMean(points)).join("L")}"/>`;
    return html`<g class="color-${color}">${whole}${mean}${dots}</g>`;
  });
  const grid = upwards.ticks.map((tick) => html`<path class="grid" d="M0 ${Math.round(y(tick) * side)}h${side}"/>`);
  const heights = upwards.ticks.map(
    (tick) => html`<span class="y" style="top:${percent(y(tick))}">${significant(tick)}</span>`,
  );
  const steps = across.ticks.map(
    (tick) => html`<span class="x" style="left:${percent(x(tick))}">${grouped(tick)}</span>`,
  );
  const ring =
    mark && html`<i class="mark" style="left:${percent(x(mark.point[0]))};top:${percent(y(mark.point[1]))}"></i>`;

  // A single line is named by the title.
  const named = shown.length > 1 ? shown : [];
  const legend = named.map(({ name, color }) => html`<span class="key color-${color}">${name}</span>`);
  if (mark) legend.push(html`<span class="key ring">${mark.label}</span>`);
  // For the values under the pointer.
  const data = { unit, end, series: shown.map(({ name, points }) => [name, points.map(shortened)]) };
  return html`<figure data-chart="${JSON.stringify(data)}">
<figcaption><h3>${title}</h3><div class="legend">${legend}</div></figcaption>
<div class="plot">
<svg viewBox="0 0 ${side} ${side}" preserveAspectRatio="none" role="img" aria-label="${title} by ${unit}">
${grid}
${lines}
</svg>
${heights}${steps}${ring}<i class="cursor"></i>
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
