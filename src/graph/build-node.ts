/** The common part of all builders of nodes: the node itself, and shapes inferred from inputs. */
import { HpdError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import { type Dimension, describe, type Node, type OperationName, type Operations } from "./node.ts";

/** A node; inputs that are undefined are left out. Five parameters: a node is exactly these five. */
export function node<Op extends OperationName>(
  op: Op,
  attributes: Operations[Op],
  inputs: readonly (Node | undefined)[],
  shape: readonly Dimension[],
  dtype: DType = "float32",
): Node<Op> {
  return { op, attributes, inputs: inputs.filter((input) => input !== undefined), shape, dtype };
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
