/**
 * Graph to graph: query, key and value, three `linear`s of the same input, become one with their weights side by
 * side, because one large matrix product is faster than three small ones. For inference only: the parameters are
 * merged and no longer carry the checkpoint's names.
 */
import type { DTypeArray } from "../tensor/dtype.ts";
import { elementsOf, LazyTensor } from "../tensor/lazy-tensor.ts";
import { QuantizedTensor, sameRange } from "../tensor/quantized-tensor.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import { linear, parameter } from "./build.ts";
import { packedAttention } from "./build-attention.ts";
import { type Graph, type Node, rewriteGraph } from "./node.ts";

export function fuseQueryKeyValue(graph: Graph): Graph {
  // Layers that share their weights share the merged ones.
  const merged = new Map<Node, { weight: Node; bias: Node | undefined }>();
  return rewriteGraph(graph, (node) => {
    if (node.op !== "attention") return node;
    const [query, key, value, mask, positionBias] = node.inputs as [Node, Node, Node, Node, Node?];
    const projections = [query, key, value];
    const [x] = query.inputs;
    const fusable = projections.every(
      (projection) =>
        projection.op === "linear" &&
        projection.inputs[0] === x &&
        projection.inputs.length === query.inputs.length &&
        projection.inputs.slice(1).every((weight) => weight.op === "parameter"),
    );
    if (!fusable || x === undefined || !areStoredAlike(projections.map(({ inputs }) => inputs[1]!))) return node;
    const part = (at: number) => stack(projections.map((projection) => projection.inputs[at] as Node<"parameter">));
    const known = merged.get(query.inputs[1]!);
    const { weight, bias } = known ?? { weight: part(1), bias: query.inputs.length === 3 ? part(2) : undefined };
    merged.set(query.inputs[1]!, { weight, bias });
    return packedAttention(linear(x, weight, bias), mask, node.attributes, positionBias);
  });
}

/** Whether weights are all floats, or all int8 with one range of their input. */
function areStoredAlike(weights: readonly Node[]): boolean {
  const [first, ...others] = weights.map((weight) => (weight as Node<"parameter">).attributes.tensor);
  return others.every((other) =>
    first instanceof QuantizedTensor
      ? other instanceof QuantizedTensor && sameRange(first.input, other.input)
      : !(other instanceof QuantizedTensor),
  );
}

/** Float32 parameters one after the other along their first axis. */
function stack(parts: readonly Node<"parameter">[]): Node {
  const tensors = parts.map((part) => part.attributes.tensor as Tensor<"float32">);
  const name = parts.map((part) => part.attributes.name).join("+");
  const quantized = tensors.filter((tensor) => tensor instanceof QuantizedTensor);
  if (quantized.length === 0) return parameter(name, stackedTensors(tensors, Float32Array));
  const values = stackedTensors(
    quantized.map((tensor) => tensor.values),
    Int8Array,
  );
  const scale = Float32Array.from(quantized.flatMap((tensor) => [...tensor.scale]));
  return parameter(name, new QuantizedTensor(values, scale, quantized[0]!.input));
}

function stackedTensors<D extends "float32" | "int8">(
  tensors: readonly Tensor<D>[],
  ArrayOf: {
    new (length: number): DTypeArray[D];
    new (buffer: ArrayBufferLike, offset: number, length: number): DTypeArray[D];
  },
): LazyTensor<D> {
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0);
  const shape = [rows, ...tensors[0]!.shape.slice(1)];
  const { dtype } = tensors[0]!;
  const read = async (into?: Uint8Array): Promise<Tensor> => {
    const count = elementCount(shape);
    const data = into === undefined ? new ArrayOf(count) : new ArrayOf(into.buffer, into.byteOffset, count);
    let offset = 0;
    for (const tensor of tensors) {
      const end = offset + elementCount(tensor.shape);
      const place = data.subarray(offset, end);
      const part = await elementsOf(tensor, new Uint8Array(place.buffer, place.byteOffset, place.byteLength));
      if (part.data.buffer !== data.buffer) place.set(part.data);
      offset = end;
    }
    return { dtype, shape, data } as Tensor;
  };
  return new LazyTensor(dtype, shape, read);
}
