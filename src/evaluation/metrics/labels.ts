/** Class labels: the gold ones of items, and those that a classifier or a clustering assigns. */
import { HpdError } from "../../errors.ts";

export type Label = string | number;

/** Requires one assigned label per item, and at least one item. @throws HpdError `invalid_argument` */
export function requireLabels(gold: ArrayLike<Label>, given: ArrayLike<Label>): void {
  if (gold.length > 0 && gold.length === given.length) return;
  throw new HpdError(
    "invalid_argument",
    `expected one label per gold label and at least one, got ${given.length} labels and ${gold.length} gold labels`,
  );
}
