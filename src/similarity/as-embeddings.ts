/** Embeddings in the forms in which callers have them, as the one that computations take. */
import { kindOf } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { requireFinite } from "./require-finite.ts";

/** One embedding. */
export type Vector = Float32Array | Float64Array | readonly number[];

/** Embeddings, as they are or as rows of equal length; or a single embedding. */
export type EmbeddingsLike = Embeddings | Vector | readonly Vector[];

/**
 * Embeddings of float32: those that are given, a view of a single Float32Array, or a copy of anything else. An empty array
 * is no embeddings at all.
 *
 * @throws HpdError `invalid_argument` for rows of different lengths or without numbers, numbers in arrays that are not
 *   finite, and anything else, quantized embeddings included
 */
export function asEmbeddings(given: EmbeddingsLike): Embeddings {
  if (given instanceof Embeddings) {
    // Of other numbers the sums would be wrong, without a sign of it.
    if (given.data instanceof Float32Array) return given;
    throw new HpdError(
      "invalid_argument",
      `expected embeddings of float32, got ${(given.data as object).constructor.name}: ` +
        "quantized embeddings are searched by semanticSearchQuantized",
    );
  }
  if (given instanceof Float32Array) return new Embeddings(given, 1, given.length);
  if (isSingle(given)) return fromVectors([given]);
  if (Array.isArray(given)) return fromVectors(given);
  throw new HpdError(
    "invalid_argument",
    `expected Embeddings, an array of vectors or a single vector, got ${kindOf(given)}`,
  );
}

/** Whether it is a single embedding, rather than several. */
export function isSingle(given: unknown): given is Vector {
  if (given instanceof Float32Array || given instanceof Float64Array) return true;
  return Array.isArray(given) && typeof given[0] === "number";
}

function fromVectors(vectors: readonly Vector[]): Embeddings {
  for (const [index, vector] of vectors.entries()) {
    const isVector = vector instanceof Float32Array || vector instanceof Float64Array || Array.isArray(vector);
    if (!isVector || vector.length === 0) {
      const got = isVector ? "no numbers" : kindOf(vector);
      throw new HpdError("invalid_argument", `embedding ${index} should be an array of numbers, got ${got}`);
    }
    if (!Array.isArray(vector)) continue;
    const odd = vector.findIndex((value) => typeof value !== "number");
    if (odd < 0) continue;
    throw new HpdError(
      "invalid_argument",
      `embedding ${index} should hold numbers, got ${describe(vector[odd])} at position ${odd}`,
    );
  }
  const embeddings = Embeddings.fromRows(vectors);
  requireFinite(embeddings);
  return embeddings;
}
