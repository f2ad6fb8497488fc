/**
 * Populations that tasks are drawn from at random, one for each metric and place between its least and greatest value: a
 * draw gives a task's main score by two models, paired on the same items, as the evaluators would give them.
 */
import { miniBatchKMeans } from "../../../src/cluster/mini-batch.ts";
import { Yielder } from "../../../src/common/yielder.ts";
import type { Resampling } from "../../../src/evaluation/evaluator.ts";
import {
  averagePrecisionStatistic,
  bestAccuracy,
  bestF1,
  matthewsCorrelation,
} from "../../../src/evaluation/metrics/binary-classification.ts";
import { clusteringStatistic } from "../../../src/evaluation/metrics/clustering.ts";
import { pearsonStatistic, spearmanStatistic } from "../../../src/evaluation/metrics/correlation.ts";
import {
  averagePrecisionAt,
  hitAt,
  type JudgedRanking,
  ndcgAt,
  recallAt,
  reciprocalRankAt,
} from "../../../src/evaluation/metrics/ranking.ts";
import { mean } from "../../../src/evaluation/statistics/mean.ts";
import type { Random } from "../../../src/random.ts";
import { Embeddings } from "../../../src/tensor/embeddings.ts";

export interface Draw {
  readonly score: number;
  readonly resampling: Resampling;
}

export interface Population {
  readonly metric: string;
  /** Where its score lies, or what makes it hard. */
  readonly place: string;
  /** Fewer draws of it have to do. */
  readonly isSlow?: boolean;
  /** @returns the task of so many items, by two models */
  draw(items: number, random: Random): Promise<readonly [Draw, Draw]> | readonly [Draw, Draw];
}

const fraction = [0, 1] as const;
const correlation = [-1, 1] as const;
const ofSize = <T>(items: number, make: (index: number) => T): T[] => Array.from({ length: items }, (_, i) => make(i));

function ofStatistic(
  itemCount: number,
  statistic: (counts: Int32Array) => number,
  range: readonly [number, number],
): Draw {
  return {
    score: statistic(new Int32Array(itemCount).fill(1)),
    resampling: { itemCount, statistics: [statistic], range },
  };
}

/** @param itemScores one list a repetition */
function ofItems(itemScores: readonly number[][], range: readonly [number, number] = fraction): Draw {
  return { score: mean(itemScores.map((scores) => mean(scores))), resampling: { itemScores, range } };
}

/** Gold scores and two models' similarities, which have noise in common; gold in steps, so that many are equal. */
function correlations(
  name: string,
  statistic: typeof spearmanStatistic,
  noise: number,
  step: number,
  isSkewed = false,
): Population {
  return {
    metric: name,
    place: `noise ${noise}, ${step === 0 ? "no ties" : `steps of ${step}`}${isSkewed ? ", skewed" : ""}`,
    draw(items, random) {
      const gold: number[] = [];
      const similarities: [number[], number[]] = [[], []];
      for (let item = 0; item < items; item++) {
        const truth = isSkewed ? Math.exp(random.normal()) : random.normal();
        const common = random.normal();
        gold.push(step === 0 ? truth : Math.round(Math.max(-2.5, Math.min(2.5, truth)) / step));
        for (const [model, own] of [0.3, 0.35].entries()) {
          // Noise grows with the value, as judgements of middling pairs differ more than those of equal ones.
          const spread = noise * (isSkewed ? 0.3 + Math.abs(truth) : 1);
          similarities[model as 0 | 1].push(
            (noise < 100 ? truth : 0) + Math.min(spread, 1e3) * (common + own * random.normal()),
          );
        }
      }
      return similarities.map((values) => ofStatistic(items, statistic(values, gold), correlation)) as [Draw, Draw];
    },
  };
}

/** A statistic that is written for lists, of the items whose counts are not 0; each as often as it was drawn. */
function ofLists(
  measure: (scores: number[], labels: number[]) => number,
): (scores: number[], labels: number[]) => (counts: Int32Array) => number {
  return (scores, labels) => (counts) => {
    const drawn: [number[], number[]] = [[], []];
    for (let item = 0; item < counts.length; item++) {
      for (let time = 0; time < counts[item]!; time++) {
        drawn[0].push(scores[item]!);
        drawn[1].push(labels[item]!);
      }
    }
    return drawn[1].includes(1) ? measure(...drawn) : Number.NaN;
  };
}

const ofPairs = {
  "average precision": [averagePrecisionStatistic, fraction],
  "accuracy at the best threshold": [ofLists((scores, labels) => bestAccuracy(scores, labels).accuracy), fraction],
  "F1 at the best threshold": [ofLists((scores, labels) => bestF1(scores, labels).f1), fraction],
  "MCC at the threshold of F1": [
    ofLists((scores, labels) => matthewsCorrelation(scores, labels, bestF1(scores, labels).threshold)),
    correlation,
  ],
} as const;

