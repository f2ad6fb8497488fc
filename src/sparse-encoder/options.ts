/** The options of sparse encoders, under the names of the Python library in camelCase. */
import type { Hints, OptionTable } from "../common/options.ts";
import { type EncodeStreamOptions, encodeHints, type LoadOptions, loadHints, loadOptions } from "../encode/options.ts";

export interface SparseEncoderLoadOptions extends Omit<LoadOptions, "pooling" | "truncateDim"> {
  /** Keep only this many active dimensions of every embedding, the largest. Default: the model's own number, or all. */
  readonly maxActiveDims?: number | undefined;
  /**
   * The task whose texts alone will be encoded: of a model with a Router only its route is read, so that `query` leaves the network of an
   * inference-free model where it is. Texts of other routes are then refused. Default: all routes.
   */
  readonly task?: string | undefined;
}

const { pooling: _, truncateDim: __, ...commonOptions } = loadOptions;

export const sparseEncoderLoadOptions: OptionTable<SparseEncoderLoadOptions> = {
  ...commonOptions,
  maxActiveDims: "number",
  task: "string",
};

export const sparseEncoderLoadHints: Hints = {
  ...loadHints,
  truncateDim: "maxActiveDims keeps the largest dimensions",
};

export interface SparseEncodeOptions
  extends Pick<EncodeStreamOptions, "prompt" | "promptName" | "task" | "onProgress" | "signal" | "fixedBatches"> {
  /** Keep only this many active dimensions, the largest. Default: that of `load`, else the model's own. */
  readonly maxActiveDims?: number | undefined;
}

export interface SparseEncodeStreamOptions extends SparseEncodeOptions, Pick<EncodeStreamOptions, "fullWindows"> {}

export const sparseEncodeOptions: OptionTable<SparseEncodeOptions> = {
  prompt: "string",
  promptName: "string",
  task: "string",
  onProgress: "function",
  signal: "signal",
  fixedBatches: "boolean",
  maxActiveDims: "number",
};

export const sparseEncodeStreamOptions: OptionTable<SparseEncodeStreamOptions> = {
  ...sparseEncodeOptions,
  fullWindows: "boolean",
};

export const sparseEncodeHints: Hints = {
  ...encodeHints,
  convertToSparseTensor: "embeddings are SparseEmbeddings; toDense gives all dimensions",
  truncateDim: "maxActiveDims keeps the largest dimensions",
};
