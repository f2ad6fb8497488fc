/**
 * Writes a graph as ONNX operators for inference: the fastest form that the CPU provider of ONNX Runtime has for each,
 * without regard to gradients. Tokens stay flattened to two dimensions, so that a bias comes free with its product.
 */
import type { Tensor } from "../tensor/tensor.ts";
import { extractLookups } from "./extract-lookups.ts";
import { fuseQueryKeyValue } from "./fuse-query-key-value.ts";
import { lowerGraph } from "./lower.ts";
import { lowerAttention } from "./lower-attention.ts";
import { lowerLinearInt8 } from "./lower-linear-int8.ts";
import { lowerOperation } from "./lower-operations.ts";
import { lowerPooling } from "./lower-pooling.ts";
import type { Graph, Node } from "./node.ts";
import { type CompiledGraph, OnnxEmitter } from "./onnx-emitter.ts";
import { quantize } from "./quantize.ts";

/** Compiles a graph. Lazy weights are read here, one after the other. */
export function compileForInference(graph: Graph, dtype: "fp32" | "int8"): Promise<CompiledGraph> {
  const fused = fuseQueryKeyValue(extractLookups(graph));
  return lower(dtype === "int8" ? quantize(fused) : fused);
}

function lower(graph: Graph): Promise<CompiledGraph> {
  const emit = new OnnxEmitter();
  lowerGraph(emit, graph, (context, node, inputs) => {
    const [first, second, third] = inputs as [string, string, string];
    switch (node.op) {
      case "parameter":
        // int8 weights are laid out by the operator that uses them.
        return node.dtype === "int8" ? "" : emit.weight(node.attributes.tensor);
      case "lookup":
        return emit.lookup(node.attributes.table, { ...node.inputs[0]!, name: first });
      case "linearInt8":
        return lowerLinearInt8(emit, {
          x: first,
          weight: (node.inputs[1] as Node<"parameter">).attributes.tensor as Tensor<"int8">,
          scale: third,
          bias: inputs[3],
        });
      case "attention":
      case "packedAttention": {
        const isPacked = node.op === "packedAttention";
        const count = isPacked ? 1 : 3;
        return lowerAttention(context, {
          ...node.attributes,
          projections: inputs.slice(0, count),
          mask: inputs[count]!,
          positionBias: inputs[count + 1],
          headWidth: (node.shape[1] as number) / node.attributes.heads,
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
