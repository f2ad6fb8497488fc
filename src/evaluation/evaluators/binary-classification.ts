/**
 * How well the similarity of two sentences' embeddings tells pairs that belong together from pairs that don't.
 * Source: `BinaryClassificationEvaluator` of sentence-transformers, names of the scores too; MTEB's pair classification.
 */

import { requireOneOf } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { type SimilarityFunction, similarityFunctions, similarityPairwise } from "../../similarity/similarity.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, ScoredPair, TextsByRole } from "../evaluator.ts";
import {
  averagePrecision,
  averagePrecisionStatistic,
  bestAccuracy,
  bestF1,
  matthewsCorrelation,
} from "../metrics/binary-classification.ts";

export interface LabelledPairs {
  readonly sentences1: readonly string[];
  readonly sentences2: readonly string[];
  /** 1 for a pair that belongs together, 0 for one that doesn't. */
  readonly labels: readonly number[];
}

export interface BinaryClassificationOptions {
  name?: string;
  /** Of the main score. Default: `cosine`. */
  mainSimilarity?: SimilarityFunction;
}

const binaryClassificationOptions: OptionTable<BinaryClassificationOptions> = {
  name: "string",
  mainSimilarity: "string",
};

export class BinaryClassificationEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "PairClassification";
  readonly texts: TextsByRole;
  readonly #data: LabelledPairs;
  readonly #mainSimilarity: SimilarityFunction;

  /** @throws HpdError `invalid_argument` for no pairs, or other than one label a pair */
  constructor(data: LabelledPairs, options: BinaryClassificationOptions = {}) {
    const { name = "PairClassification", mainSimilarity = "cosine" } = checkedOptions(
      "BinaryClassificationEvaluator",
      options,
      binaryClassificationOptions,
    );
    requireOneOf("mainSimilarity", mainSimilarity, similarityFunctions);
    const { sentences1, sentences2, labels } = data;
    if (labels.length === 0 || sentences1.length !== labels.length || sentences2.length !== labels.length) {
      throw new HpdError(
        "invalid_argument",
        `${name}: expected as many labels as pairs and at least one, ` +
          `got ${sentences1.length} and ${sentences2.length} sentences, ${labels.length} labels`,
      );
    }
    this.name = name;
    this.texts = { sentence: [...sentences1, ...sentences2] };
    this.#data = data;
    this.#mainSimilarity = mainSimilarity;
  }

  /**
   * `cosine_ap`, `cosine_accuracy`, `cosine_f1`, `cosine_precision` and `cosine_recall` (both at the threshold of F1),
   * `cosine_mcc` (there too), `cosine_accuracy_threshold`, `cosine_f1_threshold`; the same for `dot`, `euclidean` and
   * `manhattan`, whose thresholds are distances; and of each the greatest of the four: `max_ap`, ...
   *
   * @throws HpdError `invalid_argument` for labels other than 0 and 1, or none that is 1
   */
  async evaluate(embeddings: EmbeddingLookup): Promise<Evaluation> {
    const { sentences1, sentences2, labels } = this.#data;
    const left = embeddings.of(sentences1);
    const right = embeddings.of(sentences2);
    const judged = similarityFunctions.map((name) => {
      const isDistance = name === "euclidean" || name === "manhattan";
      return [name, judge(similarityPairwise(left, right, name), labels, isDistance)] as const;
    });
    const scores: Record<string, number> = {};
    for (const [name, ofName] of judged) {
      for (const [metric, value] of Object.entries(ofName)) {
        scores[`${name}_${metric}`] = value;
        scores[`max_${metric}`] = Math.max(scores[`max_${metric}`] ?? Number.NEGATIVE_INFINITY, value);
      }
    }
    const predicted = similarityPairwise(left, right, this.#mainSimilarity);
    return {
      name: this.name,
      type: this.type,
      mainMetric: `${this.#mainSimilarity}_ap`,
      scores,
      count: labels.length,
      resampling: {
        itemCount: labels.length,
        statistics: [averagePrecisionStatistic(predicted, labels)],
        range: [0, 1],
      },
      pairs: labels.map(
        (label, index): ScoredPair => ({
          sentence1: sentences1[index]!,
          sentence2: sentences2[index]!,
          gold: label,
          predicted: predicted[index]!,
        }),
      ),
    };
  }
}

function judge(similarities: Float32Array, labels: readonly number[], isDistance: boolean): Record<string, number> {
  const atAccuracy = bestAccuracy(similarities, labels);
  const { threshold, ...atF1 } = bestF1(similarities, labels);
  const asShown = (similarity: number) => (isDistance ? -similarity : similarity);
  return {
    accuracy: atAccuracy.accuracy,
    accuracy_threshold: asShown(atAccuracy.threshold),
    ...atF1,
    f1_threshold: asShown(threshold),
    ap: averagePrecision(similarities, labels),
    mcc: matthewsCorrelation(similarities, labels, threshold),
  };
}
