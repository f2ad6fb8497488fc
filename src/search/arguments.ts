/** What options of searches and of clusters must be. */
import { HpdError } from "../errors.ts";

/** @throws HpdError `invalid_argument` */
export function requirePositiveInteger(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new HpdError("invalid_argument", `${option} should be a positive integer, got ${String(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireNonNegative(option: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new HpdError("invalid_argument", `${option} should be a number of 0 or more, got ${String(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireOneOf(option: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new HpdError("invalid_argument", `${option} should be one of ${choices.join(", ")}, got ${String(value)}`);
}

/** A threshold of similarity. @throws HpdError `invalid_argument` */
export function requireCosine(option: string, value: number): void {
  if (value > 0 && value <= 1) return;
  throw new HpdError("invalid_argument", `${option} should be a cosine above 0, at most 1, got ${String(value)}`);
}

/** @throws HpdError `invalid_argument` where there is no memory for so many */
export function orTooMany<Room>(what: string, make: () => Room): Room {
  try {
    return make();
  } catch (cause) {
    throw new HpdError("invalid_argument", `${what} don't fit in memory: lower numbers do`, { cause });
  }
}
