/** Adapters in a graph, and merged into the weights. */
import { add, constant, linear, multiply, parameter } from "../../graph/build.ts";
import { dropout } from "../../graph/build-differentiable.ts";
import { type Graph, type Node, rewriteGraph } from "../../graph/node.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Adapter } from "./adapter.ts";

/** Adds adapters to the linear layers of a graph. @param drops whether their dropout applies, as in training */
export function addAdapters(graph: Graph, adapters: readonly Adapter[], drops: boolean): Graph {
  if (adapters.length === 0) return graph;
  // One pair of nodes for each weight, even if it is used twice.
  const nodes = new Map(
    adapters.map(({ weight, inner, outer, ...rest }) => [
      weight,
      { inner: parameter(inner.name, inner.tensor), outer: parameter(outer.name, outer.tensor), ...rest },
    ]),
  );
  return rewriteGraph(graph, (node) => {
    if (node.op !== "linear") return node;
    const [x, weight] = node.inputs as [Node, Node];
    const own = weight.op === "parameter" ? nodes.get((weight as Node<"parameter">).attributes.name) : undefined;
    if (own === undefined) return node;
    const input = drops && own.dropout > 0 ? dropout(x, own.dropout) : x;
    return add(node, multiply(linear(linear(input, own.inner), own.outer), constant(own.scale)));
  });
}

/** The parameters with adapters merged into their weights: W + scale * outer inner. */
export function mergeAdapters(
  parameters: ReadonlyMap<string, Tensor<"float32">>,
  adapters: readonly Adapter[],
): ReadonlyMap<string, Tensor<"float32">> {
  const merged = new Map(parameters);
  for (const { weight, inner, outer, scale } of adapters) {
    const base = parameters.get(weight)!;
    const [a, b] = [parameters.get(inner.name)!, parameters.get(outer.name)!];
    merged.set(weight, { ...base, data: withProduct(base.data, b, a, scale) });
    for (const { name } of [inner, outer]) merged.delete(name);
  }
  return merged;
}

function withProduct(base: Float32Array, { data: b, shape }: Tensor, a: Tensor, scale: number): Float32Array {
  const [outputs, rank] = shape as [number, number];
  const inputs = a.shape[1]!;
  const merged = base.slice();
  // In float64, so that each number is rounded once.
  const row = new Float64Array(inputs);
  for (let output = 0; output < outputs; output++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * (b as Float32Array)[output * rank + k]!;
      for (let input = 0; input < inputs; input++)
        row[input]! += factor * (a.data as Float32Array)[k * inputs + input]!;
    }
    for (let input = 0; input < inputs; input++) merged[output * inputs + input]! += row[input]!;
  }
  return merged;
}
