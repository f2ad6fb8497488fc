/**
 * What every evaluator is: texts that it needs embeddings of, and a function from those embeddings to scores. It knows
 * neither the model nor where the texts came from; evaluators that run together share the embeddings.
 */
import type { Embeddings } from "../tensor/embeddings.ts";

/** MTEB's names, where MTEB has the kind of task. */
export type EvaluatorType =
  | "STS"
  | "Retrieval"
  | "PairClassification"
  | "ParaphraseMining"
  | "Triplet"
  | "MSE"
  | "Clustering"
  | "Classification";

/** What a text is to the model: each role may have a prompt of its own. */
export type TextRole = "sentence" | "query" | "document";

/** The texts of each role; one may stand there more than once. */
export type TextsByRole = Readonly<Partial<Record<TextRole, readonly string[]>>>;

export interface Evaluator {
  /** As it stands in tables: `STS12`. */
  readonly name: string;
  readonly type: EvaluatorType;
  readonly texts: TextsByRole;
  /**
   * @param embeddings of every text in `texts`
   * @throws HpdError `invalid_argument` where a score is undefined; the signal's reason when it aborts
   */
  evaluate(embeddings: EmbeddingLookup, signal?: AbortSignal): Promise<Evaluation>;
}

export interface EmbeddingLookup {
  readonly dimension: number;
  /**
   * The embeddings of these texts, in this order: `[texts, dimension]`, a copy.
   *
   * @throws HpdError `invalid_argument` for a text that the evaluator did not name in `texts`
   */
  of(texts: readonly string[], role?: TextRole): Embeddings;
}

export interface Evaluation {
  readonly name: string;
  readonly type: EvaluatorType;
  /** The name in `scores` of the one that models are compared by. */
  readonly mainMetric: string;
  /** Under MTEB's names (`cosine_spearman`, `ndcg_at_10`), in MTEB's units: fractions, not percent. */
  readonly scores: Readonly<Record<string, number>>;
  /** Whether the data are development data, for choosing among models: they count in no mean of test scores. */
  readonly isDev?: boolean;
  /** How many pairs, queries or texts were judged. */
  readonly count: number;
  /** For the confidence interval of the main score; left out where no sampling of items makes sense. */
  readonly resampling?: Resampling;
  /** For looking at: every pair of an evaluator of pairs. */
  readonly pairs?: readonly ScoredPair[];
}

/**
 * What the confidence interval of the main score is made from. Two models that are compared have the same items (pairs,
 * queries, texts) in the same order.
 */
export type Resampling = ItemScores | ItemStatistic;

interface MainScore {
  /** The least and the greatest value that it can have; infinite where there is none. */
  readonly range: readonly [least: number, greatest: number];
}

/** The main score is the mean of one value an item, as most are. */
export interface ItemScores extends MainScore {
  /** `[repetitions][items]`: one repetition, or as many as it is the mean of (draws of examples). */
  readonly itemScores: readonly ArrayLike<number>[];
}

/** The main score is a statistic of the items that are drawn. */
export interface ItemStatistic extends MainScore {
  readonly itemCount: number;
  /**
   * One, or as many as it is the mean of (seeds): the score when item `i` occurs `counts[i]` times; with all counts 1 it is
   * the main score itself. NaN where the sample has none: equal gold scores have no correlation.
   *
   * counts: `[itemCount]`
   */
  readonly statistics: readonly ((counts: Int32Array) => number)[];
}

export interface ScoredPair {
  readonly sentence1: string;
  readonly sentence2: string;
  /** In the units of the data: 0 to 5 in STS, 0 or 1 for pairs that are or aren't alike. */
  readonly gold: number;
  /** Similarity of the embeddings. */
  readonly predicted: number;
}

/**
 * Makes the embeddings of an evaluation: a model's `encode`, or any function of one's own. It need not look at the
 * options.
 *
 * @returns `[texts, dimension]`, in the order of the texts
 */
export type Encode = (texts: readonly string[], options: EncodeTextsOptions) => Promise<Embeddings>;

export interface EncodeTextsOptions {
  /** Put before every text. Empty where the model has none for the texts' role. */
  readonly prompt: string;
  /** What the texts are, where the model cuts those to a length of their own. */
  readonly task?: "query" | "document";
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { done: number; total: number }) => void;
}
