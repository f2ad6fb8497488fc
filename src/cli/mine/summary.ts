/** The summary of `hpd mine`. Source: the output of `mine_hard_negatives` of sentence-transformers 6.2. */

import { counted, grouped } from "../../common/numbers.ts";
import type { MiningStatistics, ScoreSummary } from "../../train.ts";
import type { Values } from "./settings.ts";

const metrics = ["mean", "median", "std", "min", "25%", "50%", "75%", "max"] as const satisfies (keyof ScoreSummary)[];

const limits = {
  absoluteMargin: "absolute-margin",
  relativeMargin: "relative-margin",
  maxScore: "max-score",
  minScore: "min-score",
} as const;

export function summaryText(statistics: MiningStatistics, values: Values): string {
  const { rows, anchors, pairs, corpus, rangeMax, positive, negative, difference, skipped } = statistics;
  const line = (...cells: string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(6) : cell.padStart(14)))
      .join(" ")
      .trimEnd();
  const four = (value: number) => value.toFixed(4);
  const empty = rows.empty === 0 ? "" : `, ${grouped(rows.empty)} left out with an empty text`;
  return [
    `${counted(rows.read, "row")}${empty}: ${counted(anchors, "anchor")}, ${counted(pairs, "pair")}, ` +
      `${counted(corpus, "candidate")} (distinct), ranks to ${grouped(rangeMax)}`,
    line("Metric", "Positive", "Negative", "Difference"),
    line("Count", grouped(positive.count), grouped(negative.count), ""),
    ...metrics.map((metric) =>
      line(
        metric[0]!.toUpperCase() + metric.slice(1),
        ...[positive, negative, difference].map((summary) => four(summary[metric])),
      ),
    ),
    ...Object.entries(skipped).map(([name, { count, ratio }]) => {
      const flag = limits[name as keyof typeof limits];
      return `${grouped(count)} candidates (${percent(ratio)}) were skipped by --${flag} ${values[flag]}`;
    }),
    ...missingLines(statistics, values),
  ].join("\n");
}

function missingLines(
  { missing, possible, shortAnchors, anchors, ownAnchors }: MiningStatistics,
  values: Values,
): string[] {
  const given = ["range-min", ...Object.values(limits)].filter((flag) => flag in values);
  const flags = ["range-max", ...given].map((flag) => `--${flag}`).join(", ");
  return [
    ...(shortAnchors === 0
      ? []
      : [
          `${grouped(shortAnchors)} of ${grouped(anchors)} anchors have fewer negatives than asked for: ${grouped(missing)} ` +
            `rows fewer (${percent(missing / possible)}); for more, change ${flags}`,
        ]),
    ...(ownAnchors === 0
      ? []
      : [
          `${grouped(ownAnchors)} anchors are their own negative, and hpd train leaves those rows out; --max-score 0.99 ` +
            "doesn't mine them",
        ]),
  ];
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(2)}%`;
}
