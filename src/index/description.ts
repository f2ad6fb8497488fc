/** What an index says of itself: which model its embeddings are from, how they are kept, and how it is built. */
import { HpdError } from "../errors.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";

/** Goes up when what older versions of this library wrote or read is no longer understood. */
export const formatVersion = 1;

/** Of the embeddings in the store. `int8` and `binary` take a quarter and a thirty-second of `float32`. */
export const storedPrecisions = ["float32", "int8", "binary"] as const;

export type StoredPrecision = (typeof storedPrecisions)[number];

export interface IndexDescription {
  readonly formatVersion: number;
  readonly model: {
    /** The folder or hub id that it was loaded from: a search loads it from there again. */
    readonly name: string;
    /** Of its files and of the options that change what it gives: another model's query is refused by it. */
    readonly fingerprint: string;
    /** With which it was loaded, those that change what it gives. */
    readonly options: ModelOptions;
  };
  /** Of an embedding. */
  readonly dimension: number;
  /** Whether embeddings, and those of queries, were scaled to length 1. Always so where the similarity is cosine. */
  readonly isNormalized: boolean;
  /** The model's own. Manhattan distance is refused: LanceDB doesn't have it. */
  readonly similarity: IndexSimilarity;
  readonly precision: StoredPrecision;
  /** The only thing that changes after the creation. */
  readonly settings: BuildSettings;
}

/** With which files were made into passages: the next build does the same, where it is told nothing else. */
export interface BuildSettings {
  /** Every line of a plain text is a passage. */
  readonly lines: boolean;
  /** Of JSONL, CSV and TSV, the one that is the text. */
  readonly field: string;
  /** That a passage may have. */
  readonly chunkTokens: number;
  /** Of whole sentences that two passages have in common. */
  readonly overlapTokens: number;
}

export interface ModelOptions {
  readonly precision?: "fp32" | "int8";
  readonly pooling?: string;
  readonly truncateDim?: number;
  readonly revision?: string;
}

export type IndexSimilarity = Exclude<SimilarityFunction, "manhattan">;

/**
 * @param text the JSON that `JSON.stringify` made of a description
 * @param name of the index, for messages
 * @throws HpdError `unsupported` for a newer format, `corrupt_file` where it isn't a description
 */
export function parseDescription(text: string, name: string): IndexDescription {
  let value: Partial<IndexDescription> | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HpdError("corrupt_file", `${name}: what it says of itself is not JSON`, { cause });
  }
  const version = value?.formatVersion;
  if (typeof version === "number" && version > formatVersion) {
    throw new HpdError(
      "unsupported",
      `${name} is an index of format ${version}, made by a newer hpd; this one reads format ${formatVersion}: update hpd`,
    );
  }
  const isWhole =
    version === formatVersion &&
    typeof value?.model?.name === "string" &&
    typeof value.model.fingerprint === "string" &&
    Number.isSafeInteger(value.dimension) &&
    typeof value.isNormalized === "boolean" &&
    ["cosine", "dot", "euclidean"].includes(value.similarity ?? "") &&
    storedPrecisions.some((known) => known === value.precision) &&
    typeof value.settings?.lines === "boolean" &&
    typeof value.settings.field === "string" &&
    Number.isSafeInteger(value.settings.chunkTokens) &&
    Number.isSafeInteger(value.settings.overlapTokens);
  if (isWhole) return value as IndexDescription;
  throw new HpdError("corrupt_file", `${name}: what it says of itself is not whole: ${text.slice(0, 200)}`);
}
