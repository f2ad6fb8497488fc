/**
 * The options of `mineHardNegatives`, under the names of `sentence_transformers.util.mine_hard_negatives` in camelCase,
 * with its defaults.
 */

import type { Hints, OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import type { CrossEncoder } from "../cross-encoder/cross-encoder.ts";
import type { EncodeOptions } from "../encode/options.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

/** A model that embeds anchors and candidates: a `SentenceTransformer`, or an object with its methods. */
export interface MiningModel {
  readonly similarityFunction: SimilarityFunction;
  encodeQuery(texts: readonly string[], options: EncodeOptions<"float32">): Promise<Embeddings>;
  encodeDocument(texts: readonly string[], options: EncodeOptions<"float32">): Promise<Embeddings>;
  /** A description of the model, part of the key of cached embeddings. */
  describe?(): object;
}

export const outputFormats = ["triplet", "n-tuple", "labeled-pair", "labeled-list"] as const;

export type OutputFormat = (typeof outputFormats)[number];

export const samplingStrategies = ["top", "random"] as const;

export type SamplingStrategy = (typeof samplingStrategies)[number];

export type MiningProgress = Progress<"embed corpus" | "embed queries" | "search" | "rescore", number>;

export interface MineHardNegativesOptions {
  /** The field of the anchors. Default: by its name (`anchor`, `query`, `question` ...), else the first field. */
  readonly anchorColumnName?: string | undefined;
  /** The field of the positives. Default: by its name (`positive`, `answer`, `passage` ...), else the second field. */
  readonly positiveColumnName?: string | undefined;
  /** More candidates: the positives of all rows are candidates in any case. */
  readonly corpus?: Iterable<string> | AsyncIterable<string> | undefined;
  /**
   * Rescores candidates and positives before limits are applied. Without a limit it would change nothing,
   * and is refused.
   */
  readonly crossEncoder?: Pick<CrossEncoder, "predict" | "numLabels"> | undefined;
  /** Number of nearest candidates to skip. Default 0. */
  readonly rangeMin?: number | undefined;
  /**
   * The rank of the last candidate. Default: `rangeMin` + `numNegatives` + the most positives that an anchor has; where
   * limits may drop candidates, ten times the negatives.
   */
  readonly rangeMax?: number | undefined;
  /** No negative has a higher score. */
  readonly maxScore?: number | undefined;
  /** No negative has a lower score. */
  readonly minScore?: number | undefined;
  /** Least difference of a negative's score to that of the anchor's positive; the lowest one of several positives. */
  readonly absoluteMargin?: number | undefined;
  /** Least difference as a fraction of the positive's score: 0.05 keeps negatives with at most 95 % of it. */
  readonly relativeMargin?: number | undefined;
  /** Maximum number of negatives of an anchor. Default 3. */
  readonly numNegatives?: number | undefined;
  /** The nearest candidates that the limits leave, or any of them. Default `top`. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /** Seed of the strategy `random`. Default 42. */
  readonly seed?: number | undefined;
  /** A prompt of the model for anchors. Default: `query`, as `encodeQuery`. */
  readonly queryPromptName?: string | undefined;
  /** Put before anchors to embed them. It goes before `queryPromptName`. */
  readonly queryPrompt?: string | undefined;
  /** A prompt of the model for candidates. Default: `document`, as `encodeDocument`. */
  readonly corpusPromptName?: string | undefined;
  /** Put before candidates to embed them. It goes before `corpusPromptName`. */
  readonly corpusPrompt?: string | undefined;
  /**
   * An anchor's positives are candidates, too: for data that a reranker is evaluated on. Makes `n-tuple`. Default
   * false.
   */
  readonly includePositives?: boolean | undefined;
  /** Default `triplet`. */
  readonly outputFormat?: OutputFormat | undefined;
  /** Rows have the scores of their texts; in the labeled formats instead of labels. Default false. */
  readonly outputScores?: boolean | undefined;
  /** A folder that keeps embeddings: the next call embeds only what is new. Default: none. */
  readonly cacheFolder?: string | undefined;
  readonly onProgress?: ((progress: MiningProgress) => void) | undefined;
  /** Stops the work; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const mineHardNegativesOptions: OptionTable<MineHardNegativesOptions> = {
  anchorColumnName: "string",
  positiveColumnName: "string",
  corpus: "any",
  crossEncoder: "any",
  rangeMin: "number",
  rangeMax: "number",
  maxScore: "number",
  minScore: "number",
  absoluteMargin: "number",
  relativeMargin: "number",
  numNegatives: "number",
  samplingStrategy: "string",
  seed: "number",
  queryPromptName: "string",
  queryPrompt: "string",
  corpusPromptName: "string",
  corpusPrompt: "string",
  includePositives: "boolean",
  outputFormat: "string",
  outputScores: "boolean",
  cacheFolder: "string",
  onProgress: "function",
  signal: "signal",
};

/** Options of Python's function that have another name here, or none. */
export const miningHints: Hints = {
  batchSize: "batches are made by the length of the texts",
  faissBatchSize: "blocks are made by the size of the embeddings",
  useFaiss: "the search is exact and in blocks",
  useMultiProcess: "the option workers of load says on how many threads a model runs",
  verbose: "the result has the statistics, and onProgress is told of progress",
  asTriplets: "outputFormat is triplet or n-tuple",
  margin: "absoluteMargin is its name here",
  model: "it is the second argument",
  dataset: "it is the first argument",
};
