/**
 * Writes a graph as ONNX operators, one operation after the other. What a lowering does in its own way it passes in;
 * the rest is here.
 */
import { lowerActivation } from "./lower-activation.ts";
import { lowerActivationDerivative } from "./lower-activation-derivative.ts";
import { lowerAtDistances, lowerRelativeScores, lowerSumAtDistances } from "./lower-distances.ts";
import { poolingWeights } from "./lower-pooling.ts";
import { lowerAlibi, lowerPositionMask, lowerRelativePositions, lowerRotary } from "./lower-positions.ts";
import { type AnyNode, type Dimension, type Graph, type Node, topologicalOrder } from "./node.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

/** What an operation becomes: the name of its value. */
export type LowerNode = (node: AnyNode, inputs: readonly string[], sequence: () => string) => string;

/**
 * Emits what the outputs of the graph need, and names the outputs.
 *
 * @param finish what is given out instead of a value
 */
export function lowerGraph(
  emit: OnnxEmitter,
  graph: Graph,
  lowerNode: LowerNode,
  finish: (output: string, node: Node, value: string) => string = (_, __, value) => value,
): void {
  const names = new Map<Node, string>();
  const nodes = topologicalOrder(graph);
  const withSequence = nodes.find((node) => node.op === "input" && node.shape.includes("sequence"))!;
  const sequence = (): string =>
    emit.once("sequence", () => {
      const shape = emit.op("Shape", [names.get(withSequence)!]);
      return emit.op("Gather", [shape, emit.int64s([withSequence.shape.indexOf("sequence")])]);
    });
  // Inputs first: any operation may ask for the length of a sequence.
  for (const node of nodes.toSorted((a, b) => Number(b.op === "input") - Number(a.op === "input"))) {
    const inputs = node.inputs.map((input) => names.get(input)!);
    names.set(node, lowerNode(node, inputs, sequence));
  }
  for (const [name, node] of Object.entries(graph)) {
    emit.output({ name, dtype: node.dtype, shape: node.shape }, finish(name, node, names.get(node)!));
  }
}

/** Operations that only some lowerings know: what they do with weights, and what is fused. */
type Special = "parameter" | "lookup" | "linearInt8" | "attention" | "packedAttention" | "pool";

