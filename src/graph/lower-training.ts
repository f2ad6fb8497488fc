/**
 * Writes a graph as ONNX operators for training: parameters are inputs, so that they can change between runs, and what
 * backward needs of forward is computed once.
 */
import { HpdError } from "../errors.ts";
import { type LowerNode, lowerGraph } from "./lower.ts";
import { gaussianDistribution } from "./lower-activation.ts";
import { lowerOperation } from "./lower-operations.ts";
import type { Graph, Node } from "./node.ts";
import { OnnxEmitter } from "./onnx-emitter.ts";

/**
 * The ONNX model of a decomposed graph. Its inputs are the graph's own, and `name(node)` for parameters and lookups.
 *
 * @param name of the input that takes a parameter's values, or a lookup's rows
 * @param sums outputs to which the values of an input are added; the input may share the output's memory, and one
 *   element an axis is broadcast
 */
export function compileForTraining(
  graph: Graph,
  name: (node: Node<"parameter"> | Node<"lookup">) => string,
  sums: { readonly outputs: readonly string[]; input(output: string): string } = { outputs: [], input: String },
): Uint8Array {
  const emit = new OnnxEmitter();
  const lowerNode: LowerNode = (context, node, inputs) => {
    switch (node.op) {
      case "parameter":
      case "lookup":
        return emit.input({ name: name(node), dtype: node.dtype, shape: node.shape });
      case "activation": {
        if (node.attributes.kind !== "gelu") return lowerOperation(context, node, inputs);
        // Its derivative takes the distribution as well: ONNX Runtime computes the two equal parts once.
        const [x] = inputs as [string];
        return emit.op("Mul", [x, gaussianDistribution(emit, x)]);
      }
      case "linearInt8":
      case "quantizeInput":
      case "linearStatic":
      case "attention":
      case "packedAttention":
      case "pool":
        throw new HpdError("unsupported", `${node.op} is not for training: decompose the graph first`);
      default:
        return lowerOperation(context, node, inputs);
    }
  };
  const isSum = new Set(sums.outputs);
  lowerGraph(emit, graph, lowerNode, (output, { dtype, shape }, value) => {
    if (!isSum.has(output)) return value;
    const before = sums.input(output);
    return emit.op("Add", [
      value,
      emit.input({ name: before, dtype, shape: shape.map((_, axis) => `${before} ${axis}`) }),
    ]);
  });
  return emit.model();
}