/** Pairs of two classes, whose similarities are so many standard deviations apart. */
function pairs(metric: keyof typeof ofPairs, apart: number, positives: number, decimals?: number): Population {
  const [statistic, range] = ofPairs[metric];
  return {
    metric,
    place: `${apart} sd apart, ${100 * positives} % positive${decimals === undefined ? "" : ", ties"}`,
    draw(items, random) {
      const labels = ofSize(items, () => (random.nextFloat() < positives ? 1 : 0));
      labels[0] = 1;
      const common = labels.map((label) => apart * label + 0.9 * random.normal());
      return [0.43, 0.5].map((own) => {
        const scores = common.map((value) => {
          const score = value + own * random.normal();
          return decimals === undefined ? score : Number(score.toFixed(decimals));
        });
        return ofStatistic(items, statistic(scores, labels), range);
      }) as [Draw, Draw];
    },
  };
}

/** Each item right or wrong; two models agree on three of four of the items that either gets wrong. */
export function accuracies(rate: number, lost = 0): Population {
  return {
    metric: "accuracy",
    place: `${100 * rate} %${lost === 0 ? "" : `, ${100 * lost} % lost`}`,
    draw(items, random) {
      const first: number[] = [];
      const second: number[] = [];
      for (let item = 0; item < items; item++) {
        const wasRight = random.nextFloat() < rate;
        first.push(wasRight ? 1 : 0);
        const isOdd = random.nextFloat() < 0.25;
        const other = isOdd ? (random.nextFloat() < rate ? 1 : 0) : first[item]!;
        second.push(random.nextFloat() < lost ? 0 : other);
      }
      return [ofItems([first]), ofItems([second])];
    },
  };
}

/** Where a query's relevant documents stand: the ranks are geometric, easier for some queries than for others. */
function rankings(
  metric: string,
  measure: (ranking: JudgedRanking) => number,
  hardness: number,
  relevant: number,
): Population {
  return {
    metric,
    place: `rank ${hardness} at the median, ${relevant} relevant`,
    draw(items, random) {
      const models: [number[], number[]] = [[], []];
      for (let query = 0; query < items; query++) {
        const ease = hardness * Math.exp(1.2 * random.normal());
        const uniform = ofSize(relevant, () => random.nextFloat());
        for (const model of [0, 1] as const) {
          const ranks = uniform.map((value) => {
            const own = random.nextFloat() < 0.7 ? value : random.nextFloat();
            return Math.floor(-ease * Math.log(1 - own));
          });
          const found = new Array<number>(100).fill(0);
          for (const rank of ranks) {
            const free = found.indexOf(0, Math.min(rank, 100));
            if (free >= 0) found[free] = 1;
          }
          models[model].push(measure({ found, judged: ranks.map(() => 1) }));
        }
      }
      return [ofItems([models[0]]), ofItems([models[1]])];
    },
  };
}

/** Squared errors of a sentence: sums of a few squares of normal numbers, larger for some sentences than for others. */
function squaredErrors(spread: number): Population {
  return {
    metric: "MSE",
    place: `log-normal, sigma ${spread}`,
    draw(items, random) {
      const common = ofSize(items, () => spread * random.normal());
      const [a, b] = [0, 0.02].map((worse) =>
        ofItems(
          [common.map((value) => -Math.exp(value + worse + 0.2 * random.normal()))],
          [Number.NEGATIVE_INFINITY, 0],
        ),
      );
      return [a!, b!];
    },
  };
}

/** Ten draws of examples, each with a strength of its own; texts with a difficulty of their own. */
function classification(ease: number): Population {
  return {
    metric: "classification accuracy",
    place: `ease ${ease}`,
    draw(items, random) {
      const texts = ofSize(items, () => ease + 1.5 * random.normal());
      const draws = ofSize(10, () => 0.25 * random.normal());
      return [0, -0.1].map((worse) => {
        const rates = draws.map((strength) =>
          texts.map((text) => (text + strength + worse + 0.5 * random.normal() > 0 ? 1 : 0)),
        );
        return ofItems(rates);
      }) as [Draw, Draw];
    },
  };
}

