/**
 * Graph to graph: products with weights that are stored as int8 (`hpd quantize`) become products of 8-bit numbers. The
 * ranges of their inputs are part of the model, or those of each token follow from its own largest number, so an embedding
 * does not depend on its batch mates. Products whose weights are stored as floats stay as they are.
 */
import { LazyTensor } from "../tensor/lazy-tensor.ts";
import { type InputRange, QuantizedTensor, sameRange } from "../tensor/quantized-tensor.ts";
import { linearInt8, linearStatic, multiply, parameter, quantizeInput } from "./build.ts";
import { type Graph, type Node, rewriteGraph, topologicalOrder } from "./node.ts";

/** Whether any product of the graph has weights that are stored as int8. */
export function hasStoredInt8(graph: Graph): boolean {
  return topologicalOrder(graph).some((node) => storedWeight(node)?.input !== undefined);
}

export function useStoredInt8(graph: Graph): Graph {
  const weights = new Map<Node, readonly [Node, Node]>();
  const inputs = new Map<Node, { readonly range: InputRange; readonly node: Node }[]>();
  /** Products that share their input and its range share its rounding, or the factors before it. */
  const rounded = (x: Node, range: InputRange): Node => {
    const known = inputs.get(x) ?? [];
    inputs.set(x, known);
    const same = known.find((other) => sameRange(other.range, range));
    if (same !== undefined) return same.node;
    const node = range.leastUnit === undefined ? roundedInput(x, range) : scaledInput(x, range);
    known.push({ range, node });
    return node;
  };
  return rewriteGraph(graph, (node) => {
    const stored = storedWeight(node);
    if (stored?.input === undefined) return node;
    const [x, weight, bias] = node.inputs as [Node, Node<"parameter">, Node?];
    const { values, scale, input } = stored;
    const { name } = weight.attributes;
    const made = weights.get(weight) ?? [
      parameter(`${name}:int8`, values),
      parameter(`${name}:scale`, { dtype: "float32", shape: [scale.length], data: scale }),
    ];
    weights.set(weight, made);
    const { zeroPoint, leastUnit } = input;
    const operand = rounded(x, input);
    if (leastUnit === undefined) return linearStatic(operand, made[0], made[1], zeroPoint, bias);
    return linearInt8(operand, made[0], made[1], bias, { zeroPoint, leastUnit });
  });
}

/** The stored weight of a product that is computed for each token. */
function storedWeight(node: Node): QuantizedTensor | undefined {
  if (node.op !== "linear" || node.shape[0] !== "tokens") return undefined;
  const weight = node.inputs[1] as Node<"parameter">;
  if (weight.op !== "parameter") return undefined;
  const { tensor } = weight.attributes;
  return tensor instanceof QuantizedTensor ? tensor : undefined;
}

function roundedInput(x: Node, { scale, zeroPoint }: InputRange): Node {
  if (scale.length === 1) return quantizeInput(x, { scale: scale[0]!, zeroPoint });
  return quantizeInput(x, { scale: 1, zeroPoint }, factors(scale));
}

function scaledInput(x: Node, { scale }: InputRange): Node {
  return scale.every((unit) => unit === 1) ? x : multiply(x, factors(scale));
}

function factors(scale: Float32Array): Node {
  const inverse = new LazyTensor("float32", [scale.length], async () => ({
    dtype: "float32",
    shape: [scale.length],
    data: scale.map((unit) => 1 / unit),
  }));
  return parameter("input factors", inverse);
}
