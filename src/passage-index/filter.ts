/**
 * Filters on metadata of passages: a small language that every store translates. It contains no language of a store, so
 * that filters may come from strangers.
 *
 *     { author: "Jane", year: { gte: 2020, lt: 2024 }, topic: { in: ["art", "music"] } }
 *
 * All fields and conditions must hold. A passage without the field fails every condition on it. Values are compared
 * with values of their own type only: 2020 is not "2020". Texts are ordered by code points. A list equals a value if
 * one of its items does: `{ tags: "art" }` holds for the tags art and music.
 */
import { describe, isObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";

/** Values that conditions compare. No condition holds for other metadata: objects, and lists in lists. */
export type MetadataScalar = string | number | boolean;

export type Filter = Readonly<Record<string, MetadataScalar | FieldConditions>>;

export interface FieldConditions {
  /** Values of which one must be equal to the field or to an item of it. Nothing matches an empty list. */
  readonly in?: readonly MetadataScalar[];
  readonly gt?: string | number;
  readonly gte?: string | number;
  readonly lt?: string | number;
  readonly lte?: string | number;
}

/** One comparison; all of a filter must hold. A plain value is `in` with that value only. */
export type Condition =
  | { readonly field: string; readonly operator: "in"; readonly values: readonly MetadataScalar[] }
  | { readonly field: string; readonly operator: Comparison; readonly value: string | number };

export type Comparison = (typeof comparisons)[number];

const comparisons = ["gt", "gte", "lt", "lte"] as const;

/**
 * The conditions of a filter, for stores to translate. Field names and values are as the user wrote them: they must be
 * passed as parameters, or quoted.
 *
 * @throws HpdError `invalid_argument` for anything but a filter
 */
export function conditionsOf(filter: Filter): Condition[] {
  if (!isObject(filter)) throw invalid("filter", "an object of fields and values", filter);
  return Object.entries(filter).flatMap(([field, wanted]) => {
    if (isScalar(wanted)) return [{ field, operator: "in", values: [wanted] }];
    if (!isObject(wanted) || Object.keys(wanted).length === 0) {
      throw invalid(`filter of ${field}`, "a string, a finite number, a boolean, or an object of conditions", wanted);
    }
    return Object.entries(wanted).map(([name, value]) => conditionOf(field, name, value));
  });
}

function conditionOf(field: string, name: string, value: unknown): Condition {
  if (name === "in") {
    if (Array.isArray(value) && value.every(isScalar)) return { field, operator: "in", values: value };
    throw invalid(`filter of ${field}: in`, "a list of strings, finite numbers and booleans", value);
  }
  const operator = comparisons.find((known) => known === name);
  if (operator === undefined) throw invalid(`filter of ${field}`, `one of in, ${comparisons.join(", ")}`, name);
  if (isScalar(value) && typeof value !== "boolean") return { field, operator, value };
  throw invalid(`filter of ${field}: ${name}`, "a string or a finite number", value);
}

export function isScalar(value: unknown): value is MetadataScalar {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function invalid(what: string, expected: string, got: unknown): HpdError {
  return new HpdError("invalid_argument", `${what} should be ${expected}, got ${describe(got)}`);
}
