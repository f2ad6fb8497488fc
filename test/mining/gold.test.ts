/** Every case that sentence-transformers mined with the tiny models: tools/gold/mining.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import { SentenceTransformer, type SimilarityFunction } from "../../src/index.ts";
import type { ScoreSummary } from "../../src/mining/score-summary.ts";
import type { MiningStatistics } from "../../src/mining/statistics.ts";
import { type MineHardNegativesOptions, mineHardNegatives } from "../../src/train.ts";
import { fixture } from "../encode/model-folder.ts";

interface GoldCase {
  readonly name: string;
  readonly case: Readonly<Record<string, unknown>> & {
    readonly model?: string;
    readonly similarity?: SimilarityFunction;
    readonly rows?: object[];
    readonly cross_encoder?: string;
  };
  readonly columns: string[];
  readonly rows: unknown[][];
  readonly printed: string[];
}

const gold = JSON.parse(
  String(gunzipSync(readFileSync(new URL("../gold/training/mining.json.gz", import.meta.url)))),
) as { rows: object[]; cases: GoldCase[] };

test.each(gold.cases.map((each) => [each.name, each] as const))("%s", async (_, { case: given, ...expected }) => {
  const { model: name = "bert", similarity = "cosine", rows = gold.rows, cross_encoder: folder, ...options } = given;
  // Workers take longer to start than all else.
  await using model = await SentenceTransformer.load(fixture(name), { workers: 0, similarityFunction: similarity });
  await using crossEncoder = folder === undefined ? undefined : await loadCrossEncoder(folder);
  const mined = await mineHardNegatives(rows, model, {
    ...(camelCase(options) as MineHardNegativesOptions),
    ...(crossEncoder && { crossEncoder }),
  });
  expect(mined.columns).toEqual(expected.columns);
  expect(mined.count).toBe(expected.rows.length);
  const found = [...mined].map((row) => Object.values(row));
  expect(found.map((row) => row.map(textsOf))).toEqual(expected.rows.map((row) => row.map(textsOf)));
  for (const [at, row] of found.entries()) expectClose(row.flat(), expected.rows[at]!.flat());
  expectPrinted(mined.statistics, expected.printed);
});

function loadCrossEncoder(folder: string): Promise<CrossEncoder> {
  return CrossEncoder.load(new URL(`../fixtures/cross-encoders/${folder}`, import.meta.url).pathname, {
    workers: 0,
    onWarning: () => {},
  });
}

function camelCase(options: object): object {
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
}

/** Texts and labels; scores, which are no integers, as what they are. */
function textsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(textsOf);
  return typeof value === "number" && !Number.isInteger(value) ? "score" : value;
}

function expectClose(found: readonly unknown[], expected: readonly unknown[]): void {
  for (const [at, value] of expected.entries()) {
    if (typeof value === "number") expect(Math.abs((found[at] as number) - value)).toBeLessThan(1e-5);
  }
}

function expectPrinted(statistics: MiningStatistics, printed: readonly string[]): void {
  const { positive, negative, difference, skipped } = statistics;
  const line = (beginning: RegExp) =>
    beginning
      .exec(printed.join("\n"))
      ?.slice(1)
      .map((cell) => Number(cell.replaceAll(",", "")));
  expect(line(/^Count +([\d,]+) +([\d,]+)/m)).toEqual([positive.count, negative.count]);
  for (const metric of ["mean", "median", "std", "min", "25%", "50%", "75%", "max"] as const) {
    const cells = line(new RegExp(`^${metric} +(\\S+) +(\\S+) +(\\S+)`, "im"))!;
    for (const [at, summary] of [positive, negative, difference].entries())
      expectFourDigits(summary, metric, cells[at]!);
  }
  for (const [option, name] of [
    ["absolute_margin", "absoluteMargin"],
    ["relative_margin", "relativeMargin"],
    ["max_score", "maxScore"],
  ] as const) {
    const cells = line(new RegExp(`Skipped ([\\d,]+) potential negatives \\(([\\d.]+)%\\) due to the ${option}`));
    expect(skipped[name]?.count ?? 0).toBe(cells?.[0] ?? 0);
    if (cells !== undefined) expect(Math.abs(100 * skipped[name]!.ratio - cells[1]!)).toBeLessThan(0.0051);
  }
  // Python counts what was taken before, too.
  const byMinScore = line(/Skipped ([\d,]+) potential negatives .* due to the min_score/)?.[0] ?? 0;
  expect(skipped.minScore?.count ?? 0).toBeLessThanOrEqual(byMinScore);
}

function expectFourDigits(summary: ScoreSummary, metric: keyof ScoreSummary, expected: number): void {
  expect(Math.abs(summary[metric] - expected), metric).toBeLessThan(6e-5);
}
