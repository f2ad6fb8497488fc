/**
 * Graph to graph: what a model is built of becomes what has gradient rules. Attention becomes its products and
 * softmax, pooling a weighted sum, dropout gets its noise. The result computes the same.
 */
import { HpdError } from "../errors.ts";
import * as graph from "./build.ts";
import { positionMask, relativePositionBuckets } from "./build-attention.ts";
import * as parts from "./build-differentiable.ts";
import { hidingScore } from "./hiding-score.ts";
import {
  type Dimension,
  type Graph,
  type Node,
  type PoolingMode,
  type PositionMaskAttributes,
  rewriteGraph,
} from "./node.ts";

export interface DecomposedGraph {
  readonly graph: Graph;
  /** Inputs that dropout adds: random bytes of their shape. */
  readonly noise: readonly Node<"input">[];
}

export function decompose(source: Graph): DecomposedGraph {
  const noise: Node<"input">[] = [];
  const dropout = (x: Node, ratio: number): Node => {
    if (ratio === 0) return x;
    const bytes = graph.input(`noise ${noise.length}`, "uint8", x.shape) as Node<"input">;
    noise.push(bytes);
    return parts.dropout(x, ratio, bytes);
  };
  // One for all layers that share a mask and a position bias.
  const biases: (PositionMaskAttributes & { mask: Node; positionBias: Node | undefined; bias: Node })[] = [];
  const biasOf = (mask: Node, positionBias: Node | undefined, seen: PositionMaskAttributes): Node => {
    const { causal, window } = seen;
    const known = biases.find(
      (other) =>
        other.mask === mask &&
        other.positionBias === positionBias &&
        other.causal === causal &&
        other.window === window,
    );
    if (known !== undefined) return known.bias;
    const bias = attentionBias(mask, positionBias, seen);
    biases.push({ mask, positionBias, causal, window, bias });
    return bias;
  };
  const decomposed = rewriteGraph(source, (node) => {
    const [first, second, third] = node.inputs as [Node, Node, Node];
    switch (node.op) {
      case "row":
        return graph.reshape(graph.slice(first, 0, node.attributes.index, 1), node.shape);
      case "relativePositionBias": {
        const [buckets] = first.shape as [number];
        const indices = relativePositionBuckets(second, node.attributes.maxDistance, buckets);
        // [sequence, sequence, heads] -> [1, heads, sequence, sequence]
        return graph.reshape(parts.transpose(graph.gather(first, indices), [2, 0, 1]), node.shape);
      }
      case "relativeScores": {
        const { heads, scale, of } = node.attributes;
        // [rows, heads w] -> [heads, rows, w]
        const ofHeads = (x: Node) =>
          parts.transpose(graph.reshape(x, [x.shape[0]!, heads, (x.shape[1] as number) / heads]), [1, 0, 2]);
        const products = parts.matmul(ofHeads(first), ofHeads(second), { transposeB: true, scale });
        const count = second.shape[0]!;
        const scores = parts.atDistances(graph.reshape(products, [heads, "batch", "sequence", count]), node.attributes);
        return parts.transpose(scores, of === "queries" ? [1, 0, 2, 3] : [1, 0, 3, 2]);
      }
      case "linear":
        return flattened(first, (flat) => graph.linear(flat, second, third));
      case "layerNorm": {
        const standardized = parts.standardize(first, node.attributes.epsilon);
        const scaled = graph.multiply(standardized, second);
        return third === undefined ? scaled : graph.add(scaled, third);
      }
      case "rmsNorm":
        return graph.multiply(
          graph.multiply(first, parts.inverseRootMeanSquare(first, node.attributes.epsilon)),
          second,
        );
      case "activation":
        if (node.attributes.kind === "softmax") return parts.softmax(first);
        if (node.attributes.kind === "softmin") return parts.softmax(graph.multiply(first, graph.constant(-1)));
        return node;
      case "attention": {
        const { heads, keyHeads, scale, dropout: ratio } = node.attributes;
        const [query, key, value, mask, positionBias] = node.inputs as [Node, Node, Node, Node, Node?];
        const shared = (x: Node) => byHead(repeatHeads(x, query, heads, keyHeads), heads);
        const products = parts.matmul(byHead(query, heads), shared(key), { transposeB: true, scale });
        const weights = parts.softmax(graph.add(products, biasOf(mask, positionBias, node.attributes)));
        const attended = parts.matmul(dropout(weights, ratio), shared(value));
        return graph.reshape(parts.transpose(attended, [0, 2, 1, 3]), node.shape);
      }
      case "pool":
        return pool(first, second, third, node.attributes.mode);
      case "dropout":
        return dropout(first, node.attributes.ratio);
      default:
        return node;
    }
  });
  return { graph: decomposed, noise };
}

/** `linear` over a matrix of all rows. */
function flattened(x: Node, linear: (flat: Node) => Node): Node {
  if (x.shape.length === 2) return linear(x);
  const [batch, sequence, ...rest] = x.shape;
  if (batch !== "batch" || sequence !== "sequence" || rest.length !== 1) {
    throw new HpdError("unsupported", `linear: expected [batch, sequence, width] or two dimensions, got [${x.shape}]`);
  }
  const product = linear(graph.reshape(x, ["tokens", ...rest]));
  return graph.reshape(product, ["batch", "sequence", product.shape[1]!]);
}

/** [tokens, hidden] -> [batch, heads, sequence, width of a head] */
function byHead(x: Node, heads: number): Node {
  const shape: Dimension[] = ["batch", "sequence", heads, (x.shape[1] as number) / heads];
  return parts.transpose(graph.reshape(x, shape), [0, 2, 1, 3]);
}

/** Each key head as often as query heads share it: [tokens, keyHeads w] -> [tokens, heads w] */
function repeatHeads(x: Node, query: Node, heads: number, keyHeads: number): Node {
  if (keyHeads === heads) return x;
  const headWidth = (x.shape[1] as number) / keyHeads;
  const alike = graph.reshape(query, ["tokens", keyHeads, heads / keyHeads, headWidth]);
  const repeated = parts.expand(graph.reshape(x, ["tokens", keyHeads, 1, headWidth]), alike);
  return graph.reshape(repeated, query.shape);
}

/** 0 for a token that is seen, hiding all else, plus the position bias: [batch, 1 or heads, 1 or sequence, sequence] */
function attentionBias(mask: Node, positionBias: Node | undefined, seen: PositionMaskAttributes): Node {
  const padding = hidden(graph.reshape(mask, ["batch", 1, 1, "sequence"]));
  const isLimited = seen.causal || seen.window !== undefined;
  const bias = isLimited ? graph.add(padding, positionMask(mask, seen)) : padding;
  return positionBias === undefined ? bias : graph.add(bias, positionBias);
}

/** 0 where the mask is 1, and a large negative number where it is 0. */
function hidden(mask: Node): Node {
  return graph.multiply(graph.subtract(mask, graph.constant(1)), graph.constant(hidingScore));
}

function pool(tokens: Node, mask: Node, attentionMask: Node, mode: PoolingMode): Node {
  const shape: Dimension[] = ["batch", tokens.shape[2]!];
  if (mode === "max") {
    // Where no token is pooled it is about -1e9, not minus infinity as for inference: nothing to learn from either.
    const masked = graph.add(tokens, hidden(graph.reshape(mask, ["batch", "sequence", 1])));
    return graph.reshape(parts.max(masked, 1), shape);
  }
  return graph.reshape(parts.matmul(parts.poolingWeights(mask, attentionMask, mode), tokens), shape);
}
