/** Whether a pair belongs together, as data sets write it. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";

/** 1 and 0 as pandas and JSON write them: integers, with a point where the column has gaps, and booleans. */
const written: ReadonlyMap<string, 0 | 1> = new Map([
  ["1", 1],
  ["0", 0],
  ["true", 1],
  ["false", 0],
]);

/**
 * @param label a number, a boolean, or a cell
 * @throws HpdError `invalid_argument` for another label
 */
export function pairLabelOf(label: string, place: string): 0 | 1 {
  const plain = label.trim().toLowerCase();
  const value = written.get(plain.replace(/^([01])\.0+$/, "$1"));
  if (value !== undefined) return value;
  throw new HpdError(
    "invalid_argument",
    `${place}: the label should be 0 or 1, got ${describe(label)} (true and false do as well)`,
  );
}
