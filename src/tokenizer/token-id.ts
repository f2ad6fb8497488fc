/** A token's id as files give it. */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";

/** @throws HpdError `corrupt_file` where an id is not an integer that fits 31 bits. */
export function tokenId(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw new HpdError("corrupt_file", `a token id should be an integer from 0 to 2^31 - 1, got ${describe(value)}`);
}
