/** Options, progress and report of a build. */

import type { OptionTable } from "../../common/options.ts";
import type { Progress } from "../../common/progress.ts";
import { type LoadOptions, loadOptions } from "../../encode/options.ts";
import type { IndexPrecision } from "../description.ts";

export const othersChoices = ["keep", "remove"] as const;

export type Others = (typeof othersChoices)[number];

export interface BuildOptions {
  /** The index: a folder, a bucket: `s3://bucket/path` or `gs://bucket/path`, or a PostgreSQL database: `postgres://user@host/database?schema=notes`. */
  readonly out: string;
  /** A model folder, or an id of the hub. Default: that of the index; for a new one, the model inside this package. */
  readonly model?: string | undefined;
  /** Options of loading the model. */
  readonly load?: LoadOptions | undefined;
  /** The element type of the embeddings in a new index. Default `float32`. */
  readonly precision?: IndexPrecision | undefined;
  /**
   * Maximum tokens per passage. Default: the previous build's value; for a new index, the model's maximum, at most 256.
   * (The options below also default to the previous build's values.)
   */
  readonly chunkTokens?: number | undefined;
  /** Maximum tokens of whole sentences that two adjacent passages share. For a new index an eighth of `chunkTokens`. */
  readonly overlapTokens?: number | undefined;
  /** Whether every line of a plain text is a passage. For a new index false. */
  readonly lines?: boolean | undefined;
  /** The text field of JSONL, CSV and TSV. For a new index `text`. */
  readonly field?: string | undefined;
  /**
   * The treatment of files of the index that still exist and are none of the inputs: `keep` brings them up to date as
   * if they were inputs, `remove` removes them. Without it, a build with such files is refused.
   */
  readonly others?: Others | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Stops the build between two commits; the promise rejects with the signal's reason, and the next build goes on. */
  readonly signal?: AbortSignal | undefined;
}

export const buildOptions: OptionTable<BuildOptions> = {
  out: "string",
  model: "string",
  load: loadOptions,
  precision: "string",
  chunkTokens: "number",
  overlapTokens: "number",
  lines: "boolean",
  field: "string",
  others: "string",
  onProgress: "function",
  signal: "signal",
};

/** Progress of a build, in files. */
export interface BuildProgress extends Progress<"index", number> {
  /** Passages embedded and committed in this build. */
  readonly passages: number;
}

export interface BuildReport {
  /** Name of the index, without a password. */
  readonly index: string;
  readonly files: number;
  /** Passages in the index after the build. */
  readonly passages: number;
  /** Passages that this build has embedded. */
  readonly embedded: number;
  readonly changedFiles: number;
  readonly unchangedFiles: number;
  /** Names of files that were removed from the index. */
  readonly removed: readonly string[];
  /**
   * Content that is not in the index, with the reason: files and folders below an input that can't be read, or not to
   * their end, rows without a text, front matter that is no YAML. A file may come several times.
   */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}
