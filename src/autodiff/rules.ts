/**
 * The gradient rule of each operation: from the gradient `dy` by its output to those by its inputs, as graph nodes.
 * Above each rule stands its derivative. A rule may return a gradient of the broadcast shape; the walk sums it.
 */

import { HpdError } from "../errors.ts";
import {
  add,
  constant,
  divide,
  firstRows,
  gather,
  multiply,
  reshape,
  rotary,
  slice,
  subtract,
} from "../graph/build.ts";
import {
  activationDerivative,
  atDistances,
  dropout,
  expand,
  firstMaximum,
  greater,
  inverseStandardDeviation,
  matmul,
  norm,
  pad,
  padRows,
  scatterRows,
  softmax,
  sum,
  sumAtDistances,
  transpose,
} from "../graph/build-differentiable.ts";
import type { Node, OperationName } from "../graph/node.ts";

/** The vector-Jacobian product of an operation; `undefined` for an input through which no gradient flows. */
type Rule<Op extends OperationName> = (dy: Node, node: Node<Op>) => readonly (Node | undefined)[];

/** The rules of all operations; `undefined` for one that is not differentiated. */
export const gradientRules: { readonly [Op in OperationName]: Rule<Op> | undefined } = {
  // d(a + b) = da + db
  add: (dy) => [dy, dy],
  // d(a - b) = da - db
  subtract: (dy) => [dy, negative(dy)],
  // d(a b) = b da + a db
  multiply: (dy, { inputs: [a, b] }) => [multiply(dy, b!), multiply(dy, a!)],
  // d(a / b) = da / b - (a / b) db / b
  divide: (dy, node) => {
    const byA = divide(dy, node.inputs[1]!);
    return [byA, negative(multiply(byA, node))];
  },
  greater: () => [],
  // y^2 = x, so dx = dy / 2 y; 0 where y is 0
  squareRoot: (dy, y) => {
    const isPositive = greater(y, constant(0));
    return [divide(multiply(dy, multiply(isPositive, constant(0.5))), add(y, subtract(constant(1), isPositive)))];
  },
  log1p: undefined,
  detach: () => [],
  // y = sum of x: dx = dy, repeated
  sum: (dy, { inputs: [x] }) => [expand(dy, x!)],
  // the walk sums over the copies
  expand: (dy) => [dy],
  // y = s a b: da = s dy b^T, db = s a^T dy; a transposed factor has the transposed gradient
  matmul: (dy, { inputs: [a, b], attributes: { transposeA, transposeB, scale } }) => [
    transposeA
      ? matmul(b!, dy, { transposeA: transposeB, transposeB: true, scale })
      : matmul(dy, b!, { transposeB: !transposeB, scale }),
    transposeB
      ? matmul(dy, a!, { transposeA: true, transposeB: transposeA, scale })
      : matmul(a!, dy, { transposeA: !transposeA, scale }),
  ],
  // y = x w^T + b: dx = dy w, dw = dy^T x, db = sum of dy over rows
  linear: (dy, { inputs: [x, weight] }) => [matmul(dy, weight!), matmul(dy, x!, { transposeA: true }), sum(dy, [0])],
  // the inverse permutation
  transpose: (dy, { attributes: { permutation } }) => [
    transpose(
      dy,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  reshape: (dy, { inputs: [x] }) => [reshape(dy, x!.shape)],
  // dx = y (dy - sum of y dy)
  softmax: (dy, y) => [multiply(y, subtract(dy, sumOfRow(multiply(dy, y))))],
  // y^2 = x x, so dx = x dy / y
  norm: (dy, y) => [divide(multiply(y.inputs[0]!, dy), y)],
  // dx = softmax(x) dy
  logSumExp: (dy, { inputs: [x] }) => [multiply(softmax(x!), dy)],
  // y = (x - mean) r, r = 1 / deviation: dx = r (dy - mean of dy - y mean of y dy)
  standardize: (dy, y) => {
    const [x] = y.inputs as [Node];
    const along = multiply(y, meanOfRow(multiply(dy, y)));
    return [multiply(inverseStandardDeviation(x, y.attributes.epsilon), subtract(subtract(dy, meanOfRow(dy)), along))];
  },
  // y = (mean of x^2 + epsilon)^(-1/2): dx = -y^3 x dy / width
  inverseRootMeanSquare: (dy, y) => {
    const [x] = y.inputs as [Node];
    const cube = multiply(multiply(y, y), multiply(y, dy));
    return [multiply(multiply(x, cube), constant(-1 / (x.shape.at(-1) as number)))];
  },
  // the transpose of a rotation is the rotation back
  rotary: (dy, { inputs: [, like], attributes }) => [
    rotary(dy, like!, { ...attributes, reversed: !attributes.reversed }),
  ],
  // dx = f'(x) dy; log softmax: dx = dy - softmax(x) sum of dy
  activation: (dy, { inputs: [x], attributes: { kind } }) => {
    switch (kind) {
      case "identity":
        return [dy];
      case "log_softmax":
        return [subtract(dy, multiply(softmax(x!), sumOfRow(dy)))];
      case "softmax":
      case "softmin":
        throw new HpdError("unsupported", `the activation ${kind} has no gradient rule: decompose the graph first`);
      default:
        return [multiply(dy, activationDerivative(x!, kind))];
    }
  },
  // dx = dy, with the same mask
  dropout: (dy, { inputs: [, noise], attributes: { ratio } }) => [dropout(dy, ratio, noise)],
  // a row's gradient is the sum over its uses
  gather: (dy, { inputs: [table, indices] }) => [scatterRows(dy, indices!, table!.shape[0] as number)],
  scatterRows: (dy, { inputs: [, indices] }) => [gather(dy, indices!)],
  firstRows: (dy, { inputs: [table] }) => [padRows(dy, table!.shape[0] as number)],
  padRows: (dy, { inputs: [x] }) => [firstRows(dy, x!)],
  slice: (dy, { inputs: [x], attributes: { axis, start, size } }) => [
    pad(dy, axis, start, (x!.shape[axis] as number) - start - size),
  ],
  pad: (dy, { inputs: [x], attributes: { axis, before } }) => [slice(dy, axis, before, x!.shape[axis] as number)],
  concat: (dy, { inputs }) => {
    let start = 0;
    return inputs.map(({ shape }) => {
      const size = shape.at(-1) as number;
      start += size;
      return slice(dy, shape.length - 1, start - size, size);
    });
  },
  // an element's gradient is the sum over its uses
  atDistances: (dy, { inputs: [x], attributes }) => [sumAtDistances(dy, attributes, x!.shape.at(-1) as number)],
  sumAtDistances: (dy, { attributes }) => [atDistances(dy, attributes)],
  // dx = dy for the first maximum, else 0
  max: (dy, { inputs: [x], attributes: { axis } }) => [multiply(dy, firstMaximum(x!, axis))],
  // y = x / |x|: dx = (dy - y sum of y dy) / |x|
  normalize: (dy, y) => [divide(subtract(dy, multiply(y, sumOfRow(multiply(dy, y)))), norm(y.inputs[0]!))],

  // Leaves.
  input: undefined,
  parameter: undefined,
  constant: undefined,
  // Rows of a table, gathered before the run: a target of differentiation, not a step on the way.
  lookup: undefined,
  // `decompose` replaces these.
  row: undefined,
  relativeScores: undefined,
  relativePositionBias: undefined,
  layerNorm: undefined,
  rmsNorm: undefined,
  attention: undefined,
  pool: undefined,
  // Functions of ids, masks and positions only.
  positionIds: undefined,
  relativePositionBuckets: undefined,
  alibi: undefined,
  positionMask: undefined,
  poolingWeights: undefined,
  // Parts of gradients: there are no second derivatives here.
  inverseStandardDeviation: undefined,
  activationDerivative: undefined,
  firstMaximum: undefined,
  // For inference only.
  linearInt8: undefined,
  quantizeInput: undefined,
  linearStatic: undefined,
  packedAttention: undefined,
};

function negative(x: Node): Node {
  return multiply(x, constant(-1));
}

function sumOfRow(x: Node): Node {
  return sum(x, [x.shape.length - 1]);
}

function meanOfRow(x: Node): Node {
  return multiply(sumOfRow(x), constant(1 / (x.shape.at(-1) as number)));
}
