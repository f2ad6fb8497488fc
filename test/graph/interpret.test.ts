/** Static models, which need no runtime: what the formulas of their operations say, and which graphs are none. */
import { expect, test } from "vitest";
import {
  add,
  constant,
  gather,
  input,
  layerNorm,
  linear,
  normalize,
  parameter,
  pool,
  positionIds,
} from "../../src/graph/build.ts";
import { interpret } from "../../src/graph/interpret.ts";
import type { Node } from "../../src/graph/node.ts";
import { evaluate } from "../autodiff/evaluate.ts";
import type { Float64Tensor } from "../autodiff/float64.ts";

const [rows, width, sequence] = [11, 5, 9];
/** Rows are summed four at a time. */
const lengths = Int32Array.of(9, 0, 1, 2, 3, 4, 5, 8);
const texts = lengths.length;

const leaves = new Map<Node, Float64Tensor>();
const leaf = (node: Node, shape: number[], numberAt: (place: number) => number): Node => {
  const count = shape.reduce((product, size) => product * size, 1);
  leaves.set(node, { shape, data: Float64Array.from({ length: count }, (_, place) => numberAt(place)) });
  return node;
};

/** The first row is of zeros. */
function weight(name: string, ...shape: number[]): Node {
  const numberAt = (place: number) =>
    shape.length > 1 && place < width ? 0 : Math.fround(Math.sin(place + name.length));
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length: count }, (_, place) => numberAt(place));
  return leaf(parameter(name, { dtype: "float32", shape, data }), shape, numberAt);
}

/** The text of one token has the row of zeros. */
const idAt = (place: number) =>
  place % sequence === 0 && lengths[place / sequence] === 1 ? 0 : 1 + ((7 * place) % 10);
const ids = leaf(input("ids", "int32", ["batch", "sequence"]), [texts, sequence], idAt);
const mask = leaf(input("mask", "float32", ["batch", "sequence"]), [texts, sequence], (place) =>
  Number(place % sequence < lengths[Math.floor(place / sequence)]!),
);
const [table, gain, bias] = [weight("table", rows, width), weight("gain", width), weight("the bias", width)];
const tokens = gather(table, ids);
const mean = pool(tokens, mask, mask, "mean");

const tableBytes = rows * width * 4;
const normBytes = 2 * width * 4;

test.each<[string, Node, number]>([
  ["the mean", mean, tableBytes],
  ["of length 1", normalize(mean), tableBytes],
  ["standardized", layerNorm(mean, gain, bias, 1e-5), tableBytes + normBytes],
  ["with an epsilon that matters", layerNorm(mean, gain, bias, 0.5), tableBytes + normBytes],
  ["one after the other", layerNorm(normalize(mean), gain, bias, 1e-5), tableBytes + normBytes],
])("%s is what its formula says, for texts of any length", (_, node, bytes) => {
  const program = interpret(node)!;
  expect(program).toMatchObject({ width, bytes });
  const batch = { ids: Int32Array.from({ length: texts * sequence }, (_, place) => idAt(place)), lengths };
  const expected = evaluate(node, leaves, { batch: texts, sequence }).data;
  // A second run begins anew.
  for (const found of [program.run(batch), program.run(batch)]) {
    expect(found.length).toBe(texts * width);
    for (const [place, value] of expected.entries()) expect(found[place]).toBeCloseTo(value, 5);
  }
});

const shapeOfTokens = ["batch", "sequence", width] as const;
test.each<[string, Node]>([
  ["another mode of pooling", pool(tokens, mask, mask, "max")],
  ["and a norm of it", normalize(pool(tokens, mask, mask, "max"))],
  ["a prompt that is not pooled", pool(tokens, input("prompt mask", "float32", ["batch", "sequence"]), mask, "mean")],
  ["tokens that are not looked up", pool(input("tokens", "float32", shapeOfTokens), mask, mask, "mean")],
  ["ids that are computed", pool(gather(table, positionIds(ids, 0)), mask, mask, "mean")],
  ["a table that is given", pool(gather(input("table", "float32", [rows, width]), ids), mask, mask, "mean")],
  ["a product", linear(mean, weight("product", 3, width))],
  ["a norm without bias", layerNorm(mean, gain, undefined, 1e-5)],
  ["a gain that is computed", layerNorm(mean, add(gain, constant(1)), bias, 1e-5)],
  ["a bias that is computed", layerNorm(mean, gain, add(bias, constant(1)), 1e-5)],
])("%s is for a runtime", (_, node) => {
  expect(interpret(node)).toBeUndefined();
});
