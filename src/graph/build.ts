/**
 * Makes nodes: one function an operation, which infers the shape of its result and refuses inputs that do not fit.
 * What each computes is said at `Operations`.
 */
import { HpdError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Activation } from "./activation.ts";
import {
  type Dimension,
  describe,
  type Node,
  type OperationName,
  type Operations,
  type PoolingMode,
  requireShape,
} from "./node.ts";

export function node<Op extends OperationName>(
  op: Op,
  attributes: Operations[Op],
  inputs: readonly (Node | undefined)[],
  shape: readonly Dimension[],
  dtype: DType = "float32",
): Node<Op> {
  return { op, attributes, inputs: inputs.filter((input) => input !== undefined), shape, dtype };
}

export function input(name: string, dtype: DType, shape: readonly Dimension[]): Node {
  return node("input", { name }, [], shape, dtype);
}

export function parameter(name: string, tensor: Tensor): Node<"parameter"> {
  return node("parameter", { name, tensor }, [], tensor.shape as readonly number[], tensor.dtype);
}

export function gather(table: Node, indices: Node): Node {
  return node("gather", {}, [table, indices], [...indices.shape, width(table)]);
}

export function lookup(table: Tensor<"float32">, ids: Node): Node {
  return node("lookup", { table }, [ids], [...ids.shape, table.shape[1]!]);
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

export function relativePositionBias(table: Node, like: Node, maxPositions: number): Node {
  const [buckets] = table.shape as [number];
  if (buckets < 4) throw new HpdError("invalid_model", `relative positions need 4 buckets or more, got ${buckets}`);
  return node("relativePositionBias", { maxPositions }, [table, like], [1, width(table), "sequence", "sequence"]);
}

export function add(a: Node, b: Node): Node {
  return node("add", {}, [a, b], broadcastShape("add", a, b));
}

export function linear(x: Node, weight: Node, bias?: Node): Node<"linear"> {
  const out = weight.shape[0]!;
  requireShape("linear", "a weight", weight, [out, width(x)]);
  if (bias !== undefined) requireShape("linear", "a bias", bias, [out]);
  return node("linear", {}, [x, weight, bias], [...x.shape.slice(0, -1), out]);
}

export function linearInt8(x: Node, weight: Node, scale: Node, bias?: Node): Node {
  return node("linearInt8", {}, [x, weight, scale, bias], [...x.shape.slice(0, -1), weight.shape[0]!]);
}

export function layerNorm(x: Node, gain: Node, bias: Node, epsilon: number): Node {
  requireShape("layerNorm", "a gain", gain, [width(x)]);
  requireShape("layerNorm", "a bias", bias, [width(x)]);
  return node("layerNorm", { epsilon }, [x, gain, bias], x.shape);
}

export function activation(x: Node, kind: Activation): Node {
  return kind === "identity" ? x : node("activation", { kind }, [x], x.shape);
}

export function attention(
  query: Node,
  key: Node,
  value: Node,
  mask: Node,
  heads: number,
  positionBias?: Node,
  dropout = 0,
): Node<"attention"> {
  requireHeads(width(query), heads);
  if (positionBias !== undefined) {
    requireShape("attention", "a position bias", positionBias, [1, heads, "sequence", "sequence"]);
  }
  return node("attention", { heads, dropout }, [query, key, value, mask, positionBias], query.shape);
}

export function packedAttention(packed: Node, mask: Node, heads: number, positionBias?: Node): Node {
  return node("packedAttention", { heads }, [packed, mask, positionBias], ["tokens", width(packed) / 3]);
}

export function reshape(x: Node, shape: readonly Dimension[]): Node {
  return node("reshape", {}, [x], shape, x.dtype);
}

export function pool(tokens: Node, mask: Node, attentionMask: Node, mode: PoolingMode): Node {
  return node("pool", { mode }, [tokens, mask, attentionMask], ["batch", width(tokens)]);
}

export function concat(parts: readonly Node[]): Node {
  if (parts.length === 1) return parts[0]!;
  return node("concat", {}, parts, ["batch", parts.reduce((sum, part) => sum + width(part), 0)]);
}

export function normalize(x: Node): Node {
  return node("normalize", {}, [x], x.shape);
}

/** The shape that numpy's rules give: the shapes aligned at their last axes, where a size of 1 fits any other. */
export function broadcastShape(operation: string, a: Node, b: Node): Dimension[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a, b].map(({ shape }) => shape[axis - rank + shape.length] ?? 1) as [Dimension, Dimension];
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new HpdError("invalid_model", `${operation}: ${describe(a)} and ${describe(b)} do not fit together`);
  });
}

export function width(x: Node): number {
  const last = x.shape.at(-1);
  if (typeof last === "number") return last;
  throw new HpdError("invalid_model", `expected a last dimension of known size, got [${x.shape.join(", ")}]`);
}

function requireHeads(hidden: number, heads: number): void {
  if (Number.isInteger(heads) && heads > 0 && hidden % heads === 0) return;
  throw new HpdError("invalid_model", `attention: a hidden size of ${hidden} can't be split into ${heads} heads`);
}
