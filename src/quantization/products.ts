/** The matrices of a graph that can be stored as int8, and which of them share an input. */
import { type Graph, type Node, topologicalOrder } from "../graph/node.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Products that take one input, so that it is rounded once, or share weights, as all layers of an ALBERT do. */
export interface ProductGroup {
  /** Each [tokens, in] */
  readonly inputs: readonly Node[];
  readonly weights: readonly Tensor<"float32">[];
  /** The bias of each weight, if it has one. */
  readonly biases: ReadonlyMap<Tensor<"float32">, Tensor<"float32">>;
}

/** Groups of the products that are computed for each token, in the order of the graph. */
export function productGroups(graph: Graph): ProductGroup[] {
  const groups: {
    inputs: Set<Node>;
    weights: Set<Tensor<"float32">>;
    biases: Map<Tensor<"float32">, Tensor<"float32">>;
  }[] = [];
  for (const node of topologicalOrder(graph)) {
    if (node.op !== "linear" || node.shape[0] !== "tokens") continue;
    const [x, weightNode, biasNode] = node.inputs as [Node, Node, Node?];
    const weight = tensorOf(weightNode);
    if (weight === undefined) continue;
    const joined = groups.filter(({ inputs, weights }) => inputs.has(x) || weights.has(weight));
    const [group = { inputs: new Set(), weights: new Set(), biases: new Map() }, ...others] = joined;
    if (joined.length === 0) groups.push(group);
    for (const other of others) {
      for (const input of other.inputs) group.inputs.add(input);
      for (const [of, bias] of other.biases) group.biases.set(of, bias);
      for (const each of other.weights) group.weights.add(each);
      groups.splice(groups.indexOf(other), 1);
    }
    group.inputs.add(x);
    group.weights.add(weight);
    const bias = biasNode && tensorOf(biasNode);
    if (bias !== undefined) group.biases.set(weight, bias);
  }
  return groups.map(({ inputs, weights, biases }) => ({ inputs: [...inputs], weights: [...weights], biases }));
}

/** Tables that are only looked up by the ids of texts. Small ones are left out, which save nothing. */
export function lookedUpTables(graph: Graph, minRows: number): Tensor<"float32">[] {
  const tables = new Set<Tensor<"float32">>();
  const others = new Set<Tensor<"float32">>();
  for (const node of topologicalOrder(graph)) {
    for (const [at, input] of node.inputs.entries()) {
      const tensor = tensorOf(input);
      if (tensor === undefined) continue;
      const isLookup = node.op === "gather" && at === 0 && node.inputs[1]!.op === "input";
      (isLookup && tensor.shape[0]! >= minRows ? tables : others).add(tensor);
    }
  }
  return [...tables].filter((table) => !others.has(table));
}

function tensorOf(node: Node): Tensor<"float32"> | undefined {
  return node.op === "parameter" ? ((node as Node<"parameter">).attributes.tensor as Tensor<"float32">) : undefined;
}
