/** Quantized embeddings, which know how they were quantized. */
import { kindOf, requireObject, requireOneOf } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";
import { Embeddings } from "../tensor/embeddings.ts";

export const embeddingPrecisions = ["float32", "int8", "uint8", "binary", "ubinary"] as const;

export type EmbeddingPrecision = (typeof embeddingPrecisions)[number];

export type QuantizedPrecision = Exclude<EmbeddingPrecision, "float32">;

export interface QuantizationArray {
  readonly float32: Float32Array;
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
  readonly binary: Int8Array;
  readonly ubinary: Uint8Array;
}

/** Embeddings at a precision. */
export type EmbeddingsOf<P extends EmbeddingPrecision> = [P] extends ["float32"]
  ? Embeddings
  : [P] extends [QuantizedPrecision]
    ? QuantizedEmbeddings<P>
    : Embeddings | QuantizedEmbeddings;

/** Minimum and maximum of each dimension, `[dimension]`: the range that 256 levels divide. */
export interface QuantizationRanges {
  readonly minimum: Float32Array;
  readonly maximum: Float32Array;
}

/** The parts of quantized embeddings, as they may have been stored. */
export interface QuantizedData<P extends QuantizedPrecision> {
  /** `[count, dimension]`, row-major. */
  readonly data: QuantizationArray[P];
  readonly count: number;
  /** Bytes of a row: `binary` and `ubinary` have the signs of eight dimensions in one. */
  readonly dimension: number;
  readonly precision: P;
  /** The ranges with which `int8` and `uint8` were quantized; the others have none. */
  readonly ranges?: QuantizationRanges | undefined;
}

/** Embeddings of another precision than float32. `encode` and `quantizeEmbeddings` make them. */
export class QuantizedEmbeddings<P extends QuantizedPrecision = QuantizedPrecision> extends Embeddings<
  QuantizationArray[P]
> {
  readonly precision: P;
  /** The ranges with which `int8` and `uint8` were quantized. */
  readonly ranges: QuantizationRanges | undefined;

  /** @throws HpdError `invalid_argument` for parts that don't fit each other, and ranges that are not finite */
  constructor(parts: QuantizedData<P>) {
    requireObject("the parts of quantized embeddings", parts, "{ data, count, dimension, precision, ranges }");
    const { data, count, dimension, precision, ranges } = parts;
    super(data, count, dimension);
    requireOneOf("precision", precision, embeddingPrecisions.slice(1));
    const DataOf = precision === "int8" || precision === "binary" ? Int8Array : Uint8Array;
    if (!(data instanceof DataOf)) {
      const { name } = (data as object).constructor;
      throw new HpdError("invalid_argument", `data of ${precision} should be of ${DataOf.name}, got ${name}`);
    }
    const isScaled = precision === "int8" || precision === "uint8";
    if (isScaled !== (ranges !== undefined)) {
      throw new HpdError(
        "invalid_argument",
        isScaled
          ? `embeddings of ${precision} need the ranges with which they were quantized`
          : `embeddings of ${precision} have no ranges`,
      );
    }
    if (ranges !== undefined) requireRanges(ranges, dimension);
    this.precision = precision;
    this.ranges = ranges;
  }
}

/** @throws HpdError `invalid_argument` for ranges of another dimension, and numbers that are not finite */
export function requireRanges(ranges: QuantizationRanges, dimension: number): void {
  requireObject("ranges", ranges, "{ minimum, maximum } as quantizationRanges gives them");
  const { minimum, maximum } = ranges;
  for (const [name, values] of Object.entries({ minimum, maximum })) {
    if (values instanceof Float32Array) continue;
    // JSON has no typed arrays: it writes an object of numbered keys.
    throw new HpdError(
      "invalid_argument",
      `ranges.${name} should be a Float32Array, got ${kindOf(values)}: of JSON, Float32Array.from(Object.values(${name}))`,
    );
  }
  if (minimum.length !== dimension || maximum.length !== dimension) {
    throw new HpdError(
      "invalid_argument",
      `the ranges are for ${minimum.length} dimensions, the embeddings have ${dimension}`,
    );
  }
  if (![...minimum, ...maximum].every(Number.isFinite)) {
    throw new HpdError("invalid_argument", "the ranges hold a number that is not finite");
  }
}
