/** The operator `Attention` of ONNX. */
import type { AttentionAttributes } from "./node.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

export interface AttentionValues extends Pick<AttentionAttributes, "heads" | "keyHeads" | "scale"> {
  /** [batch, queries, heads w] */
  readonly query: string;
  /** [batch, keys, keyHeads w] */
  readonly key: string;
  /** [batch, keys, keyHeads w] */
  readonly value: string;
  /** Number of keys of each text, at least 1: [batch] int64 */
  readonly lengths: string;
  readonly headWidth: number;
}

/**
 * Emits softmax(scale query key^T + bias) value, for each head.
 *
 * @param bias [queries, keys], or [1 or batch, 1 or heads, queries, keys]
 * @param rows queries of each text in the result's shape; without them it is flat
 * @returns the name of [batch queries, heads w], or of [batch, rows, heads w]
 */
export function emitAttention(emit: OnnxEmitter, values: AttentionValues, bias: string | undefined, rows?: number) {
  const { query, key, value, lengths, heads, keyHeads, scale, headWidth } = values;
  const attended = emit.op("Attention", [query, key, value, bias ?? "", "", "", lengths], {
    q_num_heads: { int: heads },
    kv_num_heads: { int: keyHeads },
    scale: { float: scale },
  });
  // ONNX Runtime infers another shape than that of the result, so one is given in any case.
  return emit.op("Reshape", [attended, emit.int64s([-1, ...(rows === undefined ? [] : [rows]), heads * headWidth])]);
}
