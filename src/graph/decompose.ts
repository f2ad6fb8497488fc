/**
 * Graph to graph: operations of a model become operations that have gradient rules. Attention becomes its products and
 * softmax, pooling a weighted sum, dropout gets its noise. The result computes the same.
 */
import { HpdError } from "../errors.ts";
import * as build from "./build.ts";
import { positionMask, relativePositionBuckets } from "./build-attention.ts";
import * as parts from "./build-differentiable.ts";
import { maskValue } from "./mask-value.ts";
import {
  type Dimension,
  type Graph,
  type Node,
  type OperationName,
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
  const shared = new SharedNodes();
  const graph = rewriteGraph(
    source,
    (node) => (rules[node.op] as Rule<typeof node.op> | undefined)?.(node, shared) ?? node,
  );
  return { graph, noise: shared.noise };
}

/** Nodes that the rules of one graph share. */
class SharedNodes {
  readonly noise: Node<"input">[] = [];
  readonly #biases: (PositionMaskAttributes & { mask: Node; positionBias: Node | undefined; bias: Node })[] = [];

  /** Dropout with an input of noise of its own. */
  dropout(x: Node, ratio: number): Node {
    if (ratio === 0) return x;
    const bytes = build.input(`noise ${this.noise.length}`, "uint8", x.shape) as Node<"input">;
    this.noise.push(bytes);
    return parts.dropout(x, ratio, bytes);
  }

  /** One bias for all layers that have the same mask and position bias. */
  attentionBias(mask: Node, positionBias: Node | undefined, { causal, window }: PositionMaskAttributes): Node {
    const known = this.#biases.find(
      (other) =>
        other.mask === mask &&
        other.positionBias === positionBias &&
        other.causal === causal &&
        other.window === window,
    );
    if (known !== undefined) return known.bias;
    const bias = attentionBias(mask, positionBias, { causal, window });
    this.#biases.push({ mask, positionBias, causal, window, bias });
    return bias;
  }
}

/** The decomposition of an operation. */
type Rule<Op extends OperationName> = (node: Node<Op>, shared: SharedNodes) => Node;

/** Operations that are not in the table have gradient rules themselves. */
const rules: { readonly [Op in OperationName]?: Rule<Op> } = {
  row: ({ attributes, inputs: [table], shape }) => build.reshape(build.slice(table!, 0, attributes.index, 1), shape),
  relativePositionBias: ({ attributes, inputs: [table, like], shape }) => {
    const indices = relativePositionBuckets(like!, attributes.maxDistance, table!.shape[0] as number);
    // [sequence, sequence, heads] -> [1, heads, sequence, sequence]
    return build.reshape(parts.transpose(build.gather(table!, indices), [2, 0, 1]), shape);
  },
  relativeScores: ({ attributes, inputs: [x, table] }) => {
    const { heads, scale, of } = attributes;
    // [rows, heads w] -> [heads, rows, w]
    const ofHeads = (rows: Node) =>
      parts.transpose(build.reshape(rows, [rows.shape[0]!, heads, (rows.shape[1] as number) / heads]), [1, 0, 2]);
    const products = parts.matmul(ofHeads(x!), ofHeads(table!), { transposeB: true, scale });
    const bySentence = build.reshape(products, [heads, "batch", "sequence", table!.shape[0]!]);
    return parts.transpose(parts.atDistances(bySentence, attributes), of === "queries" ? [1, 0, 2, 3] : [1, 0, 3, 2]);
  },
  linear: ({ inputs: [x, weight, bias] }) => flattened(x!, (flat) => build.linear(flat, weight!, bias)),
  layerNorm: ({ attributes, inputs: [x, weight, bias] }) => {
    const scaled = build.multiply(parts.standardize(x!, attributes.epsilon), weight!);
    return bias === undefined ? scaled : build.add(scaled, bias);
  },
  rmsNorm: ({ attributes, inputs: [x, weight] }) =>
    build.multiply(build.multiply(x!, parts.inverseRootMeanSquare(x!, attributes.epsilon)), weight!),
  activation: (node) => {
    const x = node.inputs[0]!;
    if (node.attributes.kind === "softmax") return parts.softmax(x);
    if (node.attributes.kind === "softmin") return parts.softmax(build.multiply(x, build.constant(-1)));
    return node;
  },
  attention: ({ attributes, inputs, shape }, shared) => {
    const { heads, keyHeads, scale, dropout: ratio } = attributes;
    const [query, key, value, mask, positionBias] = inputs as [Node, Node, Node, Node, Node?];
    const ofHeads = (x: Node) => byHead(repeatHeads(x, query, heads, keyHeads), heads);
    const products = parts.matmul(byHead(query, heads), ofHeads(key), { transposeB: true, scale });
    const weights = parts.softmax(build.add(products, shared.attentionBias(mask, positionBias, attributes)));
    const attended = parts.matmul(shared.dropout(weights, ratio), ofHeads(value));
    return build.reshape(parts.transpose(attended, [0, 2, 1, 3]), shape);
  },
  pool: ({ attributes, inputs: [tokens, mask, attentionMask] }) =>
    pool(tokens!, mask!, attentionMask!, attributes.mode),
  dropout: ({ attributes, inputs: [x] }, shared) => shared.dropout(x!, attributes.ratio),
};

