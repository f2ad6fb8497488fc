/**
 * Embeddings in fewer bits, for less memory and faster search.
 * Source: `quantize_embeddings` of sentence-transformers (`util/quantization.py`).
 */
import { counted } from "../common/numbers.ts";
import { HpdError } from "../errors.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { asEmbeddings, type EmbeddingsLike } from "./as-embeddings.ts";
import {
  type EmbeddingPrecision,
  type EmbeddingsOf,
  embeddingPrecisions,
  type QuantizationRanges,
  QuantizedEmbeddings,
  requireRanges,
} from "./quantized-embeddings.ts";
import { requireFinite } from "./require-finite.ts";

/**
 * The range of each dimension over all rows.
 *
 * @throws HpdError `invalid_argument` for fewer than two rows, and for a number that is not finite
 */
export function quantizationRanges(embeddings: EmbeddingsLike): QuantizationRanges {
  const given = asEmbeddings(embeddings);
  const { count, dimension } = given;
  if (count < 2) {
    throw new HpdError(
      "invalid_argument",
      `int8 and uint8 need the range of each dimension, which ${counted(count, "embedding")} can't give: ` +
        "give more, or pass `ranges` made by quantizationRanges() from a sample of your data",
    );
  }
  requireFinite(given);
  const minimum = new Float32Array(dimension).fill(Number.POSITIVE_INFINITY);
  const maximum = new Float32Array(dimension).fill(Number.NEGATIVE_INFINITY);
  for (const row of given) {
    for (let column = 0; column < row.length; column++) {
      const value = row[column]!;
      if (value < minimum[column]!) minimum[column] = value;
      if (value > maximum[column]!) maximum[column] = value;
    }
  }
  return { minimum, maximum };
}

/**
 * Embeddings `[count, dimension]` at another precision. `binary` and `ubinary` pack the signs of eight dimensions
 * into a byte: `[count, ceil(dimension / 8)]`.
 *
 * @param ranges for int8 and uint8; default: the ranges of these embeddings themselves.
 * @throws HpdError `invalid_argument` for a number that is not finite, embeddings that are quantized already, ranges
 *   that don't fit, an unknown precision
 */
export function quantizeEmbeddings<P extends EmbeddingPrecision>(
  embeddings: EmbeddingsLike,
  precision: P,
  ranges?: QuantizationRanges,
): EmbeddingsOf<P> {
  return quantize(asEmbeddings(embeddings), precision, ranges) as EmbeddingsOf<P>;
}

function quantize(
  embeddings: Embeddings,
  precision: EmbeddingPrecision,
  ranges: QuantizationRanges | undefined,
): EmbeddingsOf<EmbeddingPrecision> {
  switch (precision) {
    case "float32":
      return embeddings;
    case "int8":
    case "uint8":
      return scaleToBytes(embeddings, precision, ranges ?? ownRanges(embeddings));
    case "binary":
    case "ubinary":
      return packSigns(embeddings, precision);
    default:
      throw new HpdError(
        "invalid_argument",
        `precision should be one of ${embeddingPrecisions.join(", ")}, got ${String(precision)}`,
      );
  }
}

/** The ranges of the embeddings themselves; zeros for none, which have no range to scale to. */
function ownRanges(embeddings: Embeddings): QuantizationRanges {
  if (embeddings.count > 0) return quantizationRanges(embeddings);
  const zeros = new Float32Array(embeddings.dimension);
  return { minimum: zeros, maximum: zeros };
}

/** The width of one of 256 levels of each dimension, in float32 as numpy has it: values on an edge fall on the same side. */
export function quantizationSteps({ minimum, maximum }: QuantizationRanges): Float32Array {
  return maximum.map((largest, column) => {
    const step = Math.fround(Math.fround(largest - minimum[column]!) / 255);
    return step === 0 ? 1 : step;
  });
}

function scaleToBytes(embeddings: Embeddings, precision: "int8" | "uint8", ranges: QuantizationRanges) {
  const { count, dimension, data } = embeddings;
  requireFinite(embeddings);
  requireRanges(ranges, dimension);
  const steps = quantizationSteps(ranges);
  const offset = precision === "int8" ? -128 : 0;
  const quantized = precision === "int8" ? new Int8Array(data.length) : new Uint8Array(data.length);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < dimension; column++) {
      const index = row * dimension + column;
      const level = Math.floor(Math.fround(Math.fround(data[index]! - ranges.minimum[column]!) / steps[column]!));
      quantized[index] = Math.min(Math.max(level, 0), 255) + offset;
    }
  }
  return new QuantizedEmbeddings({ data: quantized, count, dimension, precision, ranges });
}

function packSigns(embeddings: Embeddings, precision: "binary" | "ubinary") {
  const { count, dimension, data } = embeddings;
  requireFinite(embeddings);
  const bytes = Math.ceil(dimension / 8);
  const offset = precision === "binary" ? -128 : 0;
  const packed = precision === "binary" ? new Int8Array(count * bytes) : new Uint8Array(count * bytes);
  for (let row = 0; row < count; row++) {
    for (let byte = 0; byte < bytes; byte++) {
      let bits = 0;
      for (let bit = 0; bit < 8; bit++) {
        const column = byte * 8 + bit;
        bits = (bits << 1) | (column < dimension && data[row * dimension + column]! > 0 ? 1 : 0);
      }
      packed[row * bytes + byte] = bits + offset;
    }
  }
  return new QuantizedEmbeddings({ data: packed, count, dimension: bytes, precision });
}
