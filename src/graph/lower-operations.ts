/** The operations as ONNX operators: those that inference and training lower alike. */
import { lowerActivation } from "./lower-activation.ts";
import { lowerActivationDerivative } from "./lower-activation-derivative.ts";
import { lowerAtDistances, lowerRelativeScores, lowerSumAtDistances } from "./lower-distances.ts";
import { poolingWeights } from "./lower-pooling.ts";
import {
  lowerAlibi,
  lowerPositionMask,
  lowerRelativePositionBias,
  lowerRelativePositions,
  lowerRotary,
} from "./lower-positions.ts";
import type { LoweringContext } from "./lowering-context.ts";
import type { AnyNode, Dimension, Node, OperationName } from "./node.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

/** Operations that each lowering writes in its own way: weights, and what inference fuses. */
type Special =
  | "parameter"
  | "lookup"
  | "linearInt8"
  | "quantizeInput"
  | "linearStatic"
  | "attention"
  | "packedAttention"
  | "pool";

type CommonOperation = Exclude<OperationName, Special>;

/** Emits an operation. @param inputs names of the inputs' values @returns the name of its value */
type Lower<Op extends OperationName> = (
  context: LoweringContext,
  node: Node<Op>,
  inputs: readonly [string, string, ...string[]],
) => string;

const float32 = { to: { int: 1 } };
const int32 = { to: { int: 6 } };
const int64 = { to: { int: 7 } };
const lastAxis = { axis: { int: -1 } };