export function lowerOperation(
  emit: OnnxEmitter,
  node: Exclude<AnyNode, { op: Special }>,
  inputs: readonly string[],
  sequence: () => string,
): string {
  const [first, second] = inputs as [string, string];
  switch (node.op) {
    case "input":
      return emit.input({ name: node.attributes.name, dtype: node.dtype, shape: node.shape });
    case "gather":
      return emit.op("Gather", [first, second]);
    case "firstRows":
      return emit.op("Slice", [first, emit.int64s([0]), sequence(), emit.int64s([0])]);
    case "row":
      return emit.op("Gather", [first, emit.int64(node.attributes.index)]);
    case "positionIds": {
      const padding = emit.int32(node.attributes.padding);
      const isToken = emit.op("Cast", [emit.op("Not", [emit.op("Equal", [first, padding])])], { to: { int: 6 } });
      const counted = emit.op("Mul", [emit.op("CumSum", [isToken, emit.int64(1)]), isToken]);
      return emit.op("Add", [counted, padding]);
    }
    case "relativePositionBuckets":
      return lowerRelativePositions(emit, node.attributes, sequence);
    case "relativePositionBias": {
      const buckets = node.inputs[0]!.shape[0] as number;
      const indices = lowerRelativePositions(emit, { ...node.attributes, buckets }, sequence);
      const bias = emit.op("Gather", [first, indices]);
      return emit.op("Unsqueeze", [emit.op("Transpose", [bias], { perm: { ints: [2, 0, 1] } }), emit.int64s([0])]);
    }
    case "relativeScores": {
      const { heads } = node.attributes;
      const headWidth = (node.inputs[0]!.shape[1] as number) / heads;
      return lowerRelativeScores(emit, { ...node.attributes, x: first, table: second, headWidth, sequence });
    }
    case "atDistances":
      return lowerAtDistances(emit, first, node.attributes, node.shape, sequence);
    case "sumAtDistances":
      return lowerSumAtDistances(emit, first, node.attributes, node.shape, sequence);
    case "alibi":
      return lowerAlibi(emit, node.attributes.slopes, sequence);
    case "positionMask":
      return lowerPositionMask(emit, node.attributes, sequence);
    case "rotary":
      return lowerRotary(emit, { ...node.attributes, x: first, width: node.shape[1] as number, sequence });
    case "add":
      return emit.op("Add", [first, second]);
    case "linear":
      return lowerLinear(emit, node, inputs, sequence);
    case "layerNorm":
      return emit.op("LayerNormalization", inputs, { axis: { int: -1 }, epsilon: { float: node.attributes.epsilon } });
    case "rmsNorm":
      // ONNX Runtime's own, in spite of the domain.
      return emit.op("SimplifiedLayerNormalization", [first, second], {
        axis: { int: -1 },
        epsilon: { float: node.attributes.epsilon },
      });
    case "inverseRootMeanSquare": {
      const mean = emit.op("ReduceMean", [emit.op("Mul", [first, first]), emit.int64s([-1])]);
      const root = emit.op("Sqrt", [emit.op("Add", [mean, emit.float(node.attributes.epsilon)])]);
      return emit.op("Reciprocal", [root]);
    }
    case "activation":
      return lowerActivation(emit, node.attributes.kind, first);
    case "reshape":
      return emit.op("Reshape", [first, runTimeShape(emit, node.shape, sequence, node.inputs[0]!.shape)]);
    case "concat":
      return emit.op("Concat", inputs, { axis: { int: -1 } });
    case "normalize": {
      const length = emit.op("Max", [emit.op("ReduceL2", [first, emit.int64s([-1])]), emit.float(1e-12)]);
      return emit.op("Div", [first, length]);
    }
    case "constant":
      return emit.float(node.attributes.value);
    case "subtract":
      return emit.op("Sub", [first, second]);
    case "multiply":
      return emit.op("Mul", [first, second]);
    case "divide":
      return emit.op("Div", [first, second]);
    case "greater":
      return emit.op("Cast", [emit.op("Greater", [first, second])], { to: { int: 1 } });
    case "squareRoot":
      return emit.op("Sqrt", [emit.op("Relu", [first])]);
    case "detach":
      return first;
    case "sum":
      // Over no axes it would otherwise sum over all.
      return emit.op("ReduceSum", [first, emit.int64s(node.attributes.axes)], { noop_with_empty_axes: { int: 1 } });
    case "expand":
      return emit.op("Expand", [first, emit.op("Shape", [second])]);
    case "matmul": {
      const { transposeA, transposeB, scale } = node.attributes;
      const attributes = {
        transA: { int: Number(transposeA) },
        transB: { int: Number(transposeB) },
        alpha: { float: scale },
      };
      if (node.shape.length === 2) return emit.op("Gemm", [first, second], attributes);
      return emit.contributed("FusedMatMul", [first, second], attributes);
    }
    case "transpose":
      return emit.op("Transpose", [first], { perm: { ints: node.attributes.permutation } });
    case "softmax":
      return emit.op("Softmax", [first], { axis: { int: -1 } });
    case "logSumExp":
      // Of x less its largest number, as ONNX Runtime computes it.
      return emit.op("ReduceLogSumExp", [first, emit.int64s([-1])]);
    case "standardize":
      return standardized(emit, first, node)[0]!;
    case "inverseDeviation":
      return standardized(emit, first, node)[2]!;
    case "activationDerivative":
      return lowerActivationDerivative(emit, node.attributes.kind, first);
    case "dropout": {
      // Without noise, nothing is dropped.
      if (second === undefined) return first;
      // Of the 256 values of the noise; the factor is that of the ratio rounded so, which keeps the mean.
      const dropped = Math.min(Math.round(node.attributes.ratio * 256), 255);
      const passes = emit.op("GreaterOrEqual", [second, emit.uint8(dropped)]);
      const factor = emit.op("Mul", [emit.op("Cast", [passes], { to: { int: 1 } }), emit.float(256 / (256 - dropped))]);
      return emit.op("Mul", [first, factor]);
    }
    case "poolingWeights": {
      const weights = poolingWeights(emit, node.attributes.mode, { mask: first, attentionMask: second });
      return emit.op("Unsqueeze", [weights, emit.int64s([1])]);
    }
    case "max":
      return emit.op("ReduceMax", [first, emit.int64s([node.attributes.axis])]);
    case "firstMaximum": {
      const axis = { axis: { int: node.attributes.axis } };
      const index = emit.op("ArgMax", [first], { ...axis, keepdims: { int: 0 } });
      const size = emit.op("Gather", [emit.op("Shape", [first]), emit.int64s([node.attributes.axis])]);
      return emit.op("OneHot", [index, size, emit.floats([0, 1])], axis);
    }
    case "slice": {
      const { axis, start, size } = node.attributes;
      return emit.op("Slice", [first, emit.int64s([start]), emit.int64s([start + size]), emit.int64s([axis])]);
    }
    case "pad": {
      const { axis, before, after } = node.attributes;
      return emit.op("Pad", [first, emit.int64s([before, after]), emit.float(0), emit.int64s([axis])]);
    }
    case "padRows": {
      const missing = emit.op("Sub", [emit.int64s([node.attributes.rows]), sequence()]);
      const sizes = emit.op("Concat", [emit.int64s([0]), missing], { axis: { int: 0 } });
      return emit.op("Pad", [first, sizes, emit.float(0), emit.int64s([0])]);
    }
    case "scatterRows": {
      // Not ScatterND: ONNX Runtime lets threads add to the same row without a lock, so that updates get lost.
      const zeros = emit.op("ConstantOfShape", [emit.int64s(node.shape as readonly number[])]);
      const updates = emit.op("Reshape", [first, emit.int64s([-1, node.shape[1] as number])]);
      const rows = emit.op("Reshape", [emit.op("Cast", [second], { to: { int: 7 } }), emit.int64s([-1, 1])]);
      const elements = emit.op("Expand", [rows, emit.op("Shape", [updates])]);
      return emit.op("ScatterElements", [zeros, elements, updates], { axis: { int: 0 }, reduction: { string: "add" } });
    }
    case "length":
      return emit.op("Max", [emit.op("ReduceL2", [first, emit.int64s([-1])]), emit.float(1e-12)]);
  }
}

