/**
 * Evaluates how well the similarity of two sentences' embeddings correlates with gold scores.
 * Source: `EmbeddingSimilarityEvaluator` of sentence-transformers; the scores' names are MTEB's (`AbsTaskSTS`).
 */

import { requireObject } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { SimilarityFunction } from "../../similarity/similarity.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import { pearson, spearman, spearmanStatistic } from "../metrics/correlation.ts";
import { SentencePairs } from "./sentence-pairs.ts";

export interface ScoredSentences {
  readonly sentences1: readonly string[];
  readonly sentences2: readonly string[];
  /** Gold similarities in any unit: only their order matters to a rank correlation. */
  readonly scores: readonly number[];
}

export interface EmbeddingSimilarityOptions {
  readonly name?: string | undefined;
  /** Similarity function of the main score. Default: `cosine`. */
  readonly mainSimilarity?: SimilarityFunction | undefined;
  /** Whether the data are a development set. Default: false. */
  readonly isDev?: boolean | undefined;
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
  readonly #pairs: SentencePairs;
  readonly #isDev: boolean;

  /** @throws HpdError `invalid_argument` for no pairs, or other than one score per pair */
  constructor(data: ScoredSentences, options: EmbeddingSimilarityOptions = {}) {
    const {
      name = "STS",
      mainSimilarity = "cosine",
      isDev = false,
    } = checkedOptions("EmbeddingSimilarityEvaluator", options, embeddingSimilarityOptions);
    requireObject(`${name}: the data`, data, "{ sentences1, sentences2, scores }");
    const { scores: gold, ...sentences } = data;
    this.name = name;
    this.#pairs = new SentencePairs(name, "scores", { ...sentences, gold, mainSimilarity });
    this.texts = this.#pairs.texts;
    this.#isDev = isDev;
  }

  /**
   * Computes `cosine_spearman`, `cosine_pearson`, and the same for `dot`, `euclidean` and `manhattan`.
   *
   * @throws HpdError `invalid_argument` if a correlation is undefined: constant scores or similarities
   */
  async evaluate(embeddings: EmbeddingLookup): Promise<Evaluation> {
    const { gold, mainSimilarity } = this.#pairs;
    const similarities = this.#pairs.similarities(embeddings);
    const scores: Record<string, number> = {};
    for (const [name, values] of Object.entries(similarities)) {
      scores[`${name}_spearman`] = this.#correlation(spearman, values, name);
      scores[`${name}_pearson`] = this.#correlation(pearson, values, name);
    }
    const statistic = spearmanStatistic(similarities[mainSimilarity], gold);
    return {
      name: this.name,
      type: this.type,
      mainMetric: `${mainSimilarity}_spearman`,
      scores,
      ...(this.#isDev && { isDev: true }),
      count: gold.length,
      resampling: { itemCount: gold.length, statistics: [statistic], range: [-1, 1] },
      pairs: this.#pairs.scored(similarities),
    };
  }

  #correlation(correlate: typeof spearman, similarities: Float32Array, name: string): number {
    try {
      return correlate(similarities, this.#pairs.gold);
    } catch (cause) {
      if (!(cause instanceof HpdError)) throw cause;
      throw new HpdError(cause.code, `${this.name}, gold scores and ${name} similarities: ${cause.message}`, { cause });
    }
  }
}
