/** The figures as bars: an SVG that a Markdown page shows, in light and dark. */
import { html } from "../../src/report/markup.ts";
import { figuresOf, type Results } from "./results.ts";

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly valueOf: (engine: string) => number | undefined;
}

const panelWidth = 445;
const labelWidth = 188;
const valueWidth = 62;
const rowHeight = 19;
const titleHeight = 34;

function panelsOf(results: Results): Panel[] {
  const figures = new Map(results.engines.map(({ name }) => [name, figuresOf(results, name)]));
  const memory = new Map(results.firstPasses.map(({ engine, allMiB }) => [engine, allMiB]));
  const of = (name: string) => figures.get(name);
  const bulk = (title: string, task: "short" | "mixed" | "long"): Panel => {
    const tokens = results.texts[task].tokens / results.texts[task].count;
    const unit = `texts/s, ${Math.round(tokens)} tokens on average`;
    return { title, unit, digits: 0, valueOf: (name) => of(name)?.rates[task] };
  };
  return [
    bulk("Short texts", "short"),
    bulk("Texts of 256 tokens", "long"),
    bulk("Texts of 1 to 512 tokens", "mixed"),
    { title: "64 callers of one text", unit: "texts/s", digits: 0, valueOf: (name) => of(name)?.callers },
    { title: "One query", unit: "ms, median", digits: 2, valueOf: (name) => of(name)?.query?.p50 },
    { title: "One text of 256 tokens", unit: "ms, median", digits: 1, valueOf: (name) => of(name)?.passage?.p50 },
    { title: "One query beside a bulk", unit: "ms, median", digits: 1, valueOf: (name) => of(name)?.beside?.p50 },
    { title: "From import to the first vector", unit: "ms", digits: 0, valueOf: (name) => of(name)?.startMs },
    { title: "Peak memory of all bulks", unit: "MiB", digits: 0, valueOf: (name) => memory.get(name) },
  ];
}

export function barsOf(results: Results): string {
  const panels = panelsOf(results);
  const height = titleHeight + results.engines.length * rowHeight + 22;
  const total = height * Math.ceil(panels.length / 2) + 6;
  const drawn = panels.map((panel, index) => {
    const values = results.engines.map(({ name }) => panel.valueOf(name));
    const most = Math.max(...values.map((value) => value ?? 0)) || 1;
    const room = panelWidth - labelWidth - valueWidth;
    const rows = results.engines.map(({ name, isExact }, row) => {
      const value = values[row];
      const length = value === undefined ? 0 : Math.max(1, (value / most) * room);
      const kind = `${name.startsWith("hpd") ? "own" : "other"}${isExact ? "" : " reduced"}`;
      return html`<g class="${kind}" transform="translate(${labelWidth} ${titleHeight + row * rowHeight})"><text x="-8" y="13">${name}</text>
${value !== undefined && html`<rect y="3" width="${length.toFixed(1)}" height="13" rx="2"/>`}
<text x="${(length + 6).toFixed(1)}" y="13">${value === undefined ? "-" : format(value, panel.digits)}</text></g>
`;
    });
    return html`<g transform="translate(${(index % 2) * panelWidth + 6} ${Math.floor(index / 2) * height + 6})">
<text x="0" y="18" class="title">${panel.title} <tspan class="unit">${panel.unit}</tspan></text>
${rows}</g>
`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * panelWidth + 12} ${total}" width="${2 * panelWidth + 12}" height="${total}" role="img" aria-label="${results.model}: the figures of the table as bars">
<style>
svg { --ink: #1c1e21; --quiet: #63676d; --own: #2f5fd0; --other: #a9adb3; background: #ffffff; }
@media (prefers-color-scheme: dark) { svg { --ink: #e9e9e6; --quiet: #9fa4ab; --own: #7ea2ff; --other: #5d636b; background: #15171a; } }
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--ink); }
.title { font-size: 14px; font-weight: 650; }
.unit { font-size: 12px; font-weight: 400; fill: var(--quiet); }
g g text:first-child { text-anchor: end; }
.own text { font-weight: 650; }
.own rect { fill: var(--own); }
.other rect { fill: var(--other); }
.reduced rect { opacity: 0.6; }
</style>
${drawn}</svg>
`.text;
}

export function format(value: number, digits: number): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
