/** A check of the numbers that losses take. */
import { HpdError } from "../../errors.ts";

/** @throws HpdError `invalid_argument` */
export function requirePositive(name: string, value: number): void {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return;
  throw new HpdError("invalid_argument", `${name} should be a number above 0, got ${value}`);
}
