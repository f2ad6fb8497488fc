/**
 * Conditions as SQL over the column `metadata`. User input is passed as parameters; only the operators below become
 * text.
 */
import type { Comparison, Condition } from "../filter.ts";
import { mapTexts, toStorable } from "./storable-text.ts";

const operators: Record<Comparison, string> = { gt: ">", gte: ">=", lt: "<", lte: "<=" };

/** The values of a query, and how one is added. */
export function parameters(): { values: unknown[]; parameter: (value: unknown) => string } {
  const values: unknown[] = [];
  return { values, parameter: (value) => `$${values.push(value)}` };
}

/**
 * @param parameter adds a value and returns its placeholder, such as `$3`
 * @returns an expression that is true for matching passages, and false or null for others
 */
export function sqlOf(conditions: readonly Condition[], parameter: (value: unknown) => string): string {
  return ["true", ...conditions.map((condition) => sqlOfOne(condition, parameter))].join(" AND ");
}

function sqlOfOne(condition: Condition, parameter: (value: unknown) => string): string {
  const value = `(metadata -> ${parameter(toStorable(condition.field))}::text)`;
  if (condition.operator === "in") {
    const texts = condition.values.map((each) => JSON.stringify(mapTexts(each, toStorable)));
    // Values of an array are looked up by a hash, from PostgreSQL 14 on.
    const list = `ANY (${parameter(texts)}::jsonb[])`;
    return `CASE jsonb_typeof${value} WHEN 'array'
      THEN EXISTS (SELECT FROM jsonb_array_elements${value} AS item WHERE item = ${list})
      ELSE ${value} = ${list} END`;
  }
  const operator = operators[condition.operator];
  if (typeof condition.value === "number") {
    return `(jsonb_typeof${value} = 'number' AND ${value} ${operator} ${parameter(String(condition.value))}::jsonb)`;
  }
  // jsonb would compare texts by the database's collation. "C" is the order of UTF-8 bytes, that of code points.
  const text = `(${value} #>> '{}') COLLATE "C"`;
  return `(jsonb_typeof${value} = 'string' AND ${text} ${operator} ${parameter(toStorable(condition.value))}::text)`;
}
