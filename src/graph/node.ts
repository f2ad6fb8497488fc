/**
 * The graph: immutable, typed nodes at the level at which people think of a Transformer. A node has one output and
 * names its inputs, so a graph is simply the nodes that are its outputs. A *pass* maps a graph to a graph, a
 * *lowering* writes it as ONNX operators.
 */
import { HpdError } from "../errors.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Activation, ElementwiseActivation } from "./activation.ts";

/** A size; a name stands for one that is known only at run time. `tokens` is `batch` x `sequence`. */
export type Dimension = number | "batch" | "sequence" | "tokens";

/** The attributes of each operation. In the comments: its inputs, then its output. `?` marks an optional input. */
export interface Operations {
  /** () -> a tensor given at run time under this name */
  input: { name: string };
  /** () -> a tensor of the checkpoint, under its own name there */
  parameter: { name: string; tensor: Tensor };
  /** (table [rows, width], indices [...] int32) -> [..., width] */
  gather: object;
  /** (an input of ids [...] int32) -> rows of the table [rows, width], read before the run: [..., width] */
  lookup: { name: string; table: Tensor<"float32"> };
  /** (table [rows, width], like [batch, sequence]) -> the first `sequence` rows: [sequence, width] */
  firstRows: object;
  /** (table [rows, width]) -> one row: [width] */
  row: { index: number };
  /** (ids [batch, sequence] int32) -> positions that count from `padding` + 1 and skip padding, int32 */
  positionIds: { padding: number };
  /** (like [batch, sequence]) -> T5's bucket of the distance between two positions: [sequence, sequence] int32 */
  relativePositionBuckets: { maxDistance: number; buckets: number };
  /** (table [buckets, heads], like [batch, sequence]) -> T5's relative position bias [1, heads, sequence, sequence] */
  relativePositionBias: { maxDistance: number };
  /** (like [batch, sequence]) -> ALiBi, -slope |query - key| for each head: [1, heads, sequence, sequence] */
  alibi: { slopes: readonly number[] };
  /**
   * (x [tokens, heads w], table [rows, heads w], like [batch, sequence]) -> scale times the product of each query or
   * key with the row of its distance: [batch, heads, sequence, sequence]
   */
  relativeScores: RelativeScoresAttributes;
  /** (x [..., sequence, rows]) -> for each pair of positions the row of their distance: [..., sequence, sequence] */
  atDistances: DistanceRows;
  /** (x [..., sequence, sequence]) -> its transpose, the sum for each row of a distance: [..., sequence, count] */
  sumAtDistances: DistanceRows & { readonly count: number };
  /** (like [batch, sequence]) -> 0 where a query sees a key, else minus the mask value: [sequence, sequence] */
  positionMask: PositionMaskAttributes;
  /** (x [tokens, width], like [batch, sequence]) -> x with the halves of each head rotated by its position's angles */
  rotary: RotaryAttributes;
  /** (a, b) -> a + b; this and the three below broadcast as numpy does */
  add: object;
  /** (a, b) -> a - b */
  subtract: object;
  /** (a, b) -> a b, elementwise */
  multiply: object;
  /** (a, b) -> a / b */
  divide: object;
  /** () -> a number: [] */
  constant: { value: number };
  /** (a, b) -> 1 where a is above b, else 0; no gradient flows through it */
  greater: object;
  /** (x) -> the square root of each element, 0 for negative ones */
  squareRoot: object;
  /** (x) -> the logarithm of 1 + x, elementwise */
  log1p: object;
  /** (x) -> x, through which no gradient flows */
  detach: object;
  /** (x) -> its sum over some axes, which then have size 1 */
  sum: { axes: readonly number[] };
  /** (x, like) -> x repeated along its axes of size 1, to the shape of `like` */
  expand: object;
  /** (a [..., m, k], b [..., k, n]) -> scale a b, each transposed first if the attributes say so: [..., m, n] */
  matmul: MatmulAttributes;
  /** (x) -> its axes in another order */
  transpose: { permutation: readonly number[] };
  /** (x [..., width]) -> exp(x) / sum of exp(x) over the last axis */
  softmax: object;
  /** (x [..., width]) -> the logarithm of the sum of exp(x) over the last axis: [..., 1] */
  logSumExp: object;
  /** (x [..., in], weight [out, in], bias [out]?) -> x weight^T + bias: [..., out] */
  linear: object;
  /** (x [tokens, in], weight [out, in] int8, scale [out], bias [out]?) -> `linear` in 8-bit arithmetic */
  linearInt8: RowRange;
  /** (x [tokens, in], factors [in]?) -> x, times its factor, as `zeroPoint` + multiples of `scale`: [tokens, in] uint8 */
  quantizeInput: { scale: number; zeroPoint: number };
  /** (x [tokens, in] uint8, weight [out, in] int8, scale [out], bias [out]?) -> scale (x - zeroPoint) weight^T + bias */
  linearStatic: { zeroPoint: number };
  /** (x [..., width], weight [width], bias [width]?) -> as x */
  layerNorm: { epsilon: number };
  /** (x [..., width], weight [width]) -> x weight / sqrt(mean of x^2 + epsilon), as x */
  rmsNorm: { epsilon: number };
  /** (x [..., width]) -> 1 / sqrt(mean of x^2 + epsilon) of each row: [..., 1] */
  inverseRootMeanSquare: { epsilon: number };
  /** (x [..., width]) -> (x - mean) / standard deviation of each row: layerNorm without weight and bias */
  standardize: { epsilon: number };
  /** (x [..., width]) -> 1 / sqrt(variance + epsilon) of each row: [..., 1] */
  inverseStandardDeviation: { epsilon: number };
  /** (x) -> as x */
  activation: { kind: Activation };
  /** (x) -> the derivative of the activation at x, elementwise */
  activationDerivative: { kind: ElementwiseActivation };
  /** (x, noise as x, uint8) -> x / (1 - ratio) where the noise is at least the ratio in 256ths, else 0 */
  dropout: { ratio: number };
  /**
   * (query [tokens, heads w], key, value [tokens, keyHeads w], mask [batch, sequence],
   * positionBias [1, heads, sequence, sequence]?) -> as query
   */
  attention: AttentionAttributes & { readonly dropout: number };
  /** (query, key and value side by side [tokens, (heads + 2 keyHeads) w], mask, positionBias?) -> [tokens, heads w] */
  packedAttention: AttentionAttributes;
  /** (x) -> the same elements in row-major order under another shape */
  reshape: object;
  /** (token embeddings [batch, sequence, hidden], mask [batch, sequence], attention mask) -> [batch, hidden] */
  pool: { mode: PoolingMode };
  /** (mask [batch, sequence], attention mask) -> the weight of each token in a pooled sentence: [batch, 1, sequence] */
  poolingWeights: { mode: Exclude<PoolingMode, "max"> };
  /** (x) -> its maximum along an axis, which then has size 1 */
  max: { axis: number };
  /** (x, of two axes or more) -> 1 at the first maximum along an axis, else 0 */
  firstMaximum: { axis: number };
  /** (...x [..., width]) -> side by side: [..., sum of widths] */
  concat: object;
  /** (x) -> a part of it along an axis */
  slice: { axis: number; start: number; size: number };
  /** (x) -> x with zeros before and after it along an axis */
  pad: { axis: number; before: number; after: number };
  /** (x [sequence, width]) -> x with zeros below it: [rows, width] */
  padRows: { rows: number };
  /** (updates [..., width], indices [...] int32) -> the sum of the updates for each row: [rows, width] */
  scatterRows: { rows: number };
  /** (x [..., width]) -> rows of L2 norm 1; a zero row stays zero */
  normalize: object;
  /** (x [..., width]) -> the L2 norm of each row, at least 1e-12: [..., 1] */
  norm: object;
}

