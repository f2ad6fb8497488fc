/** Checks of what callers pass, which TypeScript's types say but JavaScript doesn't hold to. */
import { HpdError } from "../errors.ts";
import { describe } from "./json.ts";

/** @throws HpdError `invalid_argument` */
export function requirePositiveInteger(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return;
  throw new HpdError("invalid_argument", `${name} should be a positive integer, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireNonNegativeInteger(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return;
  throw new HpdError("invalid_argument", `${name} should be a non-negative integer, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requirePositive(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return;
  throw new HpdError("invalid_argument", `${name} should be a positive number, got ${describe(value)}`);
}

/** Checks a number from 0 to less than 1, such as a dropout ratio. @throws HpdError `invalid_argument` */
export function requireFraction(name: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value < 1) return;
  throw new HpdError("invalid_argument", `${name} should be from 0 to less than 1, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireNonNegative(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return;
  throw new HpdError("invalid_argument", `${name} should be a non-negative number, got ${describe(value)}`);
}

/** @throws HpdError `invalid_argument` */
export function requireOneOf(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.some((choice) => choice === value)) return;
  throw new HpdError("invalid_argument", `${name} should be one of ${choices.join(", ")}, got ${describe(value)}`);
}

/** Checks an option that may be left out. @throws HpdError as `requireOneOf` */
export function requireOptionalOneOf(name: string, value: unknown, choices: readonly string[]): void {
  if (value !== undefined) requireOneOf(name, value, choices);
}
