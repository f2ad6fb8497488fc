/** What a build is told, and what it tells. */

import type { OptionTable } from "../../common/options.ts";
import type { Progress } from "../../common/progress.ts";
import { type LoadOptions, loadOptions } from "../../encode/options.ts";
import type { IndexPrecision } from "../description.ts";

export const othersChoices = ["keep", "remove"] as const;

export type Others = (typeof othersChoices)[number];

export interface BuildOptions {
  /** A folder, or a PostgreSQL database: `postgres://user@host/database?schema=notes`. */
  readonly out: string;
  /** A model folder, or an id of the hub. Default: that of the index; of a new one, the model that this package brings. */
  readonly model?: string | undefined;
  /** How to load it. */
  readonly load?: LoadOptions | undefined;
  /** The element type of the embeddings in a new index. Default `float32`. */
  readonly precision?: IndexPrecision | undefined;
  /** Most tokens of a passage. This and what follows: as the build before; at first what the model takes, at most 256. */
  readonly chunkTokens?: number | undefined;
  /** Tokens of whole sentences that two passages have in common. At first an eighth of `chunkTokens`. */
  readonly overlapTokens?: number | undefined;
  /** Every line of a plain text is a passage. At first false. */
  readonly lines?: boolean | undefined;
  /** The field of JSONL, CSV and TSV that is the text. At first `text`. */
  readonly field?: string | undefined;
  /**
   * What becomes of files of the index that still exist and are none of the inputs: `keep` brings them up to date as if
   * they had been named, `remove` removes them. Where there are some and nothing is said, the build is refused.
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
  /** Embedded and committed in this build. */
  readonly passages: number;
}

export interface BuildReport {
  /** Its name, which has no password in it. */
  readonly index: string;
  readonly files: number;
  /** Passages that are in the index now. */
  readonly passages: number;
  /** Passages among them that this build has embedded. */
  readonly embedded: number;
  readonly changedFiles: number;
  readonly unchangedFiles: number;
  /** Files that were in the index and no longer are, by the names that they had there. */
  readonly removed: readonly string[];
  /**
   * What is not in the index, and why: files and folders in a folder that can't be read, or not to their end, rows without
   * a text, front matter that is no YAML. A file comes several times where there are several such things in it.
   */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}
