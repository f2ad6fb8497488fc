/**
 * Makes the nodes of losses and gradients, beside those of build.ts: the parts into which the operations of a
 * Transformer decompose. What each computes is said at `Operations`.
 */
import { HpdError } from "../errors.ts";
import type { ElementwiseActivation } from "./activation.ts";
import { constant, multiply } from "./build.ts";
import { broadcastShape, node, width } from "./build-node.ts";
import type { Dimension, DistanceRows, MatmulAttributes, Node, PoolingMode } from "./node.ts";

export function greater(a: Node, b: Node): Node {
  return node("greater", {}, [a, b], broadcastShape("greater", a, b));
}

export function squareRoot(x: Node): Node {
  return node("squareRoot", {}, [x], x.shape);
}

export function detach(x: Node): Node {
  return node("detach", {}, [x], x.shape);
}

export function sum(x: Node, axes: readonly number[]): Node {
  const shape = x.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
  return node("sum", { axes }, [x], shape);
}

export function expand(x: Node, like: Node): Node {
  return node("expand", {}, [x, like], like.shape);
}

export function matmul(a: Node, b: Node, attributes: Partial<MatmulAttributes> = {}): Node {
  const { transposeA = false, transposeB = false, scale = 1 } = attributes;
  const [rows, inner] = matrixSizes(a, transposeA);
  const [otherInner, columns] = matrixSizes(b, transposeB);
  const batch = a.shape.slice(0, -2);
  if (inner !== otherInner || String(batch) !== String(b.shape.slice(0, -2))) {
    throw new HpdError(
      "invalid_model",
      `matmul: [${a.shape}]${transposeA ? "^T" : ""} and [${b.shape}]${transposeB ? "^T" : ""} do not fit together`,
    );
  }
  return node("matmul", { transposeA, transposeB, scale }, [a, b], [...batch, rows, columns]);
}

function matrixSizes({ shape }: Node, isTransposed: boolean): [Dimension, Dimension] {
  const [rows, columns] = shape.slice(-2) as [Dimension, Dimension];
  return isTransposed ? [columns, rows] : [rows, columns];
}

export function transpose(x: Node, permutation: readonly number[]): Node {
  return node(
    "transpose",
    { permutation },
    [x],
    permutation.map((axis) => x.shape[axis]!),
  );
}

export function softmax(x: Node): Node {
  return node("softmax", {}, [x], x.shape);
}

export function logSumExp(x: Node): Node {
  return node("logSumExp", {}, [x], [...x.shape.slice(0, -1), 1]);
}

export function standardize(x: Node, epsilon: number): Node {
  return node("standardize", { epsilon }, [x], x.shape);
}

export function inverseStandardDeviation(x: Node, epsilon: number): Node {
  return node("inverseStandardDeviation", { epsilon }, [x], [...x.shape.slice(0, -1), 1]);
}

export function inverseRootMeanSquare(x: Node, epsilon: number): Node {
  return node("inverseRootMeanSquare", { epsilon }, [x], [...x.shape.slice(0, -1), 1]);
}

export function activationDerivative(x: Node, kind: ElementwiseActivation): Node {
  return node("activationDerivative", { kind }, [x], x.shape);
}

/** Dropout. Without noise it only marks the place; `decompose` adds the noise. */
export function dropout(x: Node, ratio: number, noise?: Node): Node {
  return ratio === 0 ? x : node("dropout", { ratio }, [x, noise], x.shape);
}

export function poolingWeights(mask: Node, attentionMask: Node, mode: Exclude<PoolingMode, "max">): Node {
  return node("poolingWeights", { mode }, [mask, attentionMask], ["batch", 1, "sequence"]);
}

export function max(x: Node, axis: number): Node {
  return node("max", { axis }, [x], x.shape.with(axis, 1));
}

export function min(x: Node, axis: number): Node {
  return multiply(max(multiply(x, constant(-1)), axis), constant(-1));
}

export function firstMaximum(x: Node, axis: number): Node {
  return node("firstMaximum", { axis }, [x], x.shape);
}

export function pad(x: Node, axis: number, before: number, after: number): Node {
  return node("pad", { axis, before, after }, [x], x.shape.with(axis, (x.shape[axis] as number) + before + after));
}

export function padRows(x: Node, rows: number): Node {
  return node("padRows", { rows }, [x], [rows, width(x)]);
}

export function scatterRows(updates: Node, indices: Node, rows: number): Node {
  return node("scatterRows", { rows }, [updates, indices], [rows, width(updates)]);
}

export function atDistances(x: Node, { of, rows }: DistanceRows): Node {
  return node("atDistances", { of, rows }, [x], x.shape.with(-1, "sequence"));
}

export function sumAtDistances(x: Node, { of, rows }: DistanceRows, count: number): Node {
  return node("sumAtDistances", { of, rows, count }, [x], x.shape.with(-1, count));
}

export function norm(x: Node): Node {
  return node("norm", {}, [x], [...x.shape.slice(0, -1), 1]);
}
