/**
 * Graph to graph: sets the ratio of dropout for training, at the `dropout` nodes of the families and in the weights of
 * attention.
 */
import { dropout } from "./build-differentiable.ts";
import { type Graph, rewriteGraph } from "./node.ts";

/** @param ratio of the numbers that become zero, 0 to less than 1 */
export function addDropout(graph: Graph, ratio: number): Graph {
  if (ratio === 0) return graph;
  return rewriteGraph(graph, (node) => {
    if (node.op === "attention") return { ...node, attributes: { ...node.attributes, dropout: ratio } };
    if (node.op === "dropout") return dropout(node.inputs[0]!, ratio);
    return node;
  });
}
