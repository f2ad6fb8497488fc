/**
 * The interface of evaluators: the texts to embed, and a function from their embeddings to scores. An evaluator knows
 * neither the model nor the origin of the texts; evaluators that run together share the embeddings.
 */

import type { Progress } from "../common/progress.ts";
import type { EmbeddingsLike } from "../similarity/as-embeddings.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

/** Types of tasks, with MTEB's names where MTEB has the type. */
export type EvaluatorType =
  | "STS"
  | "Retrieval"
  | "PairClassification"
  | "ParaphraseMining"
  | "Triplet"
  | "MSE"
  | "Clustering"
  | "Classification";

/** The role of a text: each may have a prompt of its own. */
export type TextRole = "sentence" | "query" | "document";

/** The texts of each role, possibly with repetitions. */
export type TextsByRole = Readonly<Partial<Record<TextRole, readonly string[]>>>;

export interface Evaluator {
  /** The task's name in reports, such as `STS12`. */
  readonly name: string;
  readonly type: EvaluatorType;
  readonly texts: TextsByRole;
  /**
   * Computes the scores.
   *
   * @param embeddings holds every text of `texts`
   * @throws HpdError `invalid_argument` for a score that is undefined; the signal's reason when it aborts
   */
  evaluate(embeddings: EmbeddingLookup, signal?: AbortSignal): Promise<Evaluation>;
}

export interface EmbeddingLookup {
  readonly dimension: number;
  /**
   * A copy of the embeddings of these texts, in this order: `[texts, dimension]`.
   *
   * @throws HpdError `invalid_argument` for a text that is not in the evaluator's `texts`
   */
  of(texts: readonly string[], role?: TextRole): Embeddings;
}

export interface Evaluation {
  readonly name: string;
  readonly type: EvaluatorType;
  /** Name of the score by which models are compared. */
  readonly mainMetric: string;
  /** The scores by MTEB's names (`cosine_spearman`, `ndcg_at_10`), in MTEB's units: fractions, not percent. */
  readonly scores: Readonly<Record<string, number>>;
  /** Whether the data are a development set, for model selection, which no mean of test scores includes. */
  readonly isDev?: boolean | undefined;
  /** Number of pairs, queries or texts that were scored. */
  readonly count: number;
  /** Input of the main score's confidence interval; absent if resampling the items makes no sense. */
  readonly resampling?: Resampling | undefined;
  /** Every pair of an evaluator of pairs, for reports. */
  readonly pairs?: readonly ScoredPair[] | undefined;
}

/**
 * The data from which the main score's confidence interval is computed. Compared models have the same items (pairs,
 * queries, texts) in the same order.
 */
export type Resampling = ItemScores | ItemStatistic;

interface MainScore {
  /** The smallest and the largest possible value; infinite if unbounded. */
  readonly range: readonly [least: number, greatest: number];
}

/** A main score that is the mean of one value per item. */
export interface ItemScores extends MainScore {
  /** Scores of the items: `[repetitions][items]`, with a repetition for each draw of examples that is averaged. */
  readonly itemScores: readonly ArrayLike<number>[];
}

/** A main score that is a statistic of a sample of items. */
export interface ItemStatistic extends MainScore {
  readonly itemCount: number;
  /**
   * The statistic, one for each seed that is averaged: the score when item `i` occurs `counts[i]` times; with all counts 1
   * it is the main score. NaN if it is undefined for a sample, such as the correlation of equal gold scores.
   *
   * counts: `[itemCount]`
   */
  readonly statistics: readonly ((counts: Int32Array) => number)[];
}

export interface ScoredPair {
  readonly sentence1: string;
  readonly sentence2: string;
  /** Gold score in the unit of the data: 0 to 5 in STS, 0 or 1 for labelled pairs. */
  readonly gold: number;
  /** Similarity of the embeddings. */
  readonly predicted: number;
}

/**
 * Computes the embeddings of an evaluation: a model's `encode`, or any other function, which may ignore the options.
 *
 * @returns `[texts, dimension]`, in the order of the texts
 */
export type Encode = (texts: readonly string[], options: EncodeTextsOptions) => Promise<EmbeddingsLike>;

export interface EncodeTextsOptions {
  /** Prompt to prepend to every text; empty if the model has none for the texts' role. */
  readonly prompt: string;
  /** The kind of texts, if the model has routes or maximum lengths for them. */
  readonly task?: "query" | "document" | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress<"encode", number>) => void) | undefined;
}
