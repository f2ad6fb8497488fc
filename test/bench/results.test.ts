import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { barsOf } from "../../bench/encoding/bars.ts";
import { pageOf, readmeFigures, shortTable } from "../../bench/encoding/page.ts";
import { figuresOf, readResults, writeResults } from "../../bench/encoding/results.ts";
import { median, quantile, spread } from "../../bench/statistics.ts";
import { exampleResults } from "./example-results.ts";

test("medians, quantiles and spread", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(hundred, 0.99)).toBe(100);
  expect(quantile(hundred, 0.5)).toBe(51);
  expect(quantile([], 0.5)).toBeNaN();
  expect(spread([90, 100, 120])).toBeCloseTo(0.2, 12);
});

test("figures of an engine: medians of rounds, quantiles of all queries together", () => {
  const figures = figuresOf(exampleResults(), "hpd fp32");
  expect(figures).toEqual({
    rates: { short: 1000, long: 50 },
    startMs: 300,
    query: { p50: 2.5, p99: 9 },
    passage: { p50: 30, p99: 40 },
    beside: { p50: 6, p99: 7 },
    besideShare: 0.9,
    callers: undefined,
  });
});

test("results are read as they were written, a line for each turn", () => {
  const folder = mkdtempSync(join(tmpdir(), "hpd-bench-results-"));
  try {
    const path = join(folder, "results.json");
    const results = exampleResults();
    writeResults(path, results);
    expect(readResults(path)).toEqual(results);
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.filter((line) => line.includes('"round":'))).toHaveLength(results.samples.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the table: those that compute alike below each other, the best of them in bold, nothing where nothing was measured", () => {
  const lines = shortTable(exampleResults()).split("\n").slice(2);
  expect(lines).toEqual([
    "| hpd fp32 | **1,000** | - | **50.0** | 2.50 (9.00) | **6.0 (7.0)** | 1 (1) |",
    "| other f32 | 800 | - | - | **2.00 (2.00)** | - | 1 (0.9999998) |",
    "| hpd <int8> | 2,000 | - | - | - | - | 0.9981 (0.9853) |",
  ]);
});

test("the page names machine, versions, settings, command and what is left out", () => {
  const page = pageOf(exampleResults(), "bars.svg");
  const parts = [
    ["A processor, 2 cores (avx2)", "3 rounds", "![The figures of the tables as bars](bars.svg)", "OpenThing 1.2"],
    ["f32 hint", "npm run bench -- --python venv", "Left out: fastembed (it isn't there)", "| hpd fp32 | **300** |"],
    ["- hpd fp32, times as fast, short / long texts: other f32 1.25 / -"],
    ["hpd fp32 50 %, other f32 40 %", "differ from their median by at most 9 %"],
  ];
  for (const part of parts.flat()) expect(page).toContain(part);
});

test("the README's figures are a sentence, the table and the way to the page", () => {
  const results = exampleResults();
  const figures = readmeFigures(results, "docs/benchmarks/a.md");
  expect(figures).toContain(shortTable(results));
  expect(figures).toContain("(docs/benchmarks/a.md)");
  expect(figures).toContain("`npm run bench -- --python venv`");
});

test("bars: one for each value, names escaped, the longest for the largest", () => {
  const svg = barsOf(exampleResults());
  expect(svg).toContain("hpd &#60;int8&#62;");
  expect(svg).not.toContain("<int8>");
  const [short] = svg.split('class="title"').slice(1);
  const widths = [...short!.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths.map((width) => width / widths[2]!)).toEqual([0.5, 0.4, 1]);
});

test("the README's figures are those of the page that it names", () => {
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  const [, file, figures] = /<!-- figures of (\S+) -->\n\n([\s\S]*?)\n\n<!-- end of figures -->/.exec(readme)!;
  const results = readResults(join(import.meta.dirname, "../..", file!));
  expect(figures).toBe(readmeFigures(results, file!.replace(/json$/, "md")));
});
