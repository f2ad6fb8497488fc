/** The key figures: the score and the cost of the first model. */
import { grouped } from "../../../common/numbers.ts";
import type { Markup } from "../../../report/markup.ts";
import { type Tile, tileList } from "../../../report/tiles.ts";
import { bytesPerMillionVectors } from "../../cost/cost.ts";
import { percent } from "../numbers.ts";
import { amount, duration, type RatioWords, ratioInWords, size, speed } from "../ratio.ts";
import type { ModelReport, Report } from "../report.ts";

export function tiles(report: Report): Markup {
  return tileList([scoreTile(report), ...costTiles(report)]);
}

function scoreTile({ models, comparisons }: Report): Tile {
  const [first] = models as [ModelReport];
  const [mean] = first.means;
  const [task] = first.tasks;
  const { score, interval } = mean ?? task!;
  const comparison = comparisons.find(({ model }) => model === first.name);
  const retention = (comparison?.means[0] ?? comparison?.tasks[0])?.retention;
  return {
    name: mean === undefined ? task!.name : `${mean.type}, ${mean.name}`,
    value: percent(score),
    note:
      retention === undefined
        ? interval && `${percent(interval.low)} to ${percent(interval.high)}`
        : `${percent(retention, 1)} % retained`,
  };
}

function costTiles({ models, comparisons }: Report): Tile[] {
  const [first] = models as [ModelReport];
  const baseline = models.find(({ name }) => name === comparisons.find(({ model }) => model === first.name)?.baseline);
  const tile = (
    name: string,
    figureOf: (model: ModelReport) => number | undefined,
    show: (value: number) => string,
    words: RatioWords,
    alone?: string,
  ): Tile[] => {
    const [value, base] = [figureOf(first), baseline && figureOf(baseline)];
    if (value === undefined) return [];
    return [{ name, value: show(value), note: base === undefined ? alone : ratioInWords(value, base, words) }];
  };
  const inMegabytes = (bytes: number) => `${grouped(bytes / 1e6)} MB`;
  const vectors = `${inMegabytes(bytesPerMillionVectors(first.dimension))} a million vectors`;
  return [
    ...tile("sentences per second", ({ cost }) => cost?.sentencesPerSecond, grouped, speed),
    ...tile(
      "one sentence, median",
      ({ cost }) => cost?.singleP50Milliseconds,
      (ms) => `${ms.toFixed(1)} ms`,
      duration,
    ),
    ...tile("weight files", ({ cost }) => cost?.fileBytes, inMegabytes, size),
    ...tile("peak memory", ({ cost }) => cost?.peakMemoryBytes, inMegabytes, amount),
    ...tile("dimensions", ({ dimension }) => dimension, grouped, size, vectors),
  ];
}
