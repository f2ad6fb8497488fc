/**
 * Graph to graph: `linear` in 8-bit arithmetic, made from the weights alone. Weights get one scale for each output
 * channel; activations get one for each token when it arrives, so that an embedding does not depend on what else is
 * in the batch. Only the work done for each token is quantized: operations after pooling cost next to nothing,
 * and their error would go straight into the embedding.
 */
import { elementsOf, LazyTensor } from "../tensor/lazy-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { linearInt8, parameter } from "./build.ts";
import { largestOfRow, weightLevels } from "./int8-weights.ts";
import { type Graph, type Node, rewriteGraph } from "./node.ts";

export function quantize(graph: Graph): Graph {
  // Layers that share their weights share the quantized ones.
  const known = new Map<Node, readonly [Node, Node]>();
  const quantizedOf = (weight: Node<"parameter">): readonly [Node, Node] => {
    const { name, tensor } = weight.attributes;
    const quantized = cachedForTwo(async () => quantizeRows(await elementsOf(tensor as Tensor<"float32">)));
    const weight8 = new LazyTensor("int8", tensor.shape, async () => (await quantized()).quantized);
    const scale = new LazyTensor("float32", [tensor.shape[0]!], async () => (await quantized()).scale);
    return [parameter(`${name}:int8`, weight8), parameter(`${name}:scale`, scale)];
  };
  return rewriteGraph(graph, (node) => {
    if (node.op !== "linear" || node.shape[0] !== "tokens") return node;
    const [x, weight, bias] = node.inputs as [Node, Node, Node?];
    if (weight.op !== "parameter") return node;
    const [quantized, scale] = known.get(weight) ?? quantizedOf(weight as Node<"parameter">);
    known.set(weight, [quantized, scale]);
    return linearInt8(x, quantized, scale, bias);
  });
}

/** Caches a value for two reads, then drops it. */
function cachedForTwo<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let kept: Promise<Value> | undefined;
  return () => {
    const value = kept ?? make();
    kept = kept === undefined ? value : undefined;
    return value;
  };
}

/** weight [out, in] ~ quantized [out, in] int8 x scale [out]. */
function quantizeRows({ shape, data }: Tensor<"float32">): { quantized: Tensor<"int8">; scale: Tensor<"float32"> } {
  const [rows, columns] = shape as [number, number];
  const quantized = new Int8Array(data.length);
  const scale = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const largest = largestOfRow(data, start, columns);
    // A row of zeros has any scale; 1 avoids dividing by zero.
    const unit = largest === 0 ? 1 : largest / weightLevels;
    // Math.round takes three times as long.
    for (let index = start; index < start + columns; index++) quantized[index] = Math.floor(data[index]! / unit + 0.5);
    scale[row] = unit;
  }
  return {
    quantized: { dtype: "int8", shape, data: quantized },
    scale: { dtype: "float32", shape: [rows], data: scale },
  };
}
