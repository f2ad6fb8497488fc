/** Graph to graph: common subexpression elimination, equal operations on equal inputs become one node. */
import { type AnyNode, type Graph, type Node, rewriteGraph } from "./node.ts";

/** Merges equal nodes: lower layers that were built twice are computed once, with the same dropout noise. */
export function shareNodes(graph: Graph): Graph {
  const numbers = new Map<object, number>();
  const numberOf = (value: object): number => {
    const known = numbers.get(value) ?? numbers.size;
    numbers.set(value, known);
    return known;
  };
  const attributesOf = (node: AnyNode): string =>
    JSON.stringify(node.attributes, (_, value) => {
      // Weights are compared by identity, not by their elements.
      if (typeof value === "object" && value !== null && "dtype" in value) return numberOf(value);
      return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
    });
  const known = new Map<string, Node>();
  return rewriteGraph(graph, (node) => {
    const key = [node.op, node.dtype, node.shape, attributesOf(node), node.inputs.map(numberOf)].join("|");
    const same = known.get(key) ?? node;
    known.set(key, same);
    return same;
  });
}