/** Applies `linear` to the matrix of all rows. */
function flattened(x: Node, linear: (flat: Node) => Node): Node {
  if (x.shape.length === 2) return linear(x);
  const [batch, sequence, ...rest] = x.shape;
  if (batch !== "batch" || sequence !== "sequence" || rest.length !== 1) {
    throw new HpdError("unsupported", `linear: expected [batch, sequence, width] or two dimensions, got [${x.shape}]`);
  }
  const product = linear(build.reshape(x, ["tokens", ...rest]));
  return build.reshape(product, ["batch", "sequence", product.shape[1]!]);
}

/** [tokens, hidden] -> [batch, heads, sequence, width of a head] */
function byHead(x: Node, heads: number): Node {
  const shape: Dimension[] = ["batch", "sequence", heads, (x.shape[1] as number) / heads];
  return parts.transpose(build.reshape(x, shape), [0, 2, 1, 3]);
}

/** Each key head repeated for the query heads that share it: [tokens, keyHeads w] -> [tokens, heads w] */
function repeatHeads(x: Node, query: Node, heads: number, keyHeads: number): Node {
  if (keyHeads === heads) return x;
  const headWidth = (x.shape[1] as number) / keyHeads;
  const alike = build.reshape(query, ["tokens", keyHeads, heads / keyHeads, headWidth]);
  const repeated = parts.expand(build.reshape(x, ["tokens", keyHeads, 1, headWidth]), alike);
  return build.reshape(repeated, query.shape);
}

/**
 * 0 for visible keys and minus the mask value for others, plus the position bias: [batch, 1 or heads, 1 or sequence,
 * sequence]
 */
function attentionBias(mask: Node, positionBias: Node | undefined, visible: PositionMaskAttributes): Node {
  const padding = maskBias(build.reshape(mask, ["batch", 1, 1, "sequence"]));
  const isLimited = visible.causal || visible.window !== undefined;
  const bias = isLimited ? build.add(padding, positionMask(mask, visible)) : padding;
  return positionBias === undefined ? bias : build.add(bias, positionBias);
}

/** 0 where the mask is 1, minus the mask value where it is 0. */
function maskBias(mask: Node): Node {
  return build.multiply(build.subtract(mask, build.constant(1)), build.constant(maskValue));
}

function pool(tokens: Node, mask: Node, attentionMask: Node, mode: PoolingMode): Node {
  const shape: Dimension[] = ["batch", tokens.shape[2]!];
  if (mode === "max") {
    // Where no token is pooled it is about -1e9, not minus infinity as for inference: nothing to learn from either.
    const masked = build.add(tokens, maskBias(build.reshape(mask, ["batch", "sequence", 1])));
    return build.reshape(parts.max(masked, 1), shape);
  }
  return build.reshape(parts.matmul(parts.poolingWeights(mask, attentionMask, mode), tokens), shape);
}