/** Clusters that are given, with the class of an item by chance where the cluster doesn't say it. */
function partitions(classes: number, purity: number): Population {
  return {
    metric: "v-measure, clusters given",
    place: `${classes} classes, ${100 * purity} % pure`,
    draw(items, random) {
      const labels = ofSize(items, () => random.nextInteger(classes));
      const common = labels.map((label) => (random.nextFloat() < purity ? label : random.nextInteger(classes)));
      return [0.02, 0.03].map((own) => {
        const clusters = common.map((cluster) => (random.nextFloat() < own ? random.nextInteger(classes) : cluster));
        const statistic = clusteringStatistic(labels, clusters);
        return ofStatistic(items, (counts) => statistic(counts).vMeasure, fraction);
      }) as [Draw, Draw];
    },
  };
}

/** Embeddings around the center of their class, clustered by k-means with ten seeds, as `ClusteringEvaluator` does. */
function clusterings(classes: number, spread: number): Population {
  const dimension = 8;
  return {
    metric: "v-measure by k-means",
    isSlow: true,
    place: `${classes} classes, spread ${spread}`,
    async draw(items, random) {
      const labels = ofSize(items, () => random.nextInteger(classes));
      const [common, own] = [0, 1].map(() => ofSize(items * dimension, () => random.normal()));
      const draw = async (share: number): Promise<Draw> => {
        const data = Float32Array.from(common!, (value, index) => {
          const label = labels[Math.floor(index / dimension)]!;
          const center = centerOf(label, index % dimension);
          return center + spread * (value + share * own![index]!);
        });
        const points = new Embeddings(data, items, dimension);
        const statistics: ReturnType<typeof clusteringStatistic>[] = [];
        for (let run = 0; run < 10; run++) {
          const { labels: clusters } = await miniBatchKMeans(
            points,
            classes,
            { random, batchSize: 512 },
            new Yielder(),
          );
          statistics.push(clusteringStatistic(labels, clusters));
        }
        const once = new Int32Array(items).fill(1);
        const vMeasures = statistics.map((statistic) => (counts: Int32Array) => statistic(counts).vMeasure);
        const score = mean(vMeasures.map((vMeasure) => vMeasure(once)));
        return { score, resampling: { itemCount: items, statistics: vMeasures, range: fraction } };
      };
      return [await draw(0.3), await draw(0.4)];
    },
  };
}

/** A fixed place for each class. */
function centerOf(label: number, column: number): number {
  return Math.sin(12.9898 * (label + 1) + 78.233 * (column + 1) * (label + 3)) * 1.5;
}

export const populations: readonly Population[] = [
  ...[1000, 3, 1, 0.4, 0.1].map((noise) => correlations("Spearman", spearmanStatistic, noise, 0)),
  ...[1, 0.4].map((noise) => correlations("Spearman", spearmanStatistic, noise, 1)),
  correlations("Spearman", spearmanStatistic, 0.5, 0, true),
  ...[1000, 1, 0.1].map((noise) => correlations("Pearson", pearsonStatistic, noise, 0)),
  ...[0, 1, 2.5, 4].map((apart) => pairs("average precision", apart, 0.4)),
  ...[0, 1, 2.5].map((apart) => pairs("average precision", apart, 0.1)),
  pairs("average precision", 1.5, 0.4, 0),
  ...[0, 1, 4].map((apart) => pairs("accuracy at the best threshold", apart, 0.4)),
  ...[0, 1, 4].map((apart) => pairs("F1 at the best threshold", apart, 0.4)),
  ...[1, 4].map((apart) => pairs("MCC at the threshold of F1", apart, 0.4)),
  ...[0.02, 0.3, 0.7, 0.9, 0.98].map((rate) => accuracies(rate)),
  ...[0.01, 0.03, 0.1].map((lost) => accuracies(0.99, lost)),
  ...[0.15, 3, 100].map((rank) => rankings("nDCG@10", (found) => ndcgAt(10, found), rank, 1)),
  rankings("nDCG@10", (found) => ndcgAt(10, found), 3, 5),
  ...[0.15, 3, 100].map((rank) => rankings("MRR@10", (found) => reciprocalRankAt(10, found), rank, 1)),
  ...[0.5, 3, 100].map((rank) => rankings("recall@10", (found) => recallAt(10, found), rank, 3)),
  ...[0.15, 3].map((rank) => rankings("MAP@100", (found) => averagePrecisionAt(100, found), rank, 3)),
  ...[1, 20].map((rank) => rankings("hit rate@3", (found) => hitAt(3, found), rank, 1)),
  ...[0.3, 1].map(squaredErrors),
  ...[0.3, 2, 4].map(classification),
  ...[0.1, 0.5, 0.9, 0.99].map((purity) => partitions(5, purity)),
  ...[0.5, 0.9].map((purity) => partitions(20, purity)),
  ...[0.3, 0.6, 1].map((spread) => clusterings(5, spread)),
  clusterings(20, 0.5),
];
