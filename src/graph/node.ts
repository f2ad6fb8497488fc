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
  /** (x [..., sequence, rows]) -> of each position's numbers those that distances to others choose: [..., sequence, sequence] */
  atDistances: DistanceRows;
  /** (x [..., sequence, sequence]) -> the sum of the numbers whose distances choose a row: [..., sequence, count] */
  sumAtDistances: DistanceRows & { readonly count: number };
  /** (like [batch, sequence]) -> 0 where a query sees a key, else a number that hides it: [sequence, sequence] */
  positionMask: PositionMaskAttributes;
  /** (x [tokens, width], like [batch, sequence]) -> x with the halves of each head turned by its position's angles */
  rotary: RotaryAttributes;
  /** (a, b) -> a + b; this and the three below broadcast as numpy does */
  add: object;
  /** (a, b) -> a - b */
  subtract: object;
  /** (a, b) -> a b, number by number */
  multiply: object;
  /** (a, b) -> a / b */
  divide: object;
  /** () -> a number: [] */
  constant: { value: number };
  /** (a, b) -> 1 where a is above b, else 0; no gradient flows through it */
  greater: object;
  /** (x) -> the root of each number, 0 of those below 0 */
  squareRoot: object;
  /** (x) -> x, which the gradient takes for a constant */
  detach: object;
  /** (x) -> its sum over some axes, which then have size 1 */
  sum: { axes: readonly number[] };
  /** (x, like) -> x repeated along its axes of size 1, to the shape of `like` */
  expand: object;
  /** (a [..., m, k], b [..., k, n]) -> scale a b, each transposed first where it says so: [..., m, n] */
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
  linearInt8: object;
  /** (x [..., width], gain [width], bias [width]?) -> as x */
  layerNorm: { epsilon: number };
  /** (x [..., width], gain [width]) -> x gain / sqrt(mean of x^2 + epsilon), as x */
  rmsNorm: { epsilon: number };
  /** (x [..., width]) -> 1 / sqrt(mean of x^2 + epsilon) of each row: [..., 1] */
  inverseRootMeanSquare: { epsilon: number };
  /** (x [..., width]) -> (x - mean) / deviation of each row: layerNorm without gain and bias */
  standardize: { epsilon: number };
  /** (x [..., width]) -> 1 / sqrt(variance + epsilon) of each row: [..., 1] */
  inverseDeviation: { epsilon: number };
  /** (x) -> as x */
  activation: { kind: Activation };
  /** (x) -> the derivative of the activation at x, number by number */
  activationDerivative: { kind: ElementwiseActivation };
  /** (x, noise as x, uint8) -> x / (1 - ratio) where the noise lets it through, else 0; the ratio in 256ths */
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
  /** (x) -> its largest number along an axis, which then has size 1 */
  max: { axis: number };
  /** (x, of two axes or more) -> 1 at the first of the largest numbers along an axis, else 0 */
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
  /** (x [..., width]) -> rows of Euclidean length 1; a zero row stays zero */
  normalize: object;
  /** (x [..., width]) -> the Euclidean length of each row, at least 1e-12: [..., 1] */
  length: object;
}

export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
}

/** Which keys a query sees, by their positions. */
export interface PositionMaskAttributes {
  /** None that comes after it. */
  readonly causal: boolean;
  /** None that is farther away than this, on either side; undefined for any distance. */
  readonly window: number | undefined;
}

export interface RelativeScoresAttributes extends DistanceRows {
  readonly heads: number;
  readonly scale: number;
}

/** Which row of a table belongs to the distance of two positions. */
export interface DistanceRows {
  /** Whose numbers they are: those of the queries, with all keys beside them, or the other way round. */
  readonly of: "queries" | "keys";
  /** The row of each distance query - key, from -(length - 1) / 2 to that; farther ones have the outermost rows. */
  readonly rows: readonly number[];
}

export interface AttentionAttributes extends PositionMaskAttributes {
  readonly heads: number;
  /** Consecutive query heads share one: divides `heads`. */
  readonly keyHeads: number;
  /** What the products of queries and keys are multiplied by. */
  readonly scale: number;
}

export interface RotaryAttributes {
  readonly heads: number;
  /** Radians a position, for pairs of numbers i and i + length of this in each head; what is behind them stays. */
  readonly frequencies: readonly number[];
  /** What cosine and sine are multiplied by. */
  readonly scale: number;
  /** Turns back: the gradient. */
  readonly reversed: boolean;
}

/** The pooling modes of sentence-transformers, in the order in which it concatenates them. */
export const poolingModes = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"] as const;

export type PoolingMode = (typeof poolingModes)[number];

export type OperationName = keyof Operations;

export interface Node<Op extends OperationName = OperationName> {
  readonly op: Op;
  readonly attributes: Readonly<Operations[Op]>;
  /** An optional input that is left out ends the list. */
  readonly inputs: readonly Node[];
  readonly dtype: DType;
  readonly shape: readonly Dimension[];
}

/** A node of any operation, told apart by `op`. */
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

/** For messages: the shape, and of a parameter its name. */
export function describe({ op, attributes, shape }: Node): string {
  const name = op === "parameter" ? ` (${(attributes as Operations["parameter"]).name})` : "";
  return `[${shape.join(", ")}]${name}`;
}
