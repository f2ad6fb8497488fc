/**
 * What a graph computes, in float64 and by the plain formula of each operation: what the lowering and the gradients
 * are compared with. Forward operations only.
 */
import type { Activation } from "../../src/graph/activation.ts";
import { maskValue } from "../../src/graph/mask-value.ts";
import {
  type AnyNode,
  type AttentionAttributes,
  type Dimension,
  type DistanceRows,
  type Node,
  type PoolingMode,
  type PositionMaskAttributes,
  type RotaryAttributes,
  topologicalOrder,
} from "../../src/graph/node.ts";
import { relativePositionBuckets } from "../../src/graph/relative-position.ts";
import { activationFormulas } from "./activation-formulas.ts";
import { at, type Float64Tensor, placeOf, rowAt, sumOver, tabulate } from "./float64.ts";

export interface Sizes {
  readonly batch: number;
  readonly sequence: number;
}

export function sizesOf(shape: readonly Dimension[], { batch, sequence }: Sizes): number[] {
  const named = { batch, sequence, tokens: batch * sequence };
  return shape.map((dimension) => (typeof dimension === "number" ? dimension : named[dimension]));
}

/** @param leaves the values of the nodes at which the graph starts */
export function evaluate(output: Node, leaves: ReadonlyMap<Node, Float64Tensor>, sizes: Sizes): Float64Tensor {
  const values = new Map<Node, Float64Tensor>();
  for (const node of topologicalOrder({ output })) {
    const inputs = node.inputs.map((input) => values.get(input)!);
    values.set(node, leaves.get(node) ?? compute(node, inputs, sizesOf(node.shape, sizes)));
  }
  return values.get(output)!;
}

