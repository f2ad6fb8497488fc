/** The options of `mergeModels`. */
import { requireOptionalOneOf } from "../common/arguments.ts";
import type { Optional } from "../common/optional.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import { HpdError } from "../errors.ts";
import type { ModelSourceOptions } from "../hub/model-source.ts";

/** A model of a merge. */
export interface MergedModel {
  /** A model folder, or an id on the hub. */
  readonly model: string;
  /** Share of the model beside the others: weights are divided by their sum. May be negative. Default 1. */
  readonly weight?: number | undefined;
  /** Branch, tag or commit on the hub. */
  readonly revision?: string | undefined;
}

export interface MergeModelsOptions extends Optional<Omit<ModelSourceOptions, "signal" | "revision" | "onProgress">> {
  /** The models, two at least. The tokenizer, the prompts and whatever else is no weight come from the first. */
  readonly models: readonly MergedModel[];
  /** Folder of the new model; it appears when it is complete. */
  readonly out: string;
  /** Element type of the saved weights. Default `fp32`. */
  readonly weightsDtype?: "fp32" | "fp16" | undefined;
  /** Whether a model at `out` is replaced. Default false. */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each tensor of weights, of stage `merge`. */
  readonly onProgress?: ((progress: Progress<"merge", number>) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

const mergedModel: OptionTable<MergedModel> = { model: "string", weight: "number", revision: "string" };

const optionTypes: OptionTable<MergeModelsOptions> = {
  models: [mergedModel],
  out: "string",
  weightsDtype: "string",
  overwrite: "boolean",
  token: "string",
  cacheFolder: "string",
  localFilesOnly: "boolean",
  signal: "signal",
  onProgress: "function",
  onWarning: "function",
};

/** A model with its share; the shares of all sum to 1. */
export interface SharedModel extends MergedModel {
  readonly share: number;
}

/** @throws HpdError `invalid_argument` for unknown options, fewer than two models, and weights that give no mean */
export function mergeOptionsOf(
  options: MergeModelsOptions,
): Omit<MergeModelsOptions, "models"> & { readonly models: readonly SharedModel[] } {
  const given = checkedOptions("mergeModels", options, optionTypes) as MergeModelsOptions;
  const { models, out, weightsDtype } = given;
  if (models === undefined || out === undefined) {
    throw new HpdError("invalid_argument", `mergeModels needs \`models\` and \`out\``);
  }
  if (models.length < 2) {
    throw new HpdError("invalid_argument", `models should be two at least to be merged, got ${models.length}`);
  }
  requireOptionalOneOf("weightsDtype", weightsDtype, ["fp32", "fp16"]);
  const weights = models.map(({ weight = 1 }) => weight);
  const sum = weights.reduce((before, weight) => before + weight, 0);
  if (!weights.every(Number.isFinite) || !(sum > 0)) {
    throw new HpdError(
      "invalid_argument",
      `the weights of models should be finite numbers with a sum above 0, got ${weights.join(", ")}`,
    );
  }
  return { ...given, models: models.map((each, at) => ({ ...each, share: weights[at]! / sum })) };
}
