/** The options and the result of `rotateModel`. */
import { requireOneOf, requirePositiveInteger, requireText } from "../common/arguments.ts";
import type { Optional } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import { HpdError } from "../errors.ts";
import { type ModelSourceOptions, modelSourceOptions } from "../hub/model-source.ts";

export type RotateProgress = Progress<"encode" | "rotate", number>;

export interface RotateModelOptions extends Optional<Omit<ModelSourceOptions, "onProgress">> {
  /** A model folder, or an id on the hub. */
  readonly model: string;
  /** Folder of the new model; it appears when it is complete. */
  readonly out: string;
  /** Texts like those that the model is for; some ten thousand are enough. */
  readonly sentences: Iterable<string> | AsyncIterable<string>;
  /** The numbers of dimensions to which embeddings will be cut. Default: a half, a quarter and an eighth of the model's. */
  readonly dimensions?: readonly number[] | undefined;
  /** Number of texts that are drawn of `sentences`; some of them are kept to measure with. Default 20,000. */
  readonly limit?: number | undefined;
  /** Steps of learning, each from 512 texts. Default 400. */
  readonly maxSteps?: number | undefined;
  /** Seed of what is drawn. Default 42. */
  readonly seed?: number | undefined;
  /** Element type of the saved weights. Default `fp32`. */
  readonly weightsDtype?: "fp32" | "fp16" | undefined;
  /** Whether a model at `out` is replaced. Default false. */
  readonly overwrite?: boolean | undefined;
  /** Worker threads that encode. Default: one for each core, at most 8. */
  readonly workers?: number | undefined;
  /** Called after texts were encoded, and after each step. */
  readonly onProgress?: ((progress: RotateProgress) => void) | undefined;
  /** Called with what is unusual but not wrong. Default: `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface RotateModelResult {
  readonly out: string;
  /** Texts that the rotation was learnt from. */
  readonly learned: number;
  /** Other texts, whose neighbours among all were looked at. */
  readonly measured: number;
  readonly cuts: readonly CutResult[];
}

/** Shares, from 0 to 1, of the ten nearest texts by whole embeddings that are among the ten nearest by cut ones. */
export interface CutResult {
  readonly dimensions: number;
  /** The share by the first numbers of the model's own embeddings. */
  readonly before: number;
  /** The share by those of the new model. */
  readonly after: number;
}

const { onProgress, ...sourceOptions } = modelSourceOptions;

const optionTypes: OptionTable<RotateModelOptions> = {
  ...sourceOptions,
  onProgress,
  model: "string",
  out: "string",
  sentences: "any",
  dimensions: "any",
  limit: "number",
  maxSteps: "number",
  seed: "number",
  weightsDtype: "string",
  overwrite: "boolean",
  workers: "number",
  onWarning: "function",
};

const defaults = { limit: 20_000, maxSteps: 400, seed: 42, weightsDtype: "fp32", overwrite: false } as const;

/** @throws HpdError `invalid_argument` */
export function rotateOptionsOf(given: RotateModelOptions) {
  const options = { ...defaults, ...checkedOptions("rotateModel", given, optionTypes) };
  requireText("model", options.model, "a model folder or an id on the hub");
  requireText("out", options.out, "the path of a folder");
  requirePositiveInteger("limit", options.limit);
  requirePositiveInteger("maxSteps", options.maxSteps);
  requireOneOf("weightsDtype", options.weightsDtype, ["fp32", "fp16"]);
  return options;
}

/** The numbers of dimensions to cut to. @throws HpdError `invalid_argument` */
export function cutsOf(dimensions: readonly number[] | undefined, dimension: number): readonly number[] {
  const cuts = dimensions ?? [2, 4, 8].map((part) => Math.floor(dimension / part)).filter((cut) => cut > 0);
  const isCut = (cut: unknown) => Number.isSafeInteger(cut) && Number(cut) > 0 && Number(cut) < dimension;
  if (Array.isArray(cuts) && cuts.length > 0 && cuts.every(isCut)) return cuts;
  throw new HpdError(
    "invalid_argument",
    `dimensions should be a list of integers from 1 to ${dimension - 1}, below the model's, got [${cuts}]`,
  );
}
