/**
 * The options of `mineHardNegatives`, under the names of `sentence_transformers.util.mine_hard_negatives` in camelCase,
 * with its defaults.
 */
import {
  requireNonNegative,
  requireOptionalOneOf,
  requirePositiveInteger,
  requireWholeNumber,
} from "../common/arguments.ts";
import { describe, isObject } from "../common/json.ts";
import { checkedOptions, type Hints, type OptionTable } from "../common/options.ts";
import type { CrossEncoder } from "../cross-encoder/cross-encoder.ts";
import type { EncodeOptions } from "../encode/options.ts";
import { HpdError } from "../errors.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

/** What embeds anchors and candidates: a `SentenceTransformer`, or what does as it does. */
export interface MiningModel {
  readonly similarityFunction: SimilarityFunction;
  encodeQuery(texts: readonly string[], options: EncodeOptions<"float32">): Promise<Embeddings>;
  encodeDocument(texts: readonly string[], options: EncodeOptions<"float32">): Promise<Embeddings>;
  /** What it consists of: by this, too, embeddings in a cache are told apart. */
  describe?(): object;
}

export const outputFormats = ["triplet", "n-tuple", "labeled-pair", "labeled-list"] as const;

export type OutputFormat = (typeof outputFormats)[number];

export const samplingStrategies = ["top", "random"] as const;

export type SamplingStrategy = (typeof samplingStrategies)[number];

export interface MiningProgress {
  readonly stage: "embed corpus" | "embed queries" | "search" | "rescore";
  readonly done: number;
  readonly total: number;
}

