/**
 * Makes nodes: one function an operation, which infers the shape of its result and refuses inputs that do not fit.
 * What each computes is said at `Operations`.
 */
import { HpdError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Activation } from "./activation.ts";
import { broadcastShape, node, width } from "./build-node.ts";
import {
  type Dimension,
  describe,
  type Node,
  type Operations,
  type PoolingMode,
  type RowRange,
  requireShape,
} from "./node.ts";

export { alibi, attention, relativePositionBias, relativeScores, rotary } from "./build-attention.ts";

export function input(name: string, dtype: DType, shape: readonly Dimension[]): Node {
  return node("input", { name }, [], shape, dtype);
}

export function parameter(name: string, tensor: Tensor): Node<"parameter"> {
  return node("parameter", { name, tensor }, [], tensor.shape as readonly number[], tensor.dtype);
}

export function gather(table: Node, indices: Node): Node {
  return node("gather", {}, [table, indices], [...indices.shape, width(table)]);
}

/** @param name of the table in the checkpoint */
export function lookup(name: string, table: Tensor<"float32">, ids: Node): Node {
  return node("lookup", { name, table }, [ids], [...ids.shape, table.shape[1]!]);
}

export function firstRows(table: Node, like: Node): Node {
  return node("firstRows", {}, [table, like], ["sequence", width(table)]);
}

export function row(table: Node, index: number): Node {
  return node("row", { index }, [table], [width(table)]);
}

export function positionIds(ids: Node, padding: number): Node {
  return node("positionIds", { padding }, [ids], ids.shape, "int32");
}

export function add(a: Node, b: Node): Node {
  return node("add", {}, [a, b], broadcastShape("add", a, b));
}

export function subtract(a: Node, b: Node): Node {
  return node("subtract", {}, [a, b], broadcastShape("subtract", a, b));
}

export function multiply(a: Node, b: Node): Node {
  return node("multiply", {}, [a, b], broadcastShape("multiply", a, b));
}

export function divide(a: Node, b: Node): Node {
  return node("divide", {}, [a, b], broadcastShape("divide", a, b));
}

export function constant(value: number): Node {
  return node("constant", { value }, [], []);
}

export function linear(x: Node, weight: Node, bias?: Node): Node<"linear"> {
  const out = weight.shape[0]!;
  requireShape("linear", "a weight", weight, [out, width(x)]);
  if (bias !== undefined) requireShape("linear", "a bias", bias, [out]);
  return node("linear", {}, [x, weight, bias], [...x.shape.slice(0, -1), out]);
}

const ownRange: RowRange = { zeroPoint: 128, leastUnit: undefined };

/** @param range default: from the largest magnitude of each row, around 128 */
export function linearInt8(x: Node, weight: Node, scale: Node, bias?: Node, range: RowRange = ownRange): Node {
  return node("linearInt8", range, [x, weight, scale, bias], [...x.shape.slice(0, -1), weight.shape[0]!]);
}

export function quantizeInput(x: Node, attributes: Operations["quantizeInput"], factors?: Node): Node {
  if (factors !== undefined) requireShape("quantizeInput", "factors", factors, [width(x)]);
  return node("quantizeInput", attributes, [x, factors], x.shape, "uint8");
}

/** @param x of `quantizeInput`, with this zero point */
export function linearStatic(x: Node, weight: Node, scale: Node, zeroPoint: number, bias?: Node): Node {
  const out = weight.shape[0]!;
  requireShape("linearStatic", "a weight", weight, [out, width(x)]);
  requireShape("linearStatic", "scales", scale, [out]);
  return node("linearStatic", { zeroPoint }, [x, weight, scale, bias], [...x.shape.slice(0, -1), out]);
}

/** @param bias undefined for a norm that has none */
export function layerNorm(x: Node, weight: Node, bias: Node | undefined, epsilon: number): Node {
  requireShape("layerNorm", "a weight", weight, [width(x)]);
  if (bias !== undefined) requireShape("layerNorm", "a bias", bias, [width(x)]);
  return node("layerNorm", { epsilon }, [x, weight, bias], x.shape);
}

/** RMSNorm. Where a checkpoint holds weight - 1, as Gemma's do, the weight is `add(stored, constant(1))`. */
export function rmsNorm(x: Node, weight: Node, epsilon: number): Node {
  requireShape("rmsNorm", "a weight", weight, [width(x)]);
  return node("rmsNorm", { epsilon }, [x, weight], x.shape);
}

export function activation(x: Node, kind: Activation): Node {
  return kind === "identity" ? x : node("activation", { kind }, [x], x.shape);
}

export function log1p(x: Node): Node {
  return node("log1p", {}, [x], x.shape);
}

export function reshape(x: Node, shape: readonly Dimension[]): Node {
  return node("reshape", {}, [x], shape, x.dtype);
}

export function pool(tokens: Node, mask: Node, attentionMask: Node, mode: PoolingMode): Node {
  return node("pool", { mode }, [tokens, mask, attentionMask], ["batch", width(tokens)]);
}

/** Parts side by side, along the last axis. */
export function concat(parts: readonly Node[]): Node {
  const [first] = parts as [Node, ...Node[]];
  if (parts.length === 1) return first;
  const before = first.shape.slice(0, -1);
  for (const part of parts) requireShape("concat", "a part", part, [...before, width(part)]);
  return node("concat", {}, parts, [...before, parts.reduce((sum, part) => sum + width(part), 0)]);
}

/** A part of x along an axis of known size. */
export function slice(x: Node, axis: number, start: number, size: number): Node {
  const whole = x.shape[axis];
  const fits = typeof whole === "number" && start >= 0 && size > 0 && start + size <= whole;
  if (!fits || ![start, size].every(Number.isInteger)) {
    throw new HpdError(
      "invalid_model",
      `slice: ${describe(x)} has no ${size} numbers from ${start} on along axis ${axis}`,
    );
  }
  return node("slice", { axis, start, size }, [x], x.shape.with(axis, size));
}

/** A place for dropout, whose ratio `addDropout` sets for training. For inference it is x. */
export function dropout(x: Node): Node {
  return node("dropout", { ratio: 0 }, [x], x.shape);
}

export function normalize(x: Node): Node {
  return node("normalize", {}, [x], x.shape);
}
