/** The embeddings of passages as LanceDB has them, for what compares passages with each other. */
import type { IndexDescription } from "../description.ts";
import { numbersColumn, vectorColumn } from "./columns.ts";
import { literal } from "./conditions.ts";
import type { LanceDB } from "./load-lancedb.ts";

/** @returns `[dimension]` each; of `int8` and `binary` with length 1, since their own is not stored */
export async function storedEmbeddings(
  table: LanceDB.Table,
  { dimension, precision }: IndexDescription,
  ids: readonly string[],
): Promise<Map<string, Float32Array>> {
  if (ids.length === 0) return new Map();
  const column = precision === "int8" ? numbersColumn : vectorColumn;
  const rows = await table
    .query()
    .where(`id IN (${ids.map(literal).join(", ")})`)
    .select(["id", column])
    .toArray();
  return new Map(
    rows.map((row): [string, Float32Array] => {
      const stored = Array.from(row[column] as Iterable<number>);
      if (precision === "float32") return [row.id, Float32Array.from(stored)];
      return [row.id, scaled(precision === "int8" ? stored : signsOf(stored, dimension))];
    }),
  );
}

function signsOf(bits: readonly number[], dimension: number): number[] {
  return Array.from({ length: dimension }, (_, at) => (((bits[at >> 3]! >> (at & 7)) & 1) === 1 ? 1 : -1));
}

function scaled(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers) || 1;
  return Float32Array.from(numbers, (number) => number / length);
}
