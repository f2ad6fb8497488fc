/** The messages between `measureCost` and the process that it starts. */
import type { LoadOptions } from "../../encode/options.ts";
import type { HpdErrorCode } from "../../errors.ts";
import type { Cost } from "./cost.ts";

/** The options of loading a model, without functions and signals, which can't be sent to another process. */
export type PlainLoadOptions = Omit<LoadOptions, "onProgress" | "onWarning" | "signal">;

export interface CostQuestion {
  readonly model: string;
  readonly options: PlainLoadOptions;
  readonly texts: readonly string[];
}

export type CostAnswer =
  | { readonly cost: Cost }
  | { readonly error: { readonly code: HpdErrorCode; readonly message: string } };
