/**
 * Writes a graph as ONNX operators for inference: the fastest form that the CPU provider of ONNX Runtime has for each,
 * without regard to gradients. Tokens stay flattened to two dimensions, so that a bias comes free with its product.
 */
import type { Tensor } from "../tensor/tensor.ts";
import { fuseQueryKeyValue } from "./fuse-query-key-value.ts";
import { lookUpOutside } from "./look-up-outside.ts";
import { lowerActivation } from "./lower-activation.ts";
import { lowerAttention } from "./lower-attention.ts";
import { lowerLinearInt8 } from "./lower-linear-int8.ts";
import { lowerPooling } from "./lower-pooling.ts";
import { type AnyNode, type Dimension, type Graph, type Node, topologicalOrder } from "./node.ts";
import { type CompiledGraph, OnnxEmitter } from "./onnx-emitter.ts";
import { quantize } from "./quantize.ts";
import { relativePositionBuckets } from "./relative-position.ts";

export function compileForInference(graph: Graph, precision: "fp32" | "int8"): CompiledGraph {
  const fused = fuseQueryKeyValue(lookUpOutside(graph));
  return lower(precision === "int8" ? quantize(fused) : fused);
}

function lower(graph: Graph): CompiledGraph {
  const emit = new OnnxEmitter();
  const names = new Map<Node, string>();
  const nodes = topologicalOrder(graph);
  const sequence = (): string => {
    const ids = nodes.find((node) => node.op === "input" && node.shape[1] === "sequence")!;
    return emit.once("sequence", () => emit.op("Gather", [emit.op("Shape", [names.get(ids)!]), emit.int64s([1])]));
  };
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => names.get(input)!);
    names.set(node, lowerNode(emit, node, inputs, sequence));
  }
  for (const [name, node] of Object.entries(graph)) {
    emit.output({ name, dtype: node.dtype, shape: node.shape }, names.get(node)!);
  }
  return emit.compile();
}

function lowerNode(emit: OnnxEmitter, node: AnyNode, inputs: readonly string[], sequence: () => string): string {
  const [first, second, third, fourth] = inputs as [string, string, string, string];
  switch (node.op) {
    case "input":
      return emit.input({ name: node.attributes.name, dtype: node.dtype, shape: node.shape });
    case "parameter":
      // int8 weights are laid out by the operator that uses them.
      return node.dtype === "int8" ? "" : emit.weight(node.attributes.tensor);
    case "gather":
      return emit.op("Gather", [first, second]);
    case "lookup":
      return emit.lookup(node.attributes.table, { ...node.inputs[0]!, name: first });
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
    case "relativePositionBias": {
      const { maxPositions } = node.attributes;
      const end = emit.op("Cast", [emit.op("Squeeze", [sequence()])], { to: { int: 6 } });
      const positions = emit.op("Range", [emit.int32(0), end, emit.int32(1)]);
      const queries = emit.op("Unsqueeze", [positions, emit.int64s([1])]);
      const distance = emit.op("Add", [emit.op("Sub", [positions, queries]), emit.int32(maxPositions - 1)]);
      const buckets = emit.int32s(relativePositionBuckets(maxPositions, node.inputs[0]!.shape[0] as number));
      const bias = emit.op("Gather", [first, emit.op("Gather", [buckets, distance])]);
      return emit.op("Unsqueeze", [emit.op("Transpose", [bias], { perm: { ints: [2, 0, 1] } }), emit.int64s([0])]);
    }
    case "add":
      return emit.op("Add", [first, second]);
    case "linear":
      return lowerLinear(emit, node, inputs, sequence);
    case "linearInt8":
      return lowerLinearInt8(emit, {
        x: first,
        weight: (node.inputs[1] as Node<"parameter">).attributes.tensor as Tensor<"int8">,
        scale: third,
        bias: inputs[3],
      });
    case "layerNorm":
      return emit.op("LayerNormalization", [first, second, third], {
        axis: { int: -1 },
        epsilon: { float: node.attributes.epsilon },
      });
    case "activation":
      return lowerActivation(emit, node.attributes.kind, first);
    case "attention":
    case "packedAttention": {
      const { heads } = node.attributes;
      const isPacked = node.op === "packedAttention";
      return lowerAttention(emit, {
        packed: isPacked ? first : emit.op("Concat", [first, second, third], { axis: { int: 1 } }),
        mask: isPacked ? second : fourth,
        positionBias: inputs[isPacked ? 2 : 4],
        heads,
        headWidth: (node.shape[1] as number) / heads,
        sequence: sequence(),
      });
    }
    case "reshape":
      return emit.op("Reshape", [first, runTimeShape(emit, node.shape, sequence)]);
    case "pool":
      return lowerPooling(emit, node.attributes.mode, { tokens: first, mask: second, attentionMask: third });
    case "concat":
      return emit.op("Concat", inputs, { axis: { int: -1 } });
    case "normalize": {
      const length = emit.op("Max", [emit.op("ReduceL2", [first, emit.int64s([-1])]), emit.float(1e-12)]);
      return emit.op("Div", [first, length]);
    }
  }
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

/** The sizes of a shape, as an int64 vector. At most one size is left to the runtime, which finds it by division. */
function runTimeShape(emit: OnnxEmitter, shape: readonly Dimension[], sequence: () => string): string {
  const sizes = shape.map((dimension) =>
    dimension === "sequence" ? sequence() : emit.int64s([typeof dimension === "number" ? dimension : -1]),
  );
  return emit.once(`shape ${shape}`, () => emit.op("Concat", sizes, { axis: { int: 0 } }));
}