export interface MineHardNegativesOptions {
  /** The field of the anchors. Default: by its name (`anchor`, `query`, `question` ...), else the first field. */
  readonly anchorColumnName?: string | undefined;
  /** The field of the positives. Default: by its name (`positive`, `answer`, `passage` ...), else the second field. */
  readonly positiveColumnName?: string | undefined;
  /** More candidates: the positives of all rows are candidates in any case. */
  readonly corpus?: Iterable<string> | AsyncIterable<string> | undefined;
  /**
   * Scores candidates and positives anew, before the limits are held to them. Without a limit it would change nothing, and
   * is refused.
   */
  readonly crossEncoder?: Pick<CrossEncoder, "predict" | "numLabels"> | undefined;
  /** So many of the nearest candidates are passed over. Default 0. */
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
  /** So much is a negative's score at least below that of the anchor's positive, of several that with the lowest one. */
  readonly absoluteMargin?: number | undefined;
  /** As `absoluteMargin`, as a part of the positive's score: 0.05 keeps what has 95% of it at most. */
  readonly relativeMargin?: number | undefined;
  /** Of an anchor at most. Default 3. */
  readonly numNegatives?: number | undefined;
  /** The nearest candidates that the limits leave, or any of them. Default `top`. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /** Of `random`. Default 42. */
  readonly seed?: number | undefined;
  /** A prompt of the model for anchors. Default: `query`, as `encodeQuery`. */
  readonly queryPromptName?: string | undefined;
  /** Put before anchors to embed them. It goes before `queryPromptName`. */
  readonly queryPrompt?: string | undefined;
  /** A prompt of the model for candidates. Default: `document`, as `encodeDocument`. */
  readonly corpusPromptName?: string | undefined;
  /** Put before candidates to embed them. It goes before `corpusPromptName`. */
  readonly corpusPrompt?: string | undefined;
  /** An anchor's positives are candidates, too: for data that a reranker is evaluated on. Makes `n-tuple`. Default false. */
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

const table: OptionTable<MineHardNegativesOptions> = {
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

/** What Python's function has beside them. */
const hints: Hints = {
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

type Defaulted =
  | ("rangeMin" | "numNegatives" | "samplingStrategy" | "seed")
  | ("includePositives" | "outputFormat" | "outputScores");

/** Options with their defaults; `rangeMax` follows from the rows where none is given. */
export type MiningSettings = Omit<MineHardNegativesOptions, Defaulted> & {
  readonly [Name in Defaulted]: NonNullable<MineHardNegativesOptions[Name]>;
};

/** The limits in the order in which they are held to candidates. */
export const limitNames = ["absoluteMargin", "relativeMargin", "maxScore", "minScore"] as const;

export type LimitName = (typeof limitNames)[number];

/** @throws HpdError `invalid_argument` for an option that can't do */
export function miningSettingsOf(given: MineHardNegativesOptions): MiningSettings {
  const options = checkedOptions("mineHardNegatives", given, table, hints);
  if ((options.outputFormat as string) === "n-tuple-scores") {
    throw new HpdError(
      "invalid_argument",
      'instead of n-tuple-scores say outputFormat "n-tuple" and outputScores true',
    );
  }
  requireOptionalOneOf("outputFormat", options.outputFormat, outputFormats);
  requireOptionalOneOf("samplingStrategy", options.samplingStrategy, samplingStrategies);
  const { includePositives = false, outputFormat = includePositives ? "n-tuple" : "triplet" } = options;
  if (includePositives && outputFormat !== "n-tuple") {
    throw new HpdError(
      "invalid_argument",
      `\`includePositives\` keeps the order of candidates, which only n-tuple has: leave outputFormat out, got ${outputFormat}`,
    );
  }
  const {
    rangeMin = 0,
    rangeMax,
    numNegatives = 3,
    samplingStrategy = "top",
    seed = 42,
    outputScores = false,
  } = options;
  requireWholeNumber("rangeMin", rangeMin);
  requirePositiveInteger("numNegatives", numNegatives);
  requireWholeNumber("seed", seed);
  if (rangeMax !== undefined) {
    requirePositiveInteger("rangeMax", rangeMax);
    if (rangeMax - rangeMin < numNegatives) {
      throw new HpdError(
        "invalid_argument",
        `from \`rangeMin\` ${rangeMin} to \`rangeMax\` ${rangeMax} there are ${Math.max(rangeMax - rangeMin, 0)} candidates, fewer ` +
          `than \`numNegatives\` ${numNegatives}: raise \`rangeMax\`, or lower one of the others`,
      );
    }
  }
  requireLimits(options);
  return { ...options, includePositives, outputFormat, rangeMin, numNegatives, samplingStrategy, seed, outputScores };
}

function requireLimits(options: MineHardNegativesOptions): void {
  for (const name of limitNames) {
    const value = options[name];
    if (value === undefined || Number.isFinite(value)) continue;
    throw new HpdError("invalid_argument", `${name} should be a finite number, got ${value}`);
  }
  const { minScore, maxScore, relativeMargin, crossEncoder } = options;
  if (relativeMargin !== undefined) requireNonNegative("relativeMargin", relativeMargin);
  if (minScore !== undefined && maxScore !== undefined && minScore > maxScore) {
    throw new HpdError(
      "invalid_argument",
      `\`minScore\` ${minScore} is above \`maxScore\` ${maxScore}: no score is between them`,
    );
  }
  if (crossEncoder === undefined) return;
  if (!isObject(crossEncoder) || typeof crossEncoder.predict !== "function") {
    throw new HpdError(
      "invalid_argument",
      `crossEncoder should be a loaded CrossEncoder, got ${describe(crossEncoder)}`,
    );
  }
  if (crossEncoder.numLabels !== 1) {
    throw new HpdError(
      "invalid_argument",
      `crossEncoder should give a pair one score, this one gives ${crossEncoder.numLabels}`,
    );
  }
  if (limitNames.some((name) => options[name] !== undefined)) return;
  throw new HpdError(
    "invalid_argument",
    `crossEncoder scores candidates for limits, as in Python: give one of ${limitNames.join(", ")}, or leave it out`,
  );
}

/** The rank of the last candidate. @param mostPositives of an anchor */
export function rangeMaxOf(settings: MiningSettings, mostPositives: number): number {
  const { rangeMin, rangeMax, numNegatives, absoluteMargin, relativeMargin, maxScore, minScore, crossEncoder } =
    settings;
  if (rangeMax !== undefined) return rangeMax;
  const mayDrop =
    absoluteMargin !== undefined ||
    relativeMargin !== undefined ||
    maxScore !== undefined ||
    (crossEncoder !== undefined && minScore !== undefined);
  return rangeMin + (mayDrop ? 10 : 1) * numNegatives + mostPositives;
}
