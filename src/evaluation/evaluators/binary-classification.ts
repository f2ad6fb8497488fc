/**
 * Evaluates how well the similarity of two sentences' embeddings separates pairs of label 1 from pairs of label 0.
 * Source: `BinaryClassificationEvaluator` of sentence-transformers, whose score names these are; MTEB's pair
 * classification.
 */

import { requireObject } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { SimilarityFunction } from "../../similarity/similarity.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import {
  averagePrecision,
  averagePrecisionStatistic,
  bestAccuracy,
  bestF1,
  matthewsCorrelation,
} from "../metrics/binary-classification.ts";
import { SentencePairs } from "./sentence-pairs.ts";

export interface LabelledPairs {
  readonly sentences1: readonly string[];
  readonly sentences2: readonly string[];
  /** Labels: 1 for a pair that belongs together, else 0. */
  readonly labels: readonly number[];
}

export interface BinaryClassificationOptions {
  readonly name?: string | undefined;
  /** Similarity function of the main score. Default: `cosine`. */
  readonly mainSimilarity?: SimilarityFunction | undefined;
}

const binaryClassificationOptions: OptionTable<BinaryClassificationOptions> = {
  name: "string",
  mainSimilarity: "string",
};

export class BinaryClassificationEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "PairClassification";
  readonly texts: TextsByRole;
  readonly #pairs: SentencePairs;

  /** @throws HpdError `invalid_argument` for no pairs, or other than one label per pair */
  constructor(data: LabelledPairs, options: BinaryClassificationOptions = {}) {
    const { name = "PairClassification", mainSimilarity = "cosine" } = checkedOptions(
      "BinaryClassificationEvaluator",
      options,
      binaryClassificationOptions,
    );
    requireObject(`${name}: the data`, data, "{ sentences1, sentences2, labels }");
    const { labels: gold, ...sentences } = data;
    this.name = name;
    this.#pairs = new SentencePairs(name, "labels", { ...sentences, gold, mainSimilarity });
    this.texts = this.#pairs.texts;
  }

  /**
   * Computes `cosine_ap`, `cosine_accuracy`, `cosine_f1`, `cosine_precision` and `cosine_recall` (both at the threshold of
   * F1), `cosine_mcc` (there too), `cosine_accuracy_threshold`, `cosine_f1_threshold`; the same for `dot`, `euclidean` and
   * `manhattan`, whose thresholds are distances; and of each the maximum over the four: `max_ap`, ...
   *
   * @throws HpdError `invalid_argument` for labels other than 0 and 1, or no label 1
   */
  async evaluate(embeddings: EmbeddingLookup): Promise<Evaluation> {
    const { gold: labels, mainSimilarity } = this.#pairs;
    const similarities = this.#pairs.similarities(embeddings);
    const scores: Record<string, number> = {};
    for (const [name, values] of Object.entries(similarities)) {
      const isDistance = name === "euclidean" || name === "manhattan";
      for (const [metric, value] of Object.entries(metricsOf(values, labels, isDistance))) {
        scores[`${name}_${metric}`] = value;
        scores[`max_${metric}`] = Math.max(scores[`max_${metric}`] ?? Number.NEGATIVE_INFINITY, value);
      }
    }
    const statistic = averagePrecisionStatistic(similarities[mainSimilarity], labels);
    return {
      name: this.name,
      type: this.type,
      mainMetric: `${mainSimilarity}_ap`,
      scores,
      count: labels.length,
      resampling: { itemCount: labels.length, statistics: [statistic], range: [0, 1] },
      pairs: this.#pairs.scored(similarities),
    };
  }
}

function metricsOf(similarities: Float32Array, labels: readonly number[], isDistance: boolean): Record<string, number> {
  const atAccuracy = bestAccuracy(similarities, labels);
  const { threshold, ...atF1 } = bestF1(similarities, labels);
  const reported = (similarity: number) => (isDistance ? -similarity : similarity);
  return {
    accuracy: atAccuracy.accuracy,
    accuracy_threshold: reported(atAccuracy.threshold),
    ...atF1,
    f1_threshold: reported(threshold),
    ap: averagePrecision(similarities, labels),
    mcc: matthewsCorrelation(similarities, labels, threshold),
  };
}
