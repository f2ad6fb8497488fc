/** An embedding in the element type of its file. */
import { HpdError } from "../../errors.ts";
import { quantizeEmbeddings } from "../../similarity/quantization.ts";
import type { QuantizationRanges } from "../../similarity/quantized-embeddings.ts";
import { toFloat16 } from "../../tensor/convert.ts";
import { Embeddings } from "../../tensor/embeddings.ts";
import type { StoredEmbedding } from "../outputs/embedding-rows.ts";
import type { ShardPrecision } from "./options.ts";

/**
 * @param ranges of each dimension, for int8
 * @throws HpdError `invalid_argument` for a number that float16 doesn't hold
 */
export function storedAs(
  embedding: Float32Array,
  precision: ShardPrecision,
  ranges?: QuantizationRanges,
): StoredEmbedding {
  if (precision === "float32") return embedding;
  if (precision === "int8")
    return quantizeEmbeddings(new Embeddings(embedding, 1, embedding.length), "int8", ranges).data;
  const half = toFloat16(embedding);
  // The exponent of infinity: the model's numbers are finite.
  if (half.some((bits) => (bits & 0x7c00) === 0x7c00)) {
    throw new HpdError("invalid_argument", "an embedding has numbers beyond float16's 65,504: use float32");
  }
  return half;
}