function compute(node: AnyNode, inputs: readonly Float64Tensor[], shape: number[]): Float64Tensor {
  const [x, y, z] = inputs as [Float64Tensor, Float64Tensor, Float64Tensor];
  const each = (element: (index: readonly number[]) => number) => tabulate(shape, element);
  switch (node.op) {
    case "constant":
      return each(() => node.attributes.value);
    case "add":
      return each((index) => at(x, index) + at(y, index));
    case "subtract":
      return each((index) => at(x, index) - at(y, index));
    case "multiply":
      return each((index) => at(x, index) * at(y, index));
    case "divide":
      return each((index) => at(x, index) / at(y, index));
    case "greater":
      return each((index) => Number(at(x, index) > at(y, index)));
    case "squareRoot":
      return each((index) => Math.sqrt(Math.max(at(x, index), 0)));
    case "detach":
    case "expand":
      return each((index) => at(x, index));
    case "sum":
      return accumulate(x, shape, 0, (total, value) => total + value);
    case "max":
      return accumulate(x, shape, Number.NEGATIVE_INFINITY, Math.max);
    case "matmul": {
      const { transposeA, transposeB, scale } = node.attributes;
      const inner = x.shape.at(transposeA ? -2 : -1)!;
      return each((index) => {
        const [row, column] = index.slice(-2) as [number, number];
        const batch = index.slice(0, -2);
        const left = (k: number) => at(x, [...batch, ...(transposeA ? [k, row] : [row, k])]);
        const right = (k: number) => at(y, [...batch, ...(transposeB ? [column, k] : [k, column])]);
        return scale * sumOver(inner, (k) => left(k) * right(k));
      });
    }
    case "linear":
      return each((index) => {
        const [before, out] = [index.slice(0, -1), index.at(-1)!];
        const product = sumOver(x.shape.at(-1)!, (k) => at(x, [...before, k]) * at(y, [out, k]));
        return product + (z === undefined ? 0 : at(z, [out]));
      });
    case "transpose": {
      const { permutation } = node.attributes;
      return each((index) =>
        at(
          x,
          permutation.map((_, axis) => index[permutation.indexOf(axis)]!),
        ),
      );
    }
    case "reshape":
      return { shape, data: x.data };
    case "slice":
      return each((index) => at(x, shifted(index, node.attributes.axis, node.attributes.start)));
    case "pad": {
      const { axis, before } = node.attributes;
      return each((index) => {
        const from = index[axis]! - before;
        return from < 0 || from >= x.shape[axis]! ? 0 : x.data[placeOf(x, shifted(index, axis, -before))]!;
      });
    }
    case "concat": {
      const columns = (index: readonly number[]) => inputs.flatMap((part) => rowAt(part, index.with(-1, 0)));
      return each((index) => columns(index)[index.at(-1)!]!);
    }
    case "gather":
      return each((index) => at(x, [at(y, index.slice(0, -1)), index.at(-1)!]));
    case "scatterRows": {
      const data = new Float64Array(shape[0]! * shape[1]!);
      tabulate(x.shape, (index) => (data[at(y, index.slice(0, -1)) * shape[1]! + index.at(-1)!]! += at(x, index)));
      return { shape, data };
    }
    case "firstRows":
      return each((index) => x.data[index[0]! * shape[1]! + index[1]!]!);
    case "padRows":
      return each(([row, column]) => (row! < x.shape[0]! ? at(x, [row!, column!]) : 0));
    case "row":
      return each(([column]) => x.data[node.attributes.index * shape[0]! + column!]!);
    case "relativePositionBuckets": {
      const bucketOf = bucketOfDistance(node.attributes.maxDistance, node.attributes.buckets);
      return each(([query, key]) => bucketOf(key! - query!));
    }
    case "relativePositionBias": {
      const bucketOf = bucketOfDistance(node.attributes.maxDistance, x.shape[0]!);
      return each(([, head, query, key]) => at(x, [bucketOf(key! - query!), head!]));
    }
    case "relativeScores": {
      const { heads, scale, of } = node.attributes;
      const [width, sequence] = [x.shape[1]! / heads, z.shape[1]!];
      return each(([sentence, head, query, key]) => {
        const token = sentence! * sequence + (of === "queries" ? query! : key!);
        const row = rowOfDistance(node.attributes, query! - key!);
        const column = (k: number) => head! * width + k;
        return scale * sumOver(width, (k) => at(x, [token, column(k)]) * at(y, [row, column(k)]));
      });
    }
    case "atDistances":
      return each((index) => {
        const [own, other] = index.slice(-2) as [number, number];
        return at(x, index.with(-1, rowBetween(node.attributes, own, other)));
      });
    case "sumAtDistances":
      return each((index) => {
        const own = index.at(-2)!;
        return sumOver(x.shape.at(-1)!, (other) =>
          rowBetween(node.attributes, own, other) === index.at(-1) ? at(x, index.with(-1, other)) : 0,
        );
      });
    case "alibi":
      return each(([, head, query, key]) => -node.attributes.slopes[head!]! * Math.abs(query! - key!));
    case "positionMask":
      return each(([query, key]) => (isSeen(node.attributes, query!, key!) ? 0 : -maskValue));
    case "rotary":
      return each(([token, column]) => turned(node.attributes, x, y.shape[1]!, token!, column!));
    case "softmax":
    case "activation": {
      const kind = node.op === "softmax" ? "softmax" : node.attributes.kind;
      return each((index) => activate(kind, at(x, index), () => rowAt(x, index)));
    }
    case "norm":
      return each((index) => {
        const row = rowAt(x, index);
        return Math.max(Math.sqrt(sumOver(row.length, (k) => row[k]! ** 2)), 1e-12);
      });
    case "logSumExp":
      return each((index) => {
        const row = rowAt(x, index);
        return Math.log(sumOver(row.length, (k) => Math.exp(row[k]!)));
      });
    case "standardize":
      return each((index) => standardized(at(x, index), rowAt(x, index), node.attributes.epsilon));
    case "layerNorm":
      return each((index) => {
        const value = standardized(at(x, index), rowAt(x, index), node.attributes.epsilon);
        return value * at(y, index.slice(-1)) + (z === undefined ? 0 : at(z, index.slice(-1)));
      });
    case "rmsNorm":
      return each(
        (index) =>
          at(x, index) * at(y, index.slice(-1)) * inverseRootMeanSquare(rowAt(x, index), node.attributes.epsilon),
      );
    case "inverseRootMeanSquare":
      return each((index) => inverseRootMeanSquare(rowAt(x, index), node.attributes.epsilon));
    case "normalize":
      return each((index) => at(x, index) / Math.max(Math.hypot(...rowAt(x, index)), 1e-12));
    case "dropout": {
      const dropped = Math.round(node.attributes.ratio * 256);
      return each((index) => (at(y, index) < dropped ? 0 : (at(x, index) * 256) / (256 - dropped)));
    }
    case "attention":
      return attend(inputs, node.attributes, shape);
    case "pool":
      return each(([sentence, column]) => pooled(node.attributes.mode, inputs, sentence!, column!));
    case "poolingWeights":
      return each(([sentence, , token]) => {
        const only = tabulate([...y.shape, 1], (index) => Number(index[0] === sentence && index[1] === token));
        return pooled(node.attributes.mode, [only, x, y], sentence!, 0);
      });
    default:
      throw new Error(`${node.op} has no formula here`);
  }
}

function accumulate(
  x: Float64Tensor,
  shape: number[],
  start: number,
  step: (total: number, value: number) => number,
): Float64Tensor {
  const result = tabulate(shape, () => start);
  tabulate(x.shape, (index) => {
    const place = placeOf(result, index);
    result.data[place] = step(result.data[place]!, at(x, index));
    return 0;
  });
  return result;
}

function shifted(index: readonly number[], axis: number, by: number): number[] {
  return index.map((place, other) => (other === axis ? place + by : place));
}

function activate(kind: Activation, x: number, row: () => number[]): number {
  switch (kind) {
    case "identity":
      return x;
    case "softmax":
      return 1 / sumOver(row().length, (k) => Math.exp(row()[k]! - x));
    case "softmin":
      return 1 / sumOver(row().length, (k) => Math.exp(x - row()[k]!));
    case "log_softmax":
      return -Math.log(sumOver(row().length, (k) => Math.exp(row()[k]! - x)));
    default:
      return activationFormulas[kind](x);
  }
}

