/**
 * Pooling as ONNX operators. Tokens are padded on the right, so the first token of a sentence is at index 0.
 * Source: `Pooling._forward_padded` of sentence-transformers.
 */
import type { PoolingMode } from "./node.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

export interface PoolingInputs {
  /** [batch, sequence, hidden] */
  readonly tokens: string;
  /** 1 for the tokens that are pooled, else 0: [batch, sequence] float32 */
  readonly mask: string;
  /** 1 for the tokens of the sentence, prompt included: [batch, sequence] float32 */
  readonly attentionMask: string;
}

/** The name of the result, [batch, hidden]. */
export function lowerPooling(emit: OnnxEmitter, mode: PoolingMode, inputs: PoolingInputs): string {
  const { tokens, mask, attentionMask } = inputs;
  switch (mode) {
    case "cls":
      return tokenAt(emit, tokens, emit.op("ArgMax", [mask], { axis: { int: 1 } }));
    case "lasttoken": {
      const index = emit.op("ArgMax", [mask], { axis: { int: 1 }, select_last_index: { int: 1 } });
      // Where nothing is left to pool the result is zero.
      return emit.op("Mul", [tokenAt(emit, tokens, index), emit.op("ReduceMax", [mask, emit.int64s([1])])]);
    }
    case "max": {
      const keep = emit.op("Greater", [emit.op("Unsqueeze", [mask, emit.int64s([2])]), emit.float(0)]);
      const masked = emit.op("Where", [keep, tokens, emit.float(Number.NEGATIVE_INFINITY)]);
      return emit.op("ReduceMax", [masked, emit.int64s([1])], { keepdims: { int: 0 } });
    }
    case "mean":
      return weightedMean(emit, tokens, mask, (sum) => sum);
    case "mean_sqrt_len_tokens":
      return weightedMean(emit, tokens, mask, (sum) => emit.op("Sqrt", [sum]));
    case "weightedmean": {
      const positions = emit.op("CumSum", [attentionMask, emit.int64(1)]);
      return weightedMean(emit, tokens, emit.op("Mul", [mask, positions]), (sum) => sum);
    }
  }
}

/** The weight of each token in the pooled sentence, [batch, sequence]: pooling as a sum, which has a gradient. */
export function poolingWeights(
  emit: OnnxEmitter,
  mode: Exclude<PoolingMode, "max">,
  { mask, attentionMask }: Omit<PoolingInputs, "tokens">,
): string {
  switch (mode) {
    case "cls":
      return onlyAt(emit, mask, emit.op("ArgMax", [mask], { axis: { int: 1 }, keepdims: { int: 0 } }));
    case "lasttoken": {
      const attributes = { axis: { int: 1 }, keepdims: { int: 0 }, select_last_index: { int: 1 } };
      // Where nothing is left to pool the result is zero.
      return emit.op("Mul", [onlyAt(emit, mask, emit.op("ArgMax", [mask], attributes)), mask]);
    }
    case "mean":
      return emit.op("Div", [mask, sumOf(emit, mask)]);
    case "mean_sqrt_len_tokens":
      return emit.op("Div", [mask, emit.op("Sqrt", [sumOf(emit, mask)])]);
    case "weightedmean": {
      const weights = emit.op("Mul", [mask, emit.op("CumSum", [attentionMask, emit.int64(1)])]);
      return emit.op("Div", [weights, sumOf(emit, weights)]);
    }
  }
}

/** 1 at one index of each row, else 0. */
function onlyAt(emit: OnnxEmitter, like: string, index: string): string {
  const size = emit.op("Gather", [emit.op("Shape", [like]), emit.int64s([1])]);
  return emit.op("OneHot", [index, size, emit.floats([0, 1])], { axis: { int: 1 } });
}

/** The sum of each row, at least 1e-9: [batch, 1] */
function sumOf(emit: OnnxEmitter, weights: string): string {
  return emit.op("Max", [emit.op("ReduceSum", [weights, emit.int64s([1])]), emit.float(1e-9)]);
}

/** tokens[b, index[b]] for each sentence b. */
function tokenAt(emit: OnnxEmitter, tokens: string, index: string): string {
  return emit.op("GatherND", [tokens, index], { batch_dims: { int: 1 } });
}

/** sum of weight x token / divisor(sum of weights), never divided by less than 1e-9. */
function weightedMean(
  emit: OnnxEmitter,
  tokens: string,
  weights: string,
  divisor: (sumOfWeights: string) => string,
): string {
  const sum = emit.op("MatMul", [emit.op("Unsqueeze", [weights, emit.int64s([1])]), tokens]);
  return emit.op("Div", [emit.op("Squeeze", [sum, emit.int64s([1])]), divisor(sumOf(emit, weights))]);
}
