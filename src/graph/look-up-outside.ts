/**
 * Graph to graph: rows of the checkpoint's tables that an input asks for become inputs themselves, which the runtime
 * makes before a run. For inference only: no gradient reaches the table.
 */
import type { Tensor } from "../tensor/tensor.ts";
import { lookup } from "./build.ts";
import { type Graph, type Node, rewriteGraph } from "./node.ts";

export function lookUpOutside(graph: Graph): Graph {
  return rewriteGraph(graph, (node) => {
    if (node.op !== "gather") return node;
    const [table, ids] = node.inputs as [Node, Node];
    if (table.op !== "parameter" || ids.op !== "input") return node;
    const { name, tensor } = (table as Node<"parameter">).attributes;
    return lookup(name, tensor as Tensor<"float32">, ids);
  });
}
