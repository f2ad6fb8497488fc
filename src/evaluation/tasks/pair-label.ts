/** Labels of pairs as data sets write them. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";

/** The labels 1 and 0, also as the booleans that pandas and JSON write. */
const written: ReadonlyMap<string, 0 | 1> = new Map([
  ["1", 1],
  ["0", 0],
  ["true", 1],
  ["false", 0],
]);

/**
 * A label as 0 or 1. A decimal point is accepted, since pandas writes one if the column has gaps.
 *
 * @param label a number, a boolean, or a cell, as text
 * @throws HpdError `invalid_argument` for another label
 */
export function pairLabelOf(label: string, place: string): 0 | 1 {
  const plain = label.trim().toLowerCase();
  const value = written.get(plain.replace(/^([01])\.0+$/, "$1"));
  if (value !== undefined) return value;
  throw new HpdError(
    "invalid_argument",
    `${place}: the label should be 0 or 1, or true or false, got ${describe(label)}`,
  );
}
