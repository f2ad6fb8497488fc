/** The options of encoding in shards, which are also the description of the work. */
import { requireOptionalOneOf, requirePositiveInteger } from "../../common/arguments.ts";
import type { Given } from "../../common/optional.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import type { EncodeOptions, LoadOptions } from "../../encode/options.ts";
import { HpdError } from "../../errors.ts";
import { type InputFormat, inputFormats } from "../../texts/open-texts.ts";

export const shardFormats = ["parquet", "npy", "safetensors"] as const;

export type ShardFormat = (typeof shardFormats)[number];

export const shardPrecisions = ["float32", "float16", "int8"] as const;

export type ShardPrecision = (typeof shardPrecisions)[number];

/** All that decides a byte of the results, and no secret. */
export interface EncodeWorkOptions
  extends Pick<LoadOptions, "dtype" | "pooling" | "revision">,
    Pick<EncodeOptions, "prompt" | "promptName" | "task" | "normalizeEmbeddings" | "truncateDim"> {
  /**
   * Files and folders, `https://` of files, `s3://` of objects and, with a slash at the end, of prefixes. Of a folder the
   * files with a known extension are read, also in folders below, in the order of their names.
   */
  readonly inputs: readonly string[];
  /** The folder of the results, or `s3://bucket/path`. */
  readonly output: string;
  /** The number of shards. */
  readonly shards: number;
  /** A model folder, or the id of a model on the hub. Default: `defaultModel()`. */
  readonly model?: string | undefined;
  /** Format of the inputs, if their extension doesn't tell. */
  readonly inputFormat?: InputFormat | undefined;
  /** The field or column with the text. Default `text`. */
  readonly field?: string | undefined;
  /**
   * Columns that Parquet keeps beside the embeddings, each with its type where the first rows don't tell: `id`,
   * `year:integer`; text, integer, number, boolean, json. Default: all.
   */
  readonly keep?: readonly string[] | undefined;
  /** Format of the results. Default `parquet`, the only one that keeps columns. */
  readonly outputFormat?: ShardFormat | undefined;
  /**
   * Element type of the embeddings. `int8` is scaled by ranges of texts from all parts of the inputs, which are in the
   * manifest. Default `float32`.
   */
  readonly precision?: ShardPrecision | undefined;
}

const encodeWorkOptions: OptionTable<EncodeWorkOptions> = {
  inputs: "any",
  output: "string",
  shards: "number",
  model: "string",
  dtype: "string",
  pooling: "string",
  revision: "string",
  prompt: "string",
  promptName: "string",
  task: "string",
  normalizeEmbeddings: "boolean",
  truncateDim: "number",
  inputFormat: "string",
  field: "string",
  keep: "any",
  outputFormat: "string",
  precision: "string",
};

/** Most shards: their names have five digits. */
const maxShards = 100_000;

/** @throws HpdError `invalid_argument` */
export function checkedEncodeWork(options: EncodeWorkOptions): Given<EncodeWorkOptions> {
  const checked = checkedOptions("openEncodeWork", options, encodeWorkOptions);
  requirePositiveInteger("shards", checked.shards);
  if (checked.shards > maxShards) {
    throw new HpdError("invalid_argument", `shards should be at most ${maxShards}, got ${checked.shards}`);
  }
  for (const name of ["inputs", "keep"] as const) {
    const value: unknown = checked[name];
    const isList = Array.isArray(value) && value.every((each) => typeof each === "string");
    if (isList ? name === "keep" || value.length > 0 : name === "keep" && value === undefined) continue;
    throw new HpdError("invalid_argument", `${name} should be a list of texts`);
  }
  if (typeof checked.output !== "string" || checked.output === "") {
    throw new HpdError("invalid_argument", "output should be a folder or s3://bucket/path");
  }
  requireOptionalOneOf("inputFormat", checked.inputFormat, inputFormats);
  requireOptionalOneOf("outputFormat", checked.outputFormat, shardFormats);
  requireOptionalOneOf("precision", checked.precision, shardPrecisions);
  const { outputFormat = "parquet", keep } = checked;
  if (outputFormat !== "parquet" && keep !== undefined) {
    throw new HpdError("invalid_argument", `${outputFormat} has no columns: leave keep out, or write parquet`);
  }
  return checked;
}
