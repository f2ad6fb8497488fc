/** Embeddings in the form of the APIs: truncated, normalized, as base64 or JSON. */
import { endianness } from "node:os";
import { normalizeRows } from "../similarity/normalize.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { Failure } from "./failure.ts";
import type { Fields } from "./fields.ts";

/**
 * The number of dimensions that a request asks for.
 *
 * @throws Failure `invalid` for more than the model has
 */
export function dimensionsOf(fields: Fields, name: string, own: number): number | undefined {
  const asked = fields.positiveInteger(name);
  if (asked === undefined || asked <= own) return asked;
  const message = `${name} should be at most ${own}, the dimensions of the model's embeddings, got ${asked}`;
  throw new Failure("invalid", message, { param: name });
}

/**
 * Stacks embeddings, truncates them, then scales them to length 1.
 *
 * @param rows `[dimension]` each
 */
export function shaped(
  rows: readonly Float32Array[],
  { dimensions, normalize }: { dimensions?: number | undefined; normalize: boolean },
): Embeddings {
  const width = dimensions ?? rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) data.set(row.subarray(0, width), at * width);
  const embeddings = new Embeddings(data, rows.length, width);
  return normalize ? normalizeRows(embeddings) : embeddings;
}

/** Little-endian float32, as OpenAI's clients decode it. */
export function base64Of(row: Float32Array): string {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  return (endianness() === "LE" ? bytes : Buffer.from(bytes).swap32()).toString("base64");
}

export function jsonOf(row: { join(separator: string): string }): string {
  return `[${row.join(",")}]`;
}
