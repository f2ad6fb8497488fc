/** The inputs of the graph for a batch: ids padded on the right, and masks that are 1 except at padding. */
import type { NamedTensors } from "../runtime/session.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The tokens of a text, or of a pair of texts with the type of each token. */
export interface TokenIds {
  readonly ids: Int32Array;
  readonly typeIds?: Int32Array | undefined;
}

/**
 * The inputs `[texts, longest]`.
 *
 * @param texts ids of each text of the batch
 * @param promptLength tokens at the start of all texts, or of each, where `prompt_mask` is 0
 */
export function batchInputs(
  texts: readonly Int32Array[],
  padId: number,
  promptLength: number | readonly number[],
): NamedTensors & Record<"input_ids" | "attention_mask" | "prompt_mask", Tensor> {
  // At least one: a batch of texts without tokens is one of padding alone.
  const sequence = texts.reduce((longest, ids) => Math.max(longest, ids.length), 1);
  const shape = [texts.length, sequence];
  const ids = new Int32Array(texts.length * sequence).fill(padId);
  const mask = new Float32Array(ids.length);
  const promptMask = new Float32Array(ids.length);
  for (const [row, text] of texts.entries()) {
    const start = row * sequence;
    ids.set(text, start);
    mask.fill(1, start, start + text.length);
    const length = typeof promptLength === "number" ? promptLength : promptLength[row]!;
    promptMask.fill(1, start + Math.min(length, text.length), start + text.length);
  }
  return {
    input_ids: { dtype: "int32", shape, data: ids },
    attention_mask: { dtype: "float32", shape, data: mask },
    prompt_mask: { dtype: "float32", shape, data: promptMask },
  };
}

/** The types of the tokens, [texts, sequence]; 0 for padding and where a text has none. */
export function typeInput(texts: readonly TokenIds[]): Tensor {
  const sequence = texts.reduce((longest, { ids }) => Math.max(longest, ids.length), 1);
  const data = new Int32Array(texts.length * sequence);
  for (const [row, { typeIds }] of texts.entries()) if (typeIds !== undefined) data.set(typeIds, row * sequence);
  return { dtype: "int32", shape: [texts.length, sequence], data };
}