const lowerings: { readonly [Op in CommonOperation]: Lower<Op> } = {
  input: ({ emit }, { attributes, dtype, shape }) => emit.input({ name: attributes.name, dtype, shape }),
  constant: ({ emit }, { attributes }) => emit.float(attributes.value),
  gather: ({ emit }, _, [table, indices]) => emit.op("Gather", [table, indices]),
  firstRows: ({ emit, sequence }, _, [table]) =>
    emit.op("Slice", [table, emit.int64s([0]), sequence(), emit.int64s([0])]),
  row: ({ emit }, { attributes }, [table]) => emit.op("Gather", [table, emit.int64(attributes.index)]),

  positionIds: ({ emit }, { attributes }, [ids]) => {
    const padding = emit.int32(attributes.padding);
    const isToken = emit.op("Cast", [emit.op("Not", [emit.op("Equal", [ids, padding])])], int32);
    const counted = emit.op("Mul", [emit.op("CumSum", [isToken, emit.int64(1)]), isToken]);
    return emit.op("Add", [counted, padding]);
  },
  relativePositionBuckets: (context, { attributes }) => lowerRelativePositions(context, attributes),
  relativePositionBias: (context, { attributes, inputs: [values] }, [table]) =>
    lowerRelativePositionBias(context, { ...attributes, table, buckets: values!.shape[0] as number }),
  relativeScores: (context, { attributes, inputs }, [x, table]) => {
    const headWidth = (inputs[0]!.shape[1] as number) / attributes.heads;
    return lowerRelativeScores(context, { ...attributes, x, table, headWidth });
  },
  atDistances: (context, { attributes, shape }, [x]) => lowerAtDistances(context, x, attributes, shape),
  sumAtDistances: (context, { attributes, shape }, [x]) => lowerSumAtDistances(context, x, attributes, shape),
  alibi: (context, { attributes }) => lowerAlibi(context, attributes.slopes),
  positionMask: (context, { attributes }) => lowerPositionMask(context, attributes),
  rotary: (context, { attributes, shape }, [x]) =>
    lowerRotary(context, { ...attributes, x, width: shape[1] as number }),

  add: ({ emit }, _, [a, b]) => emit.op("Add", [a, b]),
  subtract: ({ emit }, _, [a, b]) => emit.op("Sub", [a, b]),
  multiply: ({ emit }, _, [a, b]) => emit.op("Mul", [a, b]),
  divide: ({ emit }, _, [a, b]) => emit.op("Div", [a, b]),
  greater: ({ emit }, _, [a, b]) => emit.op("Cast", [emit.op("Greater", [a, b])], float32),
  squareRoot: ({ emit }, _, [x]) => emit.op("Sqrt", [emit.op("Relu", [x])]),
  log1p: ({ emit }, _, [x]) => emit.op("Log", [emit.op("Add", [x, emit.float(1)])]),
  detach: (_, __, [x]) => x,
  sum: ({ emit }, { attributes }, [x]) =>
    // Over no axes it would otherwise sum over all.
    emit.op("ReduceSum", [x, emit.int64s(attributes.axes)], { noop_with_empty_axes: { int: 1 } }),
  expand: ({ emit }, _, [x, like]) => emit.op("Expand", [x, emit.op("Shape", [like])]),
  matmul: ({ emit }, { attributes: { transposeA, transposeB, scale }, shape }, [a, b]) => {
    const attributes = {
      transA: { int: Number(transposeA) },
      transB: { int: Number(transposeB) },
      alpha: { float: scale },
    };
    return shape.length === 2
      ? emit.op("Gemm", [a, b], attributes)
      : emit.contributed("FusedMatMul", [a, b], attributes);
  },
  transpose: ({ emit }, { attributes }, [x]) => emit.op("Transpose", [x], { perm: { ints: attributes.permutation } }),
  reshape: (context, { shape, inputs }, [x]) =>
    context.emit.op("Reshape", [x, runTimeShape(context, shape, inputs[0]!.shape)]),
  concat: ({ emit }, _, inputs) => emit.op("Concat", inputs, lastAxis),
  slice: ({ emit }, { attributes: { axis, start, size } }, [x]) =>
    emit.op("Slice", [x, emit.int64s([start]), emit.int64s([start + size]), emit.int64s([axis])]),
  pad: ({ emit }, { attributes: { axis, before, after } }, [x]) =>
    emit.op("Pad", [x, emit.int64s([before, after]), emit.float(0), emit.int64s([axis])]),
  padRows: ({ emit, sequence }, { attributes }, [x]) => {
    const missing = emit.op("Sub", [emit.int64s([attributes.rows]), sequence()]);
    const sizes = emit.op("Concat", [emit.int64s([0]), missing], { axis: { int: 0 } });
    return emit.op("Pad", [x, sizes, emit.float(0), emit.int64s([0])]);
  },
  scatterRows: ({ emit }, { shape }, [x, indices]) => {
    // Not ScatterND: ONNX Runtime lets threads add to the same row without a lock, so that updates get lost.
    const zeros = emit.op("ConstantOfShape", [emit.int64s(shape as readonly number[])]);
    const updates = emit.op("Reshape", [x, emit.int64s([-1, shape[1] as number])]);
    const rows = emit.op("Reshape", [emit.op("Cast", [indices], int64), emit.int64s([-1, 1])]);
    const elements = emit.op("Expand", [rows, emit.op("Shape", [updates])]);
    return emit.op("ScatterElements", [zeros, elements, updates], { axis: { int: 0 }, reduction: { string: "add" } });
  },

  linear: (context, { shape, inputs }, [x, ...parameters]) => {
    const { emit } = context;
    const isFlat = shape.length === 2;
    const flat = isFlat ? x : emit.op("Reshape", [x, emit.int64s([-1, inputs[0]!.shape.at(-1) as number])]);
    const product = emit.op("Gemm", [flat, ...parameters], { transB: { int: 1 } });
    return isFlat ? product : emit.op("Reshape", [product, runTimeShape(context, shape)]);
  },
  activation: ({ emit }, { attributes }, [x]) => lowerActivation(emit, attributes.kind, x),
  activationDerivative: ({ emit }, { attributes }, [x]) => lowerActivationDerivative(emit, attributes.kind, x),
  softmax: ({ emit }, _, [x]) => emit.op("Softmax", [x], lastAxis),
  // ONNX Runtime subtracts the largest number first.
  logSumExp: ({ emit }, _, [x]) => emit.op("ReduceLogSumExp", [x, emit.int64s([-1])]),
  dropout: ({ emit }, { attributes }, [x, noise]: readonly (string | undefined)[]) => {
    // Without noise, nothing is dropped.
    if (noise === undefined) return x!;
    // In 256ths, as the noise has them; the factor is that of the rounded ratio, which keeps the mean.
    const dropped = Math.min(Math.round(attributes.ratio * 256), 255);
    const passes = emit.op("GreaterOrEqual", [noise, emit.uint8(dropped)]);
    const factor = emit.op("Mul", [emit.op("Cast", [passes], float32), emit.float(256 / (256 - dropped))]);
    return emit.op("Mul", [x!, factor]);
  },

  layerNorm: ({ emit }, { attributes }, inputs) =>
    emit.op("LayerNormalization", inputs, { ...lastAxis, epsilon: { float: attributes.epsilon } }),
  // ONNX Runtime's own, in spite of the domain.
  rmsNorm: ({ emit }, { attributes }, [x, weight]) =>
    emit.op("SimplifiedLayerNormalization", [x, weight], { ...lastAxis, epsilon: { float: attributes.epsilon } }),
  inverseRootMeanSquare: ({ emit }, { attributes }, [x]) => {
    const mean = emit.op("ReduceMean", [emit.op("Mul", [x, x]), emit.int64s([-1])]);
    const root = emit.op("Sqrt", [emit.op("Add", [mean, emit.float(attributes.epsilon)])]);
    return emit.op("Reciprocal", [root]);
  },
  standardize: ({ emit }, node, [x]) => standardized(emit, x, node)[0]!,
  inverseStandardDeviation: ({ emit }, node, [x]) => standardized(emit, x, node)[2]!,
  normalize: ({ emit }, _, [x]) => emit.op("Div", [x, norm(emit, x)]),
  norm: ({ emit }, _, [x]) => norm(emit, x),

  poolingWeights: ({ emit }, { attributes }, [mask, attentionMask]) => {
    const weights = poolingWeights(emit, attributes.mode, { mask, attentionMask });
    return emit.op("Unsqueeze", [weights, emit.int64s([1])]);
  },
  max: ({ emit }, { attributes }, [x]) => emit.op("ReduceMax", [x, emit.int64s([attributes.axis])]),
  firstMaximum: ({ emit }, { attributes }, [x]) => {
    const axis = { axis: { int: attributes.axis } };
    const index = emit.op("ArgMax", [x], { ...axis, keepdims: { int: 0 } });
    const size = emit.op("Gather", [emit.op("Shape", [x]), emit.int64s([attributes.axis])]);
    return emit.op("OneHot", [index, size, emit.floats([0, 1])], axis);
  },
};

