/** Gradients against PyTorch's where it takes a side: kinks, equal numbers, rows of length zero. See tools/gold. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import { type Activation, activations } from "../../src/graph/activation.ts";
import {
  activation,
  attention,
  input,
  layerNorm,
  multiply,
  normalize,
  pool,
  rmsNorm,
  rotary,
} from "../../src/graph/build.ts";
import { sum } from "../../src/graph/build-differentiable.ts";
import { decompose } from "../../src/graph/decompose.ts";
import type { Node, PoolingMode } from "../../src/graph/node.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { runGraph } from "./run-graph.ts";

const tolerance = 2e-6;

type Numbers = number[] | Numbers[];

const gold = JSON.parse(String(readFileSync(new URL("../gold/autodiff/rules.json", import.meta.url)))) as {
  points: number[];
  elementwise: Record<string, number[]>;
  x: number[][];
  weights: number[][];
  rows: Record<string, number[][]>;
  normalize: number[][];
  gain: number[];
  bias: number[];
  layerNorm: { epsilon: number; gradients: [number[][], number[], number[]] }[];
  layerNormWithoutBias: [number[][], number[]];
  rmsNorm: [number[][], number[]];
  /** Two sentences of 3 tokens: 4 heads of 4 that share 2 keys, rotary, a window of 1. */
  attention: Record<"query" | "key" | "value" | "wanted", number[][]> & { gradients: number[][][] };
  tokens: number[][][];
  mask: number[][];
  pooled: number[][];
  pooling: Record<PoolingMode, number[][][]>;
};

const values = new Map<Node, Tensor>();

function given(numbers: Numbers, ...named: ("batch" | "sequence" | "tokens")[]): Node {
  const shape: number[] = [];
  for (let level: Numbers | number = numbers; Array.isArray(level); level = level[0]!) shape.push(level.length);
  const node = input(`x${values.size}`, "float32", [...named, ...shape.slice(named.length)]);
  values.set(node, { dtype: "float32", shape, data: Float32Array.from(numbers.flat(2) as number[]) });
  return node;
}

const x = given(gold.x);
const weights = given(gold.weights);
const wanted: Record<string, { gradient: Node; expected: Numbers }> = {};

function want(name: string, value: Node, weights: Node, by: Node[], expected: Numbers[]): void {
  const loss = sum(multiply(value, weights), [...value.shape.keys()]);
  const found = gradients(decompose({ loss }).graph.loss!, by);
  for (const [index, gradient] of found.entries()) {
    wanted[`${name} ${index}`] = { gradient, expected: expected[index]! };
  }
}

const points = given(gold.points);
const ones = given(gold.points.map(() => 1));
for (const [kind, expected] of Object.entries(gold.elementwise)) {
  want(kind, activation(points, kind as Activation), ones, [points], [expected]);
}
for (const [kind, expected] of Object.entries(gold.rows)) {
  want(kind, activation(x, kind as Activation), weights, [x], [expected]);
}
want("normalize", normalize(x), weights, [x], [gold.normalize]);
const [gain, bias] = [given(gold.gain), given(gold.bias)];
for (const { epsilon, gradients: expected } of gold.layerNorm) {
  want(`layer norm ${epsilon}`, layerNorm(x, gain, bias, epsilon), weights, [x, gain, bias], expected);
}
want("layer norm without bias", layerNorm(x, gain, undefined, 1e-5), weights, [x, gain], gold.layerNormWithoutBias);
want("rms norm", rmsNorm(x, gain, 1e-6), weights, [x, gain], gold.rmsNorm);
{
  const { gradients: expected, wanted: by, ...projections } = gold.attention;
  const [query, key, value] = [projections.query, projections.key, projections.value].map((rows) =>
    given(rows, "tokens"),
  ) as [Node, Node, Node];
  const sentences = given(
    gold.mask.map((row) => row.map(() => 1)),
    "batch",
    "sequence",
  );
  const turn = (projection: Node, heads: number) => rotary(projection, sentences, { heads, frequencies: [1, 0.25] });
  const options = { heads: 4, keyHeads: 2, window: 1 };
  const attended = attention(turn(query, 4), turn(key, 2), value, { mask: sentences, ...options });
  want("attention", attended, given(by, "tokens"), [query, key, value], expected);
}
const tokens = given(gold.tokens, "batch", "sequence");
const mask = given(gold.mask, "batch", "sequence");
const pooled = given(gold.pooled, "batch");
for (const [mode, expected] of Object.entries(gold.pooling)) {
  want(`pooling ${mode}`, pool(tokens, mask, mask, mode as PoolingMode), pooled, [tokens], [expected]);
}

test("the gold file has every activation", () => {
  const known = [...Object.keys(gold.elementwise), ...Object.keys(gold.rows), "identity"];
  expect(known.toSorted()).toEqual(activations.toSorted());
});

const run = runGraph(
  Object.fromEntries(Object.entries(wanted).map(([name, { gradient }]) => [name, gradient])),
  (node) => values.get(node)!,
);

test.each(Object.keys(wanted))("%s", async (name) => {
  const actual = Array.from((await run)[name]!.data as Float32Array);
  const expected = rowsOf(wanted[name]!.expected);
  expect(actual.length).toBe(expected.flat().length);
  const width = expected[0]!.length;
  const off = expected.flatMap((row, index) => {
    // Of the row: a row of length zero has gradients of 1e12.
    const scale = Math.max(1, ...row.map(Math.abs));
    return row.flatMap((value, column) => {
      const found = actual[index * width + column]!;
      return Math.abs(found - value) <= tolerance * scale ? [] : [{ row: index, column, found, expected: value }];
    });
  });
  expect(off).toEqual([]);
});

function rowsOf(numbers: Numbers): number[][] {
  return typeof numbers[0] === "number" ? [numbers as number[]] : (numbers as Numbers[]).flatMap(rowsOf);
}
