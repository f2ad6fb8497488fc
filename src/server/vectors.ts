/** Embeddings as APIs give them: cut to fewer dimensions, of length 1, as base64 or JSON. */
import { endianness } from "node:os";
import { normalizeRows } from "../similarity/normalize.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { Failure } from "./failure.ts";

/**
 * @param rows `[dimension]` each
 * @param dimensions keeps the first ones; embeddings that are cut are scaled after it
 * @param param the request's name of it
 * @throws Failure `invalid` for more dimensions than there are
 */
export function shaped(
  rows: readonly Float32Array[],
  { dimensions, normalize, param }: { dimensions: number | undefined; normalize: boolean; param: string },
): Embeddings {
  const own = rows[0]?.length ?? 0;
  const width = dimensions ?? own;
  if (rows.length > 0 && width > own) throw tooManyDimensions(width, own, param);
  const data = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) data.set(row.subarray(0, width), at * width);
  const embeddings = new Embeddings(data, rows.length, width);
  return normalize ? normalizeRows(embeddings) : embeddings;
}

export function tooManyDimensions(asked: number, own: number, param: string): Failure {
  return new Failure("invalid", `${param} is ${asked}, and the model's embeddings have ${own} dimensions`, { param });
}

/** Little-endian float32, as OpenAI's clients decode it. */
export function base64Of(row: Float32Array): string {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  return (endianness() === "LE" ? bytes : Buffer.from(bytes).swap32()).toString("base64");
}

export function jsonOf(row: { join(separator: string): string }): string {
  return `[${row.join(",")}]`;
}
