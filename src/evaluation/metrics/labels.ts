/** Labels that items have, and those that something gave them. */
import { HpdError } from "../../errors.ts";

export type Label = string | number;

/** @throws HpdError `invalid_argument` for no items, or other than one given label an item. */
export function requireLabels(gold: ArrayLike<Label>, given: ArrayLike<Label>): void {
  if (gold.length > 0 && gold.length === given.length) return;
  throw new HpdError(
    "invalid_argument",
    `expected as many labels as gold labels and at least one, got ${given.length} and ${gold.length}`,
  );
}
