/**
 * Graph to graph: query, key and value, three `linear`s of the same input, become one with their weights side by
 * side, because one large matrix product is faster than three small ones. For inference only: the parameters are
 * merged and no longer carry the checkpoint's names.
 */
import { bytesPerElement, dtypeArray } from "../tensor/dtype.ts";
import { compactForm, elementsOf, LazyTensor } from "../tensor/lazy-tensor.ts";
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
  if (quantized.length === 0) return parameter(name, stackedTensors(tensors));
  const values = stackedTensors(quantized.map((tensor) => tensor.values));
  const scale = Float32Array.from(quantized.flatMap((tensor) => [...tensor.scale]));
  return parameter(name, new QuantizedTensor(values, scale, quantized[0]!.input));
}

/** Tensors one after the other along their first axis; in half precision where all are stored in the same. */
function stackedTensors<D extends "float32" | "int8">(tensors: readonly Tensor<D>[]): LazyTensor<D> {
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0);
  const shape = [rows, ...tensors[0]!.shape.slice(1)];
  const { dtype } = tensors[0]!;
  const forms = tensors.map(compactForm);
  const areAlike = forms.every((form) => form.dtype === forms[0]!.dtype);
  const storedAs = areAlike ? forms[0]!.dtype : dtype;
  const width = bytesPerElement(storedAs);
  const read = async (into?: Uint8Array): Promise<Tensor> => {
    const bytes = into ?? new Uint8Array(elementCount(shape) * width);
    let offset = 0;
    for (const [index, tensor] of tensors.entries()) {
      const place = bytes.subarray(offset, offset + elementCount(tensor.shape) * width);
      const { data } = await (areAlike ? forms[index]!.read(place) : elementsOf(tensor, place));
      if (data.buffer !== bytes.buffer) place.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      offset += place.length;
    }
    const data = new dtypeArray[storedAs](bytes.buffer as ArrayBuffer, bytes.byteOffset, elementCount(shape));
    return { dtype: storedAs, shape, data } as Tensor;
  };
  return new LazyTensor(dtype, shape, read, storedAs);
}
