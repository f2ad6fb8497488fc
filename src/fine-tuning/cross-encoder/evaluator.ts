/**
 * Evaluators of a cross-encoder on held-out rows. Source: the main metrics of sentence-transformers
 * 6.2, `CrossEncoderClassificationEvaluator`, `CrossEncoderCorrelationEvaluator` and `CrossEncoderRerankingEvaluator`.
 */
import type { TextPair } from "../../cross-encoder/options.ts";
import { averagePrecisionStatistic } from "../../evaluation/metrics/binary-classification.ts";
import { macroF1 } from "../../evaluation/metrics/classification.ts";
import { spearmanStatistic } from "../../evaluation/metrics/correlation.ts";
import { ndcgAt } from "../../evaluation/metrics/ranking.ts";
import type { Rows } from "../../training/data/training-set.ts";
import type { CrossEncoderLoss } from "./losses/cross-encoder-loss.ts";

/** The scores of pairs by the model as it is now, without activation: [pairs, numLabels], row by row. */
export type ScorePairs = (pairs: readonly TextPair[]) => Promise<Float32Array>;

export interface CrossEncoderEvaluator {
  /** Name of its score: `accuracy on SNLI dev`. */
  readonly name: string;
  /** @returns a score: higher is better; NaN where it is undefined, as a correlation of labels that are all alike is */
  evaluate(score: ScorePairs): Promise<number>;
}

/** Documents that each query is to rank; positives of other rows fill up. */
const documentsToRank = 10;

/** @param rows that were held out */
export function evaluatorOfRows(
  { measuredBy }: Pick<CrossEncoderLoss, "measuredBy">,
  rows: Rows,
): CrossEncoderEvaluator {
  const labels = Object.values(rows.labels)[0]?.data ?? new Float32Array();
  switch (measuredBy) {
    case "classes":
      return {
        name: "macro F1",
        evaluate: async (score) => macroF1(Array.from(labels), classesOf(await score(pairsOf(rows)), labels.length)),
      };
    case "pairs": {
      const isBinary = labels.every((label) => label === 0 || label === 1);
      const measure = isBinary ? averagePrecisionStatistic : spearmanStatistic;
      return {
        name: isBinary ? "average precision" : "Spearman",
        evaluate: async (score) => ofAll(measure(await score(pairsOf(rows)), labels), labels.length),
      };
    }
    case "margins":
      return {
        name: "Spearman of margins",
        evaluate: async (score) => {
          const margins = marginsOf(await score(pairsOf(rows)), rows.columns.length - 1);
          return ofAll(spearmanStatistic(margins, labels), labels.length);
        },
      };
    case "ranking":
      return rankingOf(rows);
  }
}

/** A statistic of all items, each once. */
function ofAll(statistic: (counts: Int32Array) => number, items: number): number {
  return statistic(new Int32Array(items).fill(1));
}

/** Row by row, the pairs that the first text makes with the others. */
function pairsOf({ columns: [queries, ...documents] }: Pick<Rows, "columns">): TextPair[] {
  return queries!.flatMap((query, row) => documents.map((column): TextPair => [query, column[row]!]));
}

function classesOf(scores: Float32Array, rows: number): number[] {
  const size = scores.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const own = scores.subarray(row * size, (row + 1) * size);
    return own.indexOf(Math.max(...own));
  });
}

function marginsOf(scores: Float32Array, pairs: number): number[] {
  return Array.from(scores, (score, at) => scores[at - (at % pairs)]! - score).filter((_, at) => at % pairs > 0);
}

/**
 * An evaluator of rankings. The documents with the highest label of their row are relevant; without labels, the first.
 */
function rankingOf({ columns, labels }: Rows): CrossEncoderEvaluator {
  const [queries, ...documents] = columns as [readonly string[], ...(readonly string[])[]];
  const grades = Object.values(labels)[0]?.data;
  const rows = queries.map((query, row) => {
    const all = documents.map((column) => column[row]!);
    const isThere = (at: number) => grades === undefined || grades[row * all.length + at] !== Number.NEGATIVE_INFINITY;
    const own = all.filter((_, at) => isThere(at));
    const ofRow = grades?.subarray(row * all.length, (row + 1) * all.length).filter((grade) => grade > -Infinity);
    const highest = ofRow && Math.max(...ofRow);
    const relevant = own.map((_, at) => (ofRow === undefined ? at === 0 : ofRow[at] === highest));
    return { query, own, judged: relevant.map(Number) };
  });
  const candidates = rows.map(({ query, own, judged }, row) => {
    const all = [...own];
    for (let next = 1; next < rows.length && all.length < documentsToRank; next++) {
      const [positive] = rows[(row + next) % rows.length]!.own;
      if (positive !== query && !all.includes(positive!)) all.push(positive!);
    }
    return { pairs: all.map((document): TextPair => [query, document]), judged };
  });
  return {
    name: "nDCG@10",
    async evaluate(score) {
      const scores = await score(candidates.flatMap(({ pairs }) => pairs));
      let start = 0;
      const all = candidates.map(({ pairs, judged }) => {
        const own = [...scores.subarray(start, start + pairs.length)];
        start += pairs.length;
        // Equal scores count as if the relevant ones came last.
        const order = own.map((_, at) => at).sort((a, b) => own[b]! - own[a]! || (judged[a] ?? 0) - (judged[b] ?? 0));
        return ndcgAt(10, { found: order.map((at) => judged[at] ?? 0), judged });
      });
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    },
  };
}
