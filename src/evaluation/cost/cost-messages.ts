/** What goes between `measureCost` and the process that it starts. */
import type { LoadOptions } from "../../encode/options.ts";
import type { HpdErrorCode } from "../../errors.ts";
import type { Cost } from "./cost.ts";

/** How a model is loaded, without the functions, which can't go to another process. */
export type PlainLoadOptions = Omit<LoadOptions, "onProgress" | "onWarning" | "signal">;

export interface CostQuestion {
  readonly model: string;
  readonly options: PlainLoadOptions;
  readonly texts: readonly string[];
}

export type CostAnswer =
  | { readonly cost: Cost }
  | { readonly error: { readonly code: HpdErrorCode; readonly message: string } };