/** LayerNormalization with gain 1 and bias 0: the rows, their means, their inverse deviations. */
function standardized(
  emit: OnnxEmitter,
  x: string,
  { inputs, attributes }: Node<"standardize"> | Node<"inverseDeviation">,
): string[] {
  const width = inputs[0]!.shape.at(-1) as number;
  return emit.once(`standardize ${x} ${attributes.epsilon}`, () => {
    const [one, zero] = [1, 0].map((value) => emit.floats(new Array(width).fill(value))) as [string, string];
    return emit.operations("LayerNormalization", [x, one, zero], 3, {
      axis: { int: -1 },
      epsilon: { float: attributes.epsilon },
    });
  });
}

function lowerLinear(
  emit: OnnxEmitter,
  node: Node<"linear">,
  inputs: readonly string[],
  sequence: () => string,
): string {
  const [x, ...parameters] = inputs as [string, ...string[]];
  const isFlat = node.shape.length === 2;
  const flat = isFlat ? x : emit.op("Reshape", [x, emit.int64s([-1, node.inputs[0]!.shape.at(-1) as number])]);
  const product = emit.op("Gemm", [flat, ...parameters], { transB: { int: 1 } });
  return isFlat ? product : emit.op("Reshape", [product, runTimeShape(emit, node.shape, sequence)]);
}

/**
 * The sizes of a shape, as an int64 vector. One size is left to the runtime, which finds it by division; where more are
 * unknown, those that stay where they are are copied.
 */
function runTimeShape(
  emit: OnnxEmitter,
  shape: readonly Dimension[],
  sequence: () => string,
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
