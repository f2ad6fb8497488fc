/**
 * Graph to graph: what a model is built of becomes what has gradient rules. Attention becomes its products and
 * softmax, pooling a weighted sum, dropout gets its noise. The result computes the same.
 */
import { HpdError } from "../errors.ts";
import * as graph from "./build.ts";
import * as parts from "./build-differentiable.ts";
import { type Dimension, type Graph, type Node, type PoolingMode, rewriteGraph } from "./node.ts";

export interface DecomposedGraph {
  readonly graph: Graph;
  /** Inputs that dropout adds: random bytes of their shape. */
  readonly noise: readonly Node<"input">[];
}

/** Large enough for the exponential of its negative to be zero, small enough to keep the precision of what it is added to. */
const hidingScore = 1e9;

export function decompose(source: Graph): DecomposedGraph {
  const noise: Node<"input">[] = [];
  const dropout = (x: Node, ratio: number): Node => {
    if (ratio === 0) return x;
    const bytes = graph.input(`noise ${noise.length}`, "uint8", x.shape) as Node<"input">;
    noise.push(bytes);
    return parts.dropout(x, ratio, bytes);
  };
  // One for all layers that share a mask and a position bias.
  const biases: { mask: Node; positionBias: Node | undefined; bias: Node }[] = [];
  const biasOf = (mask: Node, positionBias: Node | undefined): Node => {
    const known = biases.find((other) => other.mask === mask && other.positionBias === positionBias);
    if (known !== undefined) return known.bias;
    const bias = attentionBias(mask, positionBias);
    biases.push({ mask, positionBias, bias });
    return bias;
  };
  const decomposed = rewriteGraph(source, (node) => {
    const [first, second, third] = node.inputs as [Node, Node, Node];
    switch (node.op) {
      case "row":
        return graph.reshape(parts.slice(first, 0, node.attributes.index, 1), node.shape);
      case "relativePositionBias": {
        const [buckets] = first.shape as [number];
        const indices = parts.relativePositionBuckets(second, node.attributes.maxPositions, buckets);
        // [sequence, sequence, heads] -> [1, heads, sequence, sequence]
        return graph.reshape(parts.transpose(graph.gather(first, indices), [2, 0, 1]), node.shape);
      }
      case "linear":
        return flattened(first, (flat) => graph.linear(flat, second, third));
      case "layerNorm": {
        const standardized = parts.standardize(first, node.attributes.epsilon);
        return graph.add(parts.multiply(standardized, second), third);
      }
      case "activation":
        if (node.attributes.kind === "softmax") return parts.softmax(first);
        if (node.attributes.kind === "softmin") return parts.softmax(parts.multiply(first, parts.constant(-1)));
        return node;
      case "attention": {
        const { heads, dropout: ratio } = node.attributes;
        const [query, key, value, mask, positionBias] = node.inputs as [Node, Node, Node, Node, Node?];
        const weights = attentionWeights(byHead(query, heads), byHead(key, heads), biasOf(mask, positionBias));
        const attended = parts.matmul(dropout(weights, ratio), byHead(value, heads));
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

/** softmax(query key^T / sqrt(width) + bias): [batch, heads, sequence, sequence] */
function attentionWeights(query: Node, key: Node, bias: Node): Node {
  const scale = 1 / Math.sqrt(query.shape[3] as number);
  return parts.softmax(graph.add(parts.matmul(query, key, { transposeB: true, scale }), bias));
}

/** 0 for a token, hiding padding, plus the position bias: [batch, 1 or heads, 1 or sequence, sequence] */
function attentionBias(mask: Node, positionBias: Node | undefined): Node {
  const bias = hidden(graph.reshape(mask, ["batch", 1, 1, "sequence"]));
  return positionBias === undefined ? bias : graph.add(bias, positionBias);
}

/** 0 where the mask is 1, and a large negative number where it is 0. */
function hidden(mask: Node): Node {
  return parts.multiply(parts.subtract(mask, parts.constant(1)), parts.constant(hidingScore));
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
