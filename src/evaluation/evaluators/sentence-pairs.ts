/** Pairs of sentences with a gold value each, compared by every similarity function: the data of evaluators of pairs. */
import { requireNumbers, requireOneOf, requireStrings } from "../../common/arguments.ts";
import { HpdError } from "../../errors.ts";
import { type SimilarityFunction, similarityFunctions, similarityPairwise } from "../../similarity/similarity.ts";
import type { EmbeddingLookup, ScoredPair, TextsByRole } from "../evaluator.ts";

interface SentencePairsData {
  readonly sentences1: readonly string[];
  readonly sentences2: readonly string[];
  /** Gold scores or labels, one per pair. */
  readonly gold: readonly number[];
}

/** The similarities of the pairs, `[pairs]`, by similarity function. */
type PairSimilarities = Readonly<Record<SimilarityFunction, Float32Array>>;

export class SentencePairs {
  readonly gold: readonly number[];
  /** Similarity function of the main score, and of the scored pairs. */
  readonly mainSimilarity: SimilarityFunction;
  readonly #data: SentencePairsData;

  /**
   * @param evaluator its name, for messages
   * @param goldName `scores` or `labels`, for messages
   * @throws HpdError `invalid_argument` for no pairs, other than one gold value per pair, or an unknown similarity function
   */
  constructor(
    evaluator: string,
    goldName: string,
    { mainSimilarity, ...data }: SentencePairsData & { readonly mainSimilarity: SimilarityFunction },
  ) {
    requireOneOf("mainSimilarity", mainSimilarity, similarityFunctions);
    const { sentences1, sentences2, gold } = data;
    requireStrings(`${evaluator}: sentences1`, sentences1);
    requireStrings(`${evaluator}: sentences2`, sentences2);
    requireNumbers(`${evaluator}: ${goldName}`, gold);
    if (gold.length === 0 || sentences1.length !== gold.length || sentences2.length !== gold.length) {
      throw new HpdError(
        "invalid_argument",
        `${evaluator}: expected as many ${goldName} as pairs and at least one, ` +
          `got ${sentences1.length} and ${sentences2.length} sentences, ${gold.length} ${goldName}`,
      );
    }
    this.gold = gold;
    this.mainSimilarity = mainSimilarity;
    this.#data = data;
  }

  get texts(): TextsByRole {
    return { sentence: [...this.#data.sentences1, ...this.#data.sentences2] };
  }

  similarities(embeddings: EmbeddingLookup): PairSimilarities {
    const left = embeddings.of(this.#data.sentences1);
    const right = embeddings.of(this.#data.sentences2);
    const entries = similarityFunctions.map((name) => [name, similarityPairwise(left, right, name)]);
    return Object.fromEntries(entries) as PairSimilarities;
  }

  /** The pairs with their gold values and their similarity by the main function. */
  scored(similarities: PairSimilarities): ScoredPair[] {
    const { sentences1, sentences2, gold } = this.#data;
    const predicted = similarities[this.mainSimilarity];
    return gold.map((value, index) => ({
      sentence1: sentences1[index]!,
      sentence2: sentences2[index]!,
      gold: value,
      predicted: predicted[index]!,
    }));
  }
}
