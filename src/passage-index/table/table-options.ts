/** The options of `embedTable`, checked, and what it reports. */
import { requireOneOf, requirePositiveInteger } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { Progress } from "../../common/progress.ts";
import { type LoadOptions, loadHints, loadOptions } from "../../encode/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import { isPostgresLocation } from "../postgres/location.ts";

export const tableVectorTypes = ["vector", "halfvec"] as const;

export type TableVectorType = (typeof tableVectorTypes)[number];

export interface EmbedTableOptions {
  /** `postgres://user@host/database`. */
  readonly database: string;
  /** The table: `articles`, or `app.articles`. It needs a primary key. */
  readonly table: string;
  /** The column of texts. */
  readonly column: string;
  /** The column of embeddings, made if it isn't there, like `INTO_fingerprint`. Default `embedding`. */
  readonly into?: string | undefined;
  /** The type of that column: 4 or 2 bytes a number. Default `vector`. */
  readonly type?: TableVectorType | undefined;
  /** A model folder, an id of the hub, or a loaded model, which stays the caller's. Default: the model inside this package. */
  readonly model?: string | SentenceTransformer | undefined;
  /** Options of loading the model. */
  readonly load?: LoadOptions | undefined;
  /** Rows that are embedded and committed together. Default 500. */
  readonly batchRows?: number | undefined;
  readonly onProgress?: ((progress: Progress<"embed", number>) => void) | undefined;
  /** Stops between two batches; the promise rejects with the signal's reason, and the next run goes on. */
  readonly signal?: AbortSignal | undefined;
}

const optionTypes: OptionTable<EmbedTableOptions> = {
  database: "string",
  table: "string",
  column: "string",
  into: "string",
  type: "string",
  model: "any",
  load: loadOptions,
  batchRows: "number",
  onProgress: "function",
  signal: "signal",
};

export interface EmbedTableReport {
  /** The database and its table, without a password. */
  readonly table: string;
  /** Rows with a text. */
  readonly rows: number;
  /** Rows that this run has embedded. */
  readonly embedded: number;
  /** Rows whose embedding was removed, because their text is null now. */
  readonly cleared: number;
  readonly dimension: number;
}

/** Options with their defaults. */
export interface CheckedTableOptions extends EmbedTableOptions {
  readonly into: string;
  readonly type: TableVectorType;
  readonly batchRows: number;
}

/** @throws HpdError `invalid_argument` */
export function checkedTableOptions(given: EmbedTableOptions): CheckedTableOptions {
  const options = checkedOptions("embedTable", given, optionTypes, loadHints);
  const { table, column, into = "embedding", type = "vector", batchRows = 500 } = options;
  requireOneOf("type", type, tableVectorTypes);
  requirePositiveInteger("batchRows", batchRows);
  for (const [name, value] of Object.entries({ table, column, into })) requireName(name, value);
  if (!isPostgresLocation(options.database)) {
    throw new HpdError("invalid_argument", "database should be a URL such as postgres://user@host/database");
  }
  return { ...options, into, type, batchRows };
}

/** @throws HpdError `invalid_argument` */
function requireName(option: string, name: string): void {
  if (typeof name === "string" && name !== "" && !name.includes("\0") && Buffer.byteLength(name) <= 120) return;
  throw new HpdError("invalid_argument", `${option} should be a name of the database`);
}
