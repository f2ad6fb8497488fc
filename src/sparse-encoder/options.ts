/** The options of sparse encoders, under the names of the Python library in camelCase. */
import type { Hints, OptionTable } from "../common/options.ts";
import {
  type EncodeOptions,
  type EncodeStreamOptions,
  encodeHints,
  encodeStreamOptions,
  type LoadOptions,
  loadHints,
  loadOptions,
} from "../encode/options.ts";

export interface SparseEncoderLoadOptions extends Omit<LoadOptions, "pooling" | "truncateDim"> {
  /** Keep only this many active dimensions of every embedding, the largest. Default: the model's own number, or all. */
  readonly maxActiveDims?: number | undefined;
}

const { pooling: _, truncateDim: __, ...commonLoadOptions } = loadOptions;

export const sparseEncoderLoadOptions: OptionTable<SparseEncoderLoadOptions> = {
  ...commonLoadOptions,
  maxActiveDims: "number",
};

export const sparseEncoderLoadHints: Hints = {
  ...loadHints,
  truncateDim: "maxActiveDims keeps the largest dimensions",
};

type DenseOnly = "normalizeEmbeddings" | "truncateDim" | "precision" | "outputValue";

export interface SparseEncodeOptions extends Omit<EncodeOptions, DenseOnly> {
  /** Keep only this many active dimensions, the largest. Default: that of `load`, else the model's own. */
  readonly maxActiveDims?: number | undefined;
}

export interface SparseEncodeStreamOptions extends SparseEncodeOptions, Pick<EncodeStreamOptions, "fullWindows"> {}

const {
  normalizeEmbeddings: ___,
  truncateDim: ____,
  precision: _____,
  outputValue: ______,
  ...commonStreamOptions
} = encodeStreamOptions;

export const sparseEncodeStreamOptions: OptionTable<SparseEncodeStreamOptions> = {
  ...commonStreamOptions,
  maxActiveDims: "number",
};

const { fullWindows: _______, ...withoutWindows } = sparseEncodeStreamOptions;

export const sparseEncodeOptions: OptionTable<SparseEncodeOptions> = withoutWindows;

export const sparseEncodeHints: Hints = {
  ...encodeHints,
  convertToSparseTensor: "embeddings are SparseEmbeddings; toDense gives all dimensions",
  truncateDim: "maxActiveDims keeps the largest dimensions",
};
