/**
 * Evaluates whether the most similar pairs of a set of sentences are its paraphrases.
 * Source: `ParaphraseMiningEvaluator` of sentence-transformers, whose score names and defaults these are: cosine, each
 * sentence paired with its 100 nearest neighbours, 500,000 pairs at most.
 */
import { requireArray, requireMap, requireObject, requireStrings } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { paraphraseMining } from "../../search/paraphrase-mining.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import { averagePrecision, bestF1 } from "../metrics/binary-classification.ts";

export interface ParaphraseData {
  /** Sentences by id. */
  readonly sentences: ReadonlyMap<string, string>;
  /** Pairs of ids, in either order. */
  readonly duplicates: readonly (readonly [string, string])[];
}

export interface ParaphraseMiningEvaluatorOptions {
  readonly name?: string | undefined;
}

const paraphraseMiningEvaluatorOptions: OptionTable<ParaphraseMiningEvaluatorOptions> = { name: "string" };

export class ParaphraseMiningEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "ParaphraseMining";
  readonly texts: TextsByRole;
  /** Indices of the duplicates of each sentence. */
  readonly #duplicatesOf: readonly ReadonlySet<number>[];

  /** @throws HpdError `invalid_argument` for no duplicates, and for an id that is unknown or is its own duplicate */
  constructor(data: ParaphraseData, options: ParaphraseMiningEvaluatorOptions = {}) {
    const { name = "ParaphraseMining" } = checkedOptions(
      "ParaphraseMiningEvaluator",
      options,
      paraphraseMiningEvaluatorOptions,
    );
    requireObject(`${name}: the data`, data, "{ sentences, duplicates }");
    const { sentences, duplicates } = data;
    requireMap(`${name}: sentences`, sentences, "a Map of ids to texts");
    requireArray(`${name}: duplicates`, duplicates);
    for (const [index, pair] of duplicates.entries()) requireStrings(`${name}: duplicates[${index}]`, pair);
    const positions = new Map(Array.from(sentences.keys(), (id, position) => [id, position]));
    const duplicatesOf = Array.from(sentences, () => new Set<number>());
    for (const pair of duplicates) {
      const [first, second] = pair.map((id) => positions.get(id));
      if (first === undefined || second === undefined || first === second) {
        throw new HpdError(
          "invalid_argument",
          `${name}: duplicates should be pairs of ids of two sentences, got ${pair.join(", ")}`,
        );
      }
      duplicatesOf[first]!.add(second);
      duplicatesOf[second]!.add(first);
    }
    if (duplicates.length === 0) {
      throw new HpdError(
        "invalid_argument",
        `${name}: expected at least one pair of duplicates, got none among ${sentences.size} sentences`,
      );
    }
    this.name = name;
    this.texts = { sentence: [...sentences.values()] };
    this.#duplicatesOf = duplicatesOf;
  }

  /** Computes `average_precision`, and `f1`, `precision`, `recall` and `threshold` at the best F1. */
  async evaluate(embeddings: EmbeddingLookup, signal?: AbortSignal): Promise<Evaluation> {
    const sentences = this.texts.sentence!;
    const pairs = await paraphraseMining(embeddings.of(sentences), signal && { signal });
    const similarities = pairs.map(({ score }) => score);
    const labels = pairs.map(({ first, second }) => (this.#duplicatesOf[first]!.has(second) ? 1 : 0));
    const duplicates = this.#duplicatesOf.reduce((sum, { size }) => sum + size, 0) / 2;
    return {
      name: this.name,
      type: this.type,
      mainMetric: "average_precision",
      scores: {
        average_precision: averagePrecision(similarities, labels, duplicates),
        ...bestF1(similarities, labels, duplicates),
      },
      count: sentences.length,
    };
  }
}
