/** Collects the warnings of loading a model, and passes them on. */
import { printWarning } from "./print-warning.ts";

export interface CollectedWarnings {
  /** All so far. */
  readonly warnings: readonly string[];
  readonly warn: (message: string) => void;
}

export function collectWarnings(onWarning: (message: string) => void = printWarning): CollectedWarnings {
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    onWarning(message);
  };
  return { warnings, warn };
}