function standardized(x: number, row: number[], epsilon: number): number {
  const mean = sumOver(row.length, (k) => row[k]!) / row.length;
  const variance = sumOver(row.length, (k) => (row[k]! - mean) ** 2) / row.length;
  return (x - mean) / Math.sqrt(variance + epsilon);
}

function inverseRootMeanSquare(row: number[], epsilon: number): number {
  return 1 / Math.sqrt(sumOver(row.length, (k) => row[k]! ** 2) / row.length + epsilon);
}

function bucketOfDistance(maxDistance: number, buckets: number): (distance: number) => number {
  const all = relativePositionBuckets(maxDistance, buckets);
  return (distance) => all[Math.max(-maxDistance, Math.min(distance, maxDistance)) + maxDistance]!;
}

/** @param own a position of what the numbers are of */
function rowBetween(attributes: DistanceRows, own: number, other: number): number {
  return rowOfDistance(attributes, attributes.of === "queries" ? own - other : other - own);
}

/** @param distance query - key */
function rowOfDistance({ rows }: DistanceRows, distance: number): number {
  const reach = (rows.length - 1) / 2;
  return rows[Math.max(-reach, Math.min(distance, reach)) + reach]!;
}

function isSeen({ causal, window }: PositionMaskAttributes, query: number, key: number): boolean {
  return !(causal && key > query) && (window === undefined || Math.abs(query - key) <= window);
}

/** One number of `rotary`. */
function turned(
  { heads, frequencies, scale, reversed }: RotaryAttributes,
  x: Float64Tensor,
  sequence: number,
  token: number,
  column: number,
): number {
  const pairs = frequencies.length;
  const inHead = column % (x.shape[1]! / heads);
  const value = at(x, [token, column]);
  if (inHead >= 2 * pairs) return value;
  const isFirst = inHead < pairs;
  const other = at(x, [token, isFirst ? column + pairs : column - pairs]);
  const angle = (token % sequence) * frequencies[inHead % pairs]! * (reversed ? -1 : 1);
  return scale * (value * Math.cos(angle) + other * Math.sin(angle) * (isFirst ? -1 : 1));
}

/** Over the tokens that the mask shows, as if the others were not there. */
function attend(inputs: readonly Float64Tensor[], attributes: AttentionAttributes, shape: number[]): Float64Tensor {
  const [query, key, value, mask, positionBias] = inputs as Float64Tensor[];
  const [, sequence] = mask!.shape as [number, number];
  const { heads, keyHeads, scale } = attributes;
  const width = shape[1]! / heads;
  return tabulate(shape, ([token, column]) => {
    const sentence = Math.floor(token! / sequence);
    const head = Math.floor(column! / width);
    const keyStart = Math.floor((head * keyHeads) / heads) * width;
    const scores = Array.from({ length: sequence }, (_, other) => {
      if (at(mask!, [sentence, other]) === 0) return Number.NEGATIVE_INFINITY;
      if (!isSeen(attributes, token! % sequence, other)) return Number.NEGATIVE_INFINITY;
      const from = sentence * sequence + other;
      const product = sumOver(width, (k) => at(query!, [token!, head * width + k]) * at(key!, [from, keyStart + k]));
      const bias = positionBias === undefined ? 0 : at(positionBias, [sentence, head, token! % sequence, other]);
      return product * scale + bias;
    });
    const total = sumOver(sequence, (k) => Math.exp(scores[k]!));
    return sumOver(
      sequence,
      (k) => (Math.exp(scores[k]!) / total) * at(value!, [sentence * sequence + k, keyStart + (column! % width)]),
    );
  });
}

/** Source: `Pooling.forward` of sentence-transformers. */
function pooled(mode: PoolingMode, inputs: readonly Float64Tensor[], sentence: number, column: number): number {
  const [tokens, mask, attentionMask] = inputs as [Float64Tensor, Float64Tensor, Float64Tensor];
  const [, sequence] = mask.shape as [number, number];
  const kept = Array.from(mask.data.subarray(sentence * sequence, (sentence + 1) * sequence).entries()).flatMap(
    ([token, keep]) => (keep === 1 ? [token] : []),
  );
  const token = (index: number) => at(tokens, [sentence, index, column]);
  const weighted = (weight: (index: number) => number, divisor: (sum: number) => number) => {
    const sum = sumOver(kept.length, (k) => weight(kept[k]!));
    return sumOver(kept.length, (k) => weight(kept[k]!) * token(kept[k]!)) / divisor(Math.max(sum, 1e-9));
  };
  switch (mode) {
    case "cls":
      return token(kept[0] ?? 0);
    case "lasttoken":
      return kept.length === 0 ? 0 : token(kept.at(-1)!);
    case "max":
      return Math.max(...kept.map(token));
    case "mean":
      return weighted(
        () => 1,
        (sum) => sum,
      );
    case "mean_sqrt_len_tokens":
      return weighted(() => 1, Math.sqrt);
    case "weightedmean":
      // Positions count from 1 over all tokens of the sentence.
      return weighted(
        (index) => sumOver(index + 1, (k) => at(attentionMask, [sentence, k])),
        (sum) => sum,
      );
  }
}