/** The rounding of an input with a unit for each row. */
export interface RowRange {
  readonly zeroPoint: number;
  /** The least unit, in which all numbers below zero fit; undefined where they count as those above do. */
  readonly leastUnit: number | undefined;
}

export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
}

/** The keys that a query sees, by their positions. */
export interface PositionMaskAttributes {
  /** Whether keys after the query are masked. */
  readonly causal: boolean;
  /** Maximum distance of a visible key, on either side; undefined for any distance. */
  readonly window: number | undefined;
}

export interface RelativeScoresAttributes extends DistanceRows {
  readonly heads: number;
  readonly scale: number;
}

/** The rows of a table by the distance of two positions. */
export interface DistanceRows {
  /**
   * The side whose content is multiplied with the table: a row of x is a query with all keys, or a key with all
   * queries.
   */
  readonly of: "queries" | "keys";
  /** Row of each distance query - key, from -(length - 1) / 2 to (length - 1) / 2; beyond, the outermost rows. */
  readonly rows: readonly number[];
}

export interface AttentionAttributes extends PositionMaskAttributes {
  readonly heads: number;
  /** Number of key and value heads, each shared by consecutive query heads: divides `heads`. */
  readonly keyHeads: number;
  /** Factor of the products of queries and keys. */
  readonly scale: number;
}

