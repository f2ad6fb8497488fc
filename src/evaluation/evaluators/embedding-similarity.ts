/**
 * How well the similarity of two sentences' embeddings follows people's judgement: the correlation of both over all pairs.
 * Source: `EmbeddingSimilarityEvaluator` of sentence-transformers; the scores' names are MTEB's (`AbsTaskSTS`).
 */

import { requireOneOf } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { type SimilarityFunction, similarityFunctions, similarityPairwise } from "../../similarity/similarity.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, ScoredPair, TextsByRole } from "../evaluator.ts";
import { pearson, spearman, spearmanStatistic } from "../metrics/correlation.ts";

export interface ScoredSentences {
  readonly sentences1: readonly string[];
  readonly sentences2: readonly string[];
  /** How alike people found them, in any unit: a rank correlation sees the order only. */
  readonly scores: readonly number[];
}

export interface EmbeddingSimilarityOptions {
  name?: string;
  /** Of the main score. Default: `cosine`. */
  mainSimilarity?: SimilarityFunction;
  /** Whether the data are development data. Default: false. */
  isDev?: boolean;
}

const embeddingSimilarityOptions: OptionTable<EmbeddingSimilarityOptions> = {
  name: "string",
  mainSimilarity: "string",
  isDev: "boolean",
};

export class EmbeddingSimilarityEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "STS";
  readonly texts: TextsByRole;
  readonly #data: ScoredSentences;
  readonly #mainSimilarity: SimilarityFunction;
  readonly #isDev: boolean;

  /** @throws HpdError `invalid_argument` for no pairs, or other than one score a pair */
  constructor(data: ScoredSentences, options: EmbeddingSimilarityOptions = {}) {
    const {
      name = "STS",
      mainSimilarity = "cosine",
      isDev = false,
    } = checkedOptions("EmbeddingSimilarityEvaluator", options, embeddingSimilarityOptions);
    requireOneOf("mainSimilarity", mainSimilarity, similarityFunctions);
    const { sentences1, sentences2, scores } = data;
    if (scores.length === 0 || sentences1.length !== scores.length || sentences2.length !== scores.length) {
      throw new HpdError(
        "invalid_argument",
        `${name}: expected as many scores as pairs and at least one, ` +
          `got ${sentences1.length} and ${sentences2.length} sentences, ${scores.length} scores`,
      );
    }
    this.name = name;
    this.texts = { sentence: [...sentences1, ...sentences2] };
    this.#data = data;
    this.#mainSimilarity = mainSimilarity;
    this.#isDev = isDev;
  }

  /**
   * `cosine_spearman`, `cosine_pearson`, and the same for `dot`, `euclidean` and `manhattan`.
   *
   * @throws HpdError `invalid_argument` where a correlation is undefined: constant scores or similarities
   */
  async evaluate(embeddings: EmbeddingLookup): Promise<Evaluation> {
    const { sentences1, sentences2, scores: gold } = this.#data;
    const left = embeddings.of(sentences1);
    const right = embeddings.of(sentences2);
    const scores: Record<string, number> = {};
    for (const name of similarityFunctions) {
      const similarities = similarityPairwise(left, right, name);
      scores[`${name}_spearman`] = this.#correlation(spearman, similarities, name);
      scores[`${name}_pearson`] = this.#correlation(pearson, similarities, name);
    }
    const predicted = similarityPairwise(left, right, this.#mainSimilarity);
    return {
      name: this.name,
      type: this.type,
      mainMetric: `${this.#mainSimilarity}_spearman`,
      scores,
      ...(this.#isDev && { isDev: true }),
      count: gold.length,
      resampling: { itemCount: gold.length, statistics: [spearmanStatistic(predicted, gold)], range: [-1, 1] },
      pairs: gold.map(
        (score, index): ScoredPair => ({
          sentence1: sentences1[index]!,
          sentence2: sentences2[index]!,
          gold: score,
          predicted: predicted[index]!,
        }),
      ),
    };
  }

  #correlation(correlate: typeof spearman, similarities: Float32Array, name: SimilarityFunction): number {
    try {
      return correlate(similarities, this.#data.scores);
    } catch (cause) {
      if (!(cause instanceof HpdError)) throw cause;
      throw new HpdError(cause.code, `${this.name}, gold scores and ${name} similarities: ${cause.message}`, { cause });
    }
  }
}
