/** The options and the result of `quantize`. */
import type { OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import { type ModelSourceOptions, modelSourceOptions } from "../hub/model-source.ts";
import type { PoolingMode } from "../modules/pooling.ts";
import type { Agreement } from "./agreement.ts";

export type QuantizeProgress = Progress<"calibrate" | "quantize" | "measure", number>;

export interface QuantizeOptions extends Omit<ModelSourceOptions, "onProgress"> {
  /** A model folder, or an id on the hub. */
  readonly model: string;
  /** The folder of the quantized model. It is there when all of it is. */
  readonly out: string;
  /**
   * Texts like those that the model is for: the ranges of activations are theirs, and every fourth is kept to measure
   * with. Some hundred are enough. Default: several hundred English sentences and passages of many kinds.
   */
  readonly sentences?: Iterable<string> | AsyncIterable<string> | undefined;
  /** Number of texts that are taken of `sentences`, from its start. Default 1024. */
  readonly limit?: number | undefined;
  /**
   * The mean cosine of embeddings to those in float32, over the texts to measure with, below which products stay in
   * float32, the most inexact first. 0 quantizes all, 1 none that changes anything. Default 0.998.
   */
  readonly minCosine?: number | undefined;
  /** The pooling of a plain transformers folder. */
  readonly pooling?: PoolingMode | "pooler" | undefined;
  /** Replaces a model that is there. Default: a folder that isn't empty is refused. */
  readonly overwrite?: boolean | undefined;
  /** Worker threads. Default: one for each core, at most 8. */
  readonly workers?: number | undefined;
  readonly onProgress?: ((progress: QuantizeProgress) => void) | undefined;
  /** Called with what is unusual but not wrong. Default: `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const { onProgress, ...sourceOptions } = modelSourceOptions;

export const quantizeOptions: OptionTable<QuantizeOptions> = {
  ...sourceOptions,
  onProgress,
  model: "string",
  out: "string",
  sentences: "any",
  limit: "number",
  minCosine: "number",
  pooling: "string",
  overwrite: "boolean",
  workers: "number",
  onWarning: "function",
};

export interface QuantizedProduct {
  /** Names of its weights; of products that share their input, of all. */
  readonly weights: readonly string[];
  readonly dtype: "int8" | "fp32";
  /** Loss of the mean cosine by these weights alone; measured where any product is left in float32. */
  readonly loss?: number | undefined;
}

export interface QuantizeResult {
  readonly out: string;
  /** Texts whose activations were looked at. */
  readonly calibrated: number;
  /** Texts over which embeddings were compared. */
  readonly measured: number;
  /** Cosine of the embeddings to those in float32. */
  readonly cosine: Agreement;
  readonly products: readonly QuantizedProduct[];
  /** Size of the weights before and after, in bytes. */
  readonly bytesBefore: number;
  readonly bytes: number;
}
