/**
 * Conditions as SQL of LanceDB. It contains no names of fields, only those of columns, and of values only numbers and
 * quoted texts, in which only a quote is special.
 */
import type { Condition, MetadataScalar } from "../filter.ts";
import type { Metadata } from "../store.ts";
import { wellFormed } from "../well-formed.ts";
import { fieldColumn, isFieldColumn, mostFieldColumns, scalarTypeOf, scalarTypes } from "./columns.ts";
import type { LanceDB } from "./load-lancedb.ts";
import { parseMetadata } from "./metadata-text.ts";

const operators = { gt: ">", gte: ">=", lt: "<", lte: "<=" };

/** @returns undefined if all passages match */
export async function whereOf(table: LanceDB.Table, conditions: readonly Condition[]): Promise<string | undefined> {
  if (conditions.length === 0) return undefined;
  const columns = new Set((await table.schema()).fields.map(({ name }) => name));
  const isFull = [...columns].filter(isFieldColumn).length >= mostFieldColumns;
  // As long as columns can be added, every field has one.
  const isOutside = (condition: Condition) => isFull && columnsOf(condition).some((name) => !columns.has(name));
  const outside = conditions.filter(isOutside);
  const inside = conditions.filter((condition) => !isOutside(condition));
  const sql = inside.map((condition) => `(${sqlOfOne(condition, columns)})`).join(" AND ");
  if (outside.length === 0) return sql;
  const query = table.query().select(["id", "metadata"]);
  const rows = await (sql === "" ? query : query.where(sql)).toArray();
  const ids = rows.filter((row) => matches(parseMetadata(row.metadata), outside)).map((row) => literal(row.id));
  return ids.length === 0 ? "false" : `id IN (${ids.join(", ")})`;
}

function columnsOf(condition: Condition): string[] {
  if (condition.operator !== "in") return [fieldColumn(condition.field, scalarTypeOf(condition.value)!)];
  return condition.values.flatMap((value) => {
    const type = scalarTypeOf(value)!;
    return [fieldColumn(condition.field, type), fieldColumn(condition.field, `${type}s`)];
  });
}

function matches(metadata: Metadata, conditions: readonly Condition[]): boolean {
  return conditions.every((condition) => {
    const field = wellFormed(condition.field);
    const value = Object.hasOwn(metadata, field) ? metadata[field] : undefined;
    if (condition.operator === "in") {
      return [value].flat().some((item) => condition.values.some((wanted) => orderOf(item, wanted) === 0));
    }
    const order = orderOf(value, condition.value);
    if (order === undefined) return false;
    return { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[condition.operator];
  });
}

/** The order of a value and a filter's; undefined if they can't be compared. */
function orderOf(value: unknown, wanted: MetadataScalar): number | undefined {
  if (typeof value !== typeof wanted) return undefined;
  // The order of UTF-8 is that of code points, unlike that of JavaScript's strings.
  if (typeof value === "string") return Buffer.compare(Buffer.from(value), Buffer.from(String(wanted)));
  return Number(value) - Number(wanted);
}

function sqlOfOne(condition: Condition, columns: ReadonlySet<string>): string {
  if (condition.operator !== "in") {
    const column = fieldColumn(condition.field, scalarTypeOf(condition.value)!);
    return columns.has(column) ? `${column} ${operators[condition.operator]} ${literal(condition.value)}` : "false";
  }
  const alternatives = scalarTypes.flatMap((type) => {
    const values = condition.values
      .filter((value) => scalarTypeOf(value) === type)
      .map(literal)
      .join(", ");
    if (values === "") return [];
    const [one, list] = [fieldColumn(condition.field, type), fieldColumn(condition.field, `${type}s`)];
    return [
      ...(columns.has(one) ? [`${one} IN (${values})`] : []),
      ...(columns.has(list) ? [`array_has_any(${list}, [${values}])`] : []),
    ];
  });
  return alternatives.join(" OR ") || "false";
}

/** A value as SQL. */
export function literal(value: MetadataScalar): string {
  if (typeof value === "string") return `'${wellFormed(value).replaceAll("'", "''")}'`;
  return typeof value === "number" ? `CAST('${value}' AS DOUBLE)` : String(value);
}
