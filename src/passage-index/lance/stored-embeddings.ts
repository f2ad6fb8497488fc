/** The embeddings of passages as LanceDB has them, for what compares passages with each other. */
import type { IndexDescription } from "../description.ts";
import type { EmbeddedPassage } from "../store.ts";
import { numbersColumn, passageColumns, vectorColumn } from "./columns.ts";
import { literal } from "./conditions.ts";
import type { LanceDB } from "./load-lancedb.ts";
import { passageOf, type Row } from "./search.ts";

/** Passages of a piece of a scan: LanceDB's own batches may have thousands. */
const scannedAtOnce = 512;

/** @returns `[dimension]` each; of `int8` and `binary` with length 1, since their own is not stored */
export async function storedEmbeddings(
  table: LanceDB.Table,
  description: IndexDescription,
  ids: readonly string[],
): Promise<Map<string, Float32Array>> {
  if (ids.length === 0) return new Map();
  const rows = await table
    .query()
    .where(`id IN (${ids.map(literal).join(", ")})`)
    .select(["id", storedColumn(description)])
    .toArray();
  return new Map(rows.map((row) => [row.id as string, embeddingOf(row, description)]));
}

/** All passages with their embeddings. See `IndexStore.scan`. */
export async function scanTable(
  table: LanceDB.Table,
  description: IndexDescription,
  take: (passages: readonly EmbeddedPassage[]) => Promise<void>,
): Promise<void> {
  const query = table.query().select([...passageColumns, storedColumn(description)]);
  for await (const batch of query) {
    let piece: EmbeddedPassage[] = [];
    for (const row of batch) {
      piece.push({ passage: passageOf(row), embedding: embeddingOf(row, description) });
      if (piece.length < scannedAtOnce) continue;
      await take(piece);
      piece = [];
    }
    if (piece.length > 0) await take(piece);
  }
}

/** The column that an embedding is read from. */
function storedColumn({ precision }: IndexDescription): string {
  return precision === "int8" ? numbersColumn : vectorColumn;
}

function embeddingOf(row: Row, description: IndexDescription): Float32Array {
  const { dimension, precision } = description;
  const stored = Array.from(row[storedColumn(description)] as Iterable<number>);
  if (precision === "float32") return Float32Array.from(stored);
  return scaled(precision === "int8" ? stored : signsOf(stored, dimension));
}

function signsOf(bits: readonly number[], dimension: number): number[] {
  return Array.from({ length: dimension }, (_, at) => (((bits[at >> 3]! >> (at & 7)) & 1) === 1 ? 1 : -1));
}

function scaled(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers) || 1;
  return Float32Array.from(numbers, (number) => number / length);
}