/** Emits an operation that inference and training lower alike. @returns the name of its value */
export function lowerOperation(
  context: LoweringContext,
  node: Extract<AnyNode, { op: CommonOperation }>,
  inputs: readonly string[],
): string {
  const lower = lowerings[node.op] as Lower<typeof node.op>;
  return lower(context, node as never, inputs as [string, string, ...string[]]);
}

/** The L2 norm of each row, at least 1e-12. */
function norm(emit: OnnxEmitter, x: string): string {
  return emit.op("Max", [emit.op("ReduceL2", [x, emit.int64s([-1])]), emit.float(1e-12)]);
}

/** LayerNormalization with weight 1 and bias 0: the rows, their means, their inverse standard deviations. */
function standardized(
  emit: OnnxEmitter,
  x: string,
  { inputs, attributes }: Node<"standardize"> | Node<"inverseStandardDeviation">,
): string[] {
  const width = inputs[0]!.shape.at(-1) as number;
  return emit.once(`standardize ${x} ${attributes.epsilon}`, () => {
    const [one, zero] = [1, 0].map((value) => emit.floats(new Array(width).fill(value))) as [string, string];
    return emit.operations("LayerNormalization", [x, one, zero], 3, {
      ...lastAxis,
      epsilon: { float: attributes.epsilon },
    });
  });
}

/**
 * The sizes of a shape, as an int64 vector. One size is left to the runtime, which finds it by division; where more are
 * unknown, those that are equal on the same axis of `before` are copied.
 */
function runTimeShape(
  { emit, sequence }: LoweringContext,
  shape: readonly Dimension[],
  before: readonly Dimension[] = [],
): string {
  const unknown = shape.filter((dimension) => dimension === "batch" || dimension === "tokens");
  const numbers = shape.map((dimension, axis) => {
    if (typeof dimension === "number" || dimension === "sequence") return dimension;
    return unknown.length > 1 && before[axis] === dimension ? 0 : -1;
  });
  if (numbers.every((size) => size !== "sequence")) return emit.int64s(numbers);
  const sizes = numbers.map((size) => (size === "sequence" ? sequence() : emit.int64s([size])));
  return emit.once(`shape ${numbers}`, () => emit.op("Concat", sizes, { axis: { int: 0 } }));
}
