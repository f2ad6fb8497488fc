/**
 * Writes a graph as ONNX operators for inference: the fastest form that the CPU provider of ONNX Runtime has for each,
 * without regard to gradients. Tokens stay flattened to two dimensions, so that a bias comes free with its product.
 */
import type { Tensor } from "../tensor/tensor.ts";
import { type AttentionLimits, attentionLimits, whenShort } from "./attention-limits.ts";
import type { CompiledGraph } from "./compiled-graph.ts";
import { extractLookups } from "./extract-lookups.ts";
import { fuseQueryKeyValue } from "./fuse-query-key-value.ts";
import { lowerGraph } from "./lower.ts";
import { lowerAttention } from "./lower-attention.ts";
import { lowerLinearInt8, lowerLinearStatic, lowerQuantizeInput } from "./lower-linear-int8.ts";
import { lowerOperation } from "./lower-operations.ts";
import { lowerPooling } from "./lower-pooling.ts";
import { lowerAlibi, lowerRelativePositionBias, type Positions } from "./lower-positions.ts";
import type { Graph, Node } from "./node.ts";
import { OnnxEmitter } from "./onnx-emitter.ts";
import { quantize } from "./quantize.ts";
import { sliceWideMaximum } from "./slice-wide-maximum.ts";
import { hasStoredInt8, useStoredInt8 } from "./use-stored-int8.ts";

/**
 * Compiles a graph. Lazy weights are read here, one after the other; tables may still be on their way afterwards.
 *
 * @param dtype default: as the weights of products are stored. `int8` takes those that are stored so as they are, and
 *   makes others from the weights alone where none is.
 * @param limits lengths from which on attention takes another form
 */
export function compileForInference(
  graph: Graph,
  dtype?: "fp32" | "int8",
  limits: AttentionLimits = attentionLimits,
): Promise<CompiledGraph> {
  const fused = fuseQueryKeyValue(sliceWideMaximum(extractLookups(graph)));
  switch (arithmeticOf(graph, dtype)) {
    case "fp32":
      return lower(fused, limits);
    case "int8, stored":
      return lower(useStoredInt8(fused), limits);
    case "int8, dynamic":
      return lower(quantize(fused), limits);
  }
}

/** Arithmetic of the products of tokens: `stored` with the ranges of `hpd quantize`, `dynamic` with those of each token. */
export type Arithmetic = "fp32" | "int8, stored" | "int8, dynamic";

/** @param dtype as of `compileForInference` */
export function arithmeticOf(graph: Graph, dtype?: "fp32" | "int8"): Arithmetic {
  if (dtype === "fp32") return "fp32";
  if (hasStoredInt8(graph)) return "int8, stored";
  return dtype === "int8" ? "int8, dynamic" : "fp32";
}

function lower(graph: Graph, limits: AttentionLimits): Promise<CompiledGraph> {
  const emit = new OnnxEmitter();
  /** The position biases that can be made for some queries and keys. */
  const biases = new Map<Node, (of: Positions) => string>();
  lowerGraph(emit, graph, (context, node, inputs) => {
    const [first, second, third] = inputs as [string, string, string];
    switch (node.op) {
      case "parameter":
        // int8 weights are laid out by the operator that uses them.
        return node.dtype === "int8" ? "" : emit.weight(node.attributes.tensor);
      case "lookup":
        return emit.lookup(node.attributes.table, { ...node.inputs[0]!, name: first });
      case "quantizeInput":
        return lowerQuantizeInput(emit, node.attributes, first, second);
      case "linearInt8":
      case "linearStatic": {
        const weight = (node.inputs[1] as Node<"parameter">).attributes.tensor as Tensor<"int8">;
        const operands = { x: first, weight, scale: third, bias: inputs[3] };
        return node.op === "linearInt8"
          ? lowerLinearInt8(emit, operands, node.attributes)
          : lowerLinearStatic(emit, operands, node.attributes.zeroPoint);
      }
      case "alibi":
        biases.set(node, (of) => lowerAlibi(context, node.attributes.slopes, of));
        return whenShort(context, limits.whole, () => lowerOperation(context, node, inputs));
      case "relativePositionBias": {
        const attributes = { ...node.attributes, table: first, buckets: node.inputs[0]!.shape[0] as number };
        biases.set(node, (of) => lowerRelativePositionBias(context, attributes, of));
        return whenShort(context, limits.whole, () => lowerOperation(context, node, inputs));
      }
      case "attention":
      case "packedAttention": {
        const count = node.op === "packedAttention" ? 1 : 3;
        const bias = inputs[count + 1];
        return lowerAttention(context, {
          ...node.attributes,
          projections: inputs.slice(0, count),
          mask: inputs[count]!,
          positionBias: bias === undefined ? undefined : { whole: bias, part: biases.get(node.inputs[count + 1]!) },
          headWidth: (node.shape[1] as number) / node.attributes.heads,
          limits,
        });
      }
      case "pool":
        return lowerPooling(emit, node.attributes.mode, { tokens: first, mask: second, attentionMask: third });
      default:
        return lowerOperation(context, node, inputs);
    }
  });
  return emit.compile();
}
