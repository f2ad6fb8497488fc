/**
 * Graph to graph: a gather from a table of the checkpoint by an input's ids becomes an input itself, which the runtime
 * fills before a run. No gradient reaches the table.
 */
import type { Tensor } from "../tensor/tensor.ts";
import { lookup } from "./build.ts";
import { type Graph, type Node, rewriteGraph } from "./node.ts";

export function extractLookups(graph: Graph): Graph {
  return rewriteGraph(graph, (node) => {
    if (node.op !== "gather") return node;
    const [table, ids] = node.inputs as [Node, Node];
    if (table.op !== "parameter" || ids.op !== "input") return node;
    const { name, tensor } = (table as Node<"parameter">).attributes;
    return lookup(name, tensor as Tensor<"float32">, ids);
  });
}
