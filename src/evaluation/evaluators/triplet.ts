/**
 * Evaluates how often an anchor is more similar to its positive than to its negative.
 * Source: `TripletEvaluator` of sentence-transformers, whose score names these are.
 */

import { requireObject, requireOneOf, requireStrings } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { type SimilarityFunction, similarityFunctions, similarityPairwise } from "../../similarity/similarity.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import { mean } from "../statistics/mean.ts";

export interface Triplets {
  readonly anchors: readonly string[];
  readonly positives: readonly string[];
  readonly negatives: readonly string[];
}

export interface TripletOptions {
  readonly name?: string | undefined;
  /** Similarity function of the main score. Default: `cosine`. */
  readonly mainSimilarity?: SimilarityFunction | undefined;
  /** Margin by which the positive's similarity must exceed the negative's. Default: 0, so that a tie counts as wrong. */
  readonly margin?: number | undefined;
}

const tripletOptions: OptionTable<TripletOptions> = {
  name: "string",
  mainSimilarity: "string",
  margin: "number",
};

export class TripletEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "Triplet";
  readonly texts: TextsByRole;
  readonly #data: Triplets;
  readonly #mainSimilarity: SimilarityFunction;
  readonly #margin: number;

  /** @throws HpdError `invalid_argument` for no triplets, or unequal numbers of anchors, positives and negatives */
  constructor(data: Triplets, options: TripletOptions = {}) {
    const {
      name = "Triplet",
      mainSimilarity = "cosine",
      margin = 0,
    } = checkedOptions("TripletEvaluator", options, tripletOptions);
    requireOneOf("mainSimilarity", mainSimilarity, similarityFunctions);
    if (!Number.isFinite(margin)) {
      throw new HpdError("invalid_argument", `margin should be a finite number, got ${margin}`);
    }
    requireObject(`${name}: the data`, data, "{ anchors, positives, negatives }");
    const { anchors, positives, negatives } = data;
    for (const [part, texts] of Object.entries({ anchors, positives, negatives }))
      requireStrings(`${name}: ${part}`, texts);
    if (anchors.length === 0 || positives.length !== anchors.length || negatives.length !== anchors.length) {
      throw new HpdError(
        "invalid_argument",
        `${name}: expected as many positives and negatives as anchors and at least one, ` +
          `got ${anchors.length} anchors, ${positives.length} positives, ${negatives.length} negatives`,
      );
    }
    this.name = name;
    this.texts = { query: anchors, document: [...positives, ...negatives] };
    this.#data = data;
    this.#mainSimilarity = mainSimilarity;
    this.#margin = margin;
  }

  /** Computes `cosine_accuracy`, the same for `dot`, `euclidean` and `manhattan`, and `max_accuracy`. */
  async evaluate(embeddings: EmbeddingLookup): Promise<Evaluation> {
    const anchors = embeddings.of(this.#data.anchors, "query");
    const positives = embeddings.of(this.#data.positives, "document");
    const negatives = embeddings.of(this.#data.negatives, "document");
    const isRight = (name: SimilarityFunction): Uint8Array => {
      const toNegative = similarityPairwise(anchors, negatives, name);
      const toPositive = similarityPairwise(anchors, positives, name);
      return Uint8Array.from(toPositive, (score, index) => (score > toNegative[index]! + this.#margin ? 1 : 0));
    };
    const scores = Object.fromEntries(similarityFunctions.map((name) => [`${name}_accuracy`, mean(isRight(name))]));
    return {
      name: this.name,
      type: this.type,
      mainMetric: `${this.#mainSimilarity}_accuracy`,
      scores: { ...scores, max_accuracy: Math.max(...Object.values(scores)) },
      count: anchors.count,
      resampling: { itemScores: [isRight(this.#mainSimilarity)], range: [0, 1] },
    };
  }
}
