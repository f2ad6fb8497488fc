/** The walk from the loss to what it is differentiated by: what it adds up, what it refuses. */
import { expect, test } from "vitest";
import { createSession } from "#runtime";
import { gradients } from "../../src/autodiff/gradients.ts";
import { add, attention, constant, input, multiply, pool, reshape } from "../../src/graph/build.ts";
import { inverseStandardDeviation, sum } from "../../src/graph/build-differentiable.ts";
import { decompose } from "../../src/graph/decompose.ts";
import { compileForTraining } from "../../src/graph/lower-training.ts";
import type { Node } from "../../src/graph/node.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { runGraph } from "./run-graph.ts";

const x = input("x", "float32", [3]);
const y = input("y", "float32", [3]);
const total = (node: Node) => reshape(sum(node, [...node.shape.keys()]), []);
const values: Record<string, Tensor> = {
  x: { dtype: "float32", shape: [3], data: Float32Array.of(1, 2, 3) },
  y: { dtype: "float32", shape: [3], data: Float32Array.of(-1, 5, 0.5) },
};

async function valuesOf(nodes: readonly Node[]): Promise<number[][]> {
  const graph = Object.fromEntries(nodes.map((node, index) => [`out ${index}`, node]));
  const result = await runGraph(graph, (leaf) => values[(leaf as Node<"input">).attributes.name]!);
  return nodes.map((_, index) => Array.from(result[`out ${index}`]!.data as Float32Array));
}

test("targets may lie on each other's way, be used often, and be the loss", async () => {
  const square = multiply(x, x);
  const loss = total(add(multiply(square, y), square));
  // d(x^2 y + x^2): by x^2 it is y + 1, by x 2x (y + 1), by y x^2
  expect(await valuesOf(gradients(loss, [x, square, y, loss]))).toEqual([[0, 24, 9], [0, 6, 1.5], [1, 4, 9], [1]]);
});

test("a loss may have axes of size 1, or none", async () => {
  const losses = [total(x), sum(x, [0]), reshape(total(x), [1, 1])];
  expect(await valuesOf(losses.flatMap((loss) => gradients(loss, [x])))).toEqual([1, 2, 3].map(() => [1, 1, 1]));
});

test("what is no number has no gradient", () => {
  const refused = { code: "invalid_argument", message: "a loss should be a scalar, got shape [3]" };
  expect(() => gradients(x, [x])).toThrow(expect.objectContaining(refused));
  expect(() => gradients(input("loss", "float32", ["batch"]), [])).toThrow(/got shape \[batch\]/);
});

test("a target that the loss does not depend on is named", () => {
  const refused = { code: "invalid_argument", message: "the loss does not depend on input y" };
  expect(() => gradients(total(x), [x, y])).toThrow(expect.objectContaining(refused));
  expect(() => gradients(total(x), [constant(2)])).toThrow(/does not depend on a node constant/);
});

test("an operation without a rule is named, where the way leads through it and only there", () => {
  const tokens = input("tokens", "float32", ["batch", "sequence", 4]);
  const mask = input("mask", "float32", ["batch", "sequence"]);
  const pooled = total(pool(tokens, mask, mask, "mean"));
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: "unsupported", message: expect.stringMatching(message) });
  expect(() => gradients(pooled, [tokens])).toThrow(refused(/^pool has no gradient rule: decompose the graph first/));
  expect(() => gradients(decompose({ loss: pooled }).graph.loss!, [mask])).toThrow(refused(/^poolingWeights has no/));
  expect(() => gradients(total(inverseStandardDeviation(x, 0)), [x])).toThrow(
    refused(/^inverseStandardDeviation has no/),
  );
  expect(gradients(total(multiply(inverseStandardDeviation(x, 0), y)), [y])).toHaveLength(1);
});

test("what is not decomposed is not compiled for training", () => {
  const tokens = input("tokens", "float32", ["tokens", 4]);
  const mask = input("mask", "float32", ["batch", "sequence"]);
  const refused = { code: "unsupported", message: "attention is not for training: decompose the graph first" };
  expect(() => compileForTraining({ out: attention(tokens, tokens, tokens, { mask, heads: 2 }) }, () => "")).toThrow(
    expect.objectContaining(refused),
  );
});

test("a model whose parameters are inputs, and which so has no weights, runs in a session", async () => {
  const model = compileForTraining({ out: multiply(x, y) }, () => "");
  const weights = new Uint8Array(new ArrayBuffer(0));
  const session = await createSession({ model, weights, weightsLocation: "weights", lookups: [] }, { workers: 0 });
  const { out } = await session.run(structuredClone(values));
  await session.dispose();
  expect(Array.from(out!.data as Float32Array)).toEqual([-1, 10, 1.5]);
});

test("outputs of training are added to what is given, those that are named", async () => {
  const graph = { product: multiply(x, y), sum: add(x, y) };
  const model = compileForTraining(graph, () => "", { outputs: ["product"], input: (output) => `${output} before` });
  const weights = new Uint8Array(new ArrayBuffer(0));
  const session = await createSession({ model, weights, weightsLocation: "weights", lookups: [] }, { workers: 0 });
  const before: Tensor = { dtype: "float32", shape: [3], data: Float32Array.of(10, 20, 30) };
  const { product, sum } = await session.run(structuredClone({ ...values, "product before": before }));
  await session.dispose();
  expect(Array.from(product!.data as Float32Array)).toEqual([9, 30, 31.5]);
  expect(Array.from(sum!.data as Float32Array)).toEqual([0, 7, 3.5]);
});
