/**
 * Graph to graph: dropout where BERT has it, for training: on the embeddings, on the weights of attention, and on what
 * each half of a layer adds to its input. Modules know nothing of it.
 * Source: transformers, `hidden_dropout_prob` and `attention_probs_dropout_prob` in modeling_bert.py. DistilBERT has
 * none on what its attention adds. A graph with places of its own, `dropout` nodes, has it there and nowhere else.
 */
import { add } from "./build.ts";
import { dropout } from "./build-differentiable.ts";
import { type Graph, type Node, rewriteGraph, topologicalOrder } from "./node.ts";

/** @param ratio of the numbers that become zero, 0 to less than 1 */
export function addDropout(graph: Graph, ratio: number): Graph {
  if (ratio === 0) return graph;
  const hasPlaces = topologicalOrder(graph).some((node) => node.op === "dropout");
  return rewriteGraph(graph, (node) => {
    if (node.op === "attention") return { ...node, attributes: { ...node.attributes, dropout: ratio } };
    if (node.op === "dropout") return dropout(node.inputs[0]!, ratio);
    if (hasPlaces) return node;
    // Only what is computed for each token: a LayerNorm of sentence embeddings is a module of its own.
    if (node.op !== "layerNorm" || node.shape[0] !== "tokens") return node;
    const [sum, ...rest] = node.inputs as [Node, ...Node[]];
    const [change, before] = sum.inputs as [Node, Node];
    if (sum.op === "add" && change.op === "linear") {
      return { ...node, inputs: [add(dropout(change, ratio), before), ...rest] };
    }
    return dropout(node, ratio);
  });
}
