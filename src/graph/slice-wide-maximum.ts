/**
 * Graph to graph: the maximum over tokens of a product with a number for each token of a vocabulary is found for some
 * thousands of columns at a time, so that the product is never in memory as a whole: 60 MB for a batch and a vocabulary
 * of 30,000, 500 MB for one of 250,000.
 */
import { concat, linear, pool, reshape, slice } from "./build.ts";
import { width } from "./build-node.ts";
import { type Graph, type Node, rewriteGraph } from "./node.ts";

/** Columns of a part. */
const columns = 4096;

export function sliceWideMaximum(graph: Graph): Graph {
  return rewriteGraph(graph, (node) => {
    if (node.op !== "pool" || node.attributes.mode !== "max") return node;
    const [tokens, mask, attentionMask] = node.inputs as [Node, Node, Node];
    const [product] = tokens.inputs;
    if (tokens.op !== "reshape" || product?.op !== "linear" || width(product) <= 2 * columns) return node;
    const [x, weight, bias] = product.inputs as [Node, Node, Node?];
    const [batch, sequence, all] = tokens.shape as [Node["shape"][0], Node["shape"][0], number];
    const parts: Node[] = [];
    for (let start = 0; start < all; start += columns) {
      const size = Math.min(columns, all - start);
      const part = linear(
        x,
        slice(weight, 0, start, size),
        bias === undefined ? undefined : slice(bias, 0, start, size),
      );
      parts.push(pool(reshape(part, [batch!, sequence!, size]), mask, attentionMask, "max"));
    }
    return concat(parts);
  });
}