export interface RotaryAttributes {
  readonly heads: number;
  /** Radians a position, for pairs of elements i and i + length of this in each head; later elements stay. */
  readonly frequencies: readonly number[];
  /** Factor of cosine and sine. */
  readonly scale: number;
  /** Whether to rotate by the negative angles, as the gradient does. */
  readonly reversed: boolean;
}

/** The pooling modes of sentence-transformers, in the order in which it concatenates them. */
export const poolingModes = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"] as const;

export type PoolingMode = (typeof poolingModes)[number];

export type OperationName = keyof Operations;

export interface Node<Op extends OperationName = OperationName> {
  readonly op: Op;
  readonly attributes: Readonly<Operations[Op]>;
  /** Inputs in order. An omitted optional input ends the list. */
  readonly inputs: readonly Node[];
  readonly dtype: DType;
  readonly shape: readonly Dimension[];
}

/** A node of any operation, a union discriminated by `op`. */
export type AnyNode = { [Op in OperationName]: Node<Op> }[OperationName];

/** Named outputs. */
export type Graph = Readonly<Record<string, Node>>;

/** Every node that the outputs need, inputs before users. */
export function topologicalOrder(graph: Graph): AnyNode[] {
  const order = new Set<Node>();
  // A stack instead of recursion: a model has as many nodes behind one another as it has layers times ten.
  const open: { node: Node; next: number }[] = [];
  for (const output of Object.values(graph)) {
    open.push({ node: output, next: 0 });
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const input = order.has(top.node) ? undefined : top.node.inputs[top.next++];
      if (input !== undefined) open.push({ node: input, next: 0 });
      else order.add(open.pop()!.node);
    }
  }
  return [...order] as AnyNode[];
}

/** The names of the inputs that the outputs depend on. */
export function inputNames(graph: Graph): string[] {
  return topologicalOrder(graph).flatMap((node) => (node.op === "input" ? [node.attributes.name] : []));
}

/** A copy of the graph in which `rewrite` has replaced nodes; it sees each with its inputs already replaced. */
export function rewriteGraph(graph: Graph, rewrite: (node: AnyNode) => Node): Graph {
  const replaced = new Map<Node, Node>();
  for (const node of topologicalOrder(graph)) {
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    const unchanged = inputs.every((input, index) => input === node.inputs[index]);
    replaced.set(node, rewrite(unchanged ? node : ({ ...node, inputs } as AnyNode)));
  }
  return Object.fromEntries(Object.entries(graph).map(([name, node]) => [name, replaced.get(node)!]));
}

/** @throws HpdError `invalid_model` naming the operation, what it expected and what it got. */
export function requireShape(operation: string, what: string, node: Node, expected: readonly Dimension[]): void {
  const fits =
    node.shape.length === expected.length && node.shape.every((dimension, axis) => dimension === expected[axis]);
  if (fits) return;
  throw new HpdError(
    "invalid_model",
    `${operation}: expected ${what} of shape [${expected.join(", ")}], got ${describe(node)}`,
  );
}

/** The shape of a node for messages, with the name of a parameter. */
export function describe({ op, attributes, shape }: Node): string {
  const name = op === "parameter" ? ` (${(attributes as Operations["parameter"]).name})` : "";
  return `[${shape.join(", ")}]${name}`;
}
