/** Graphs and passes over them; that whole models are right is what the gold tests show. */
import { describe, expect, test } from "vitest";
import { createSession } from "#runtime";
import { add, attention, constant, input, layerNorm, linear, parameter, pool, reshape } from "../../src/graph/build.ts";
import { fuseQueryKeyValue } from "../../src/graph/fuse-query-key-value.ts";
import { compileForInference } from "../../src/graph/lower-inference.ts";
import { type Graph, type Node, rewriteGraph, topologicalOrder } from "../../src/graph/node.ts";
import { quantize } from "../../src/graph/quantize.ts";
import { shareNodes } from "../../src/graph/share-nodes.ts";
import { sliceWideMaximum } from "../../src/graph/slice-wide-maximum.ts";
import type { NamedTensors } from "../../src/runtime/session.ts";
import { elementsOf, LazyTensor } from "../../src/tensor/lazy-tensor.ts";

test("a graph may be deeper than the call stack", () => {
  const start = input("x", "float32", ["batch", 1]);
  let node = start;
  for (let index = 0; index < 100_000; index++) node = add(node, start);
  const order = topologicalOrder({ node });
  expect(order).toHaveLength(100_001);
  expect(order[0]).toBe(start);
  expect(order.at(-1)).toBe(node);
});

test("what is built twice is one node, unless its weights, shape or inputs are others", () => {
  const build = () => linear(x, weights, bias);
  const [weights, bias] = [weight("w", hidden, hidden), weight("b", hidden)];
  const others = linear(x, weight("w", hidden, hidden), bias);
  const shared = shareNodes({ first: build(), second: build(), others, reshaped: reshape(build(), ["tokens", 2, 4]) });
  expect(shared.second).toBe(shared.first);
  expect(shared.others).not.toBe(shared.first);
  expect(shared.reshaped!.inputs[0]).toBe(shared.first);
  expect(shared.reshaped!.shape).toEqual(["tokens", 2, 4]);
});

/** Numbers between -1 and 1 that look like weights, always the same. */
function weight(name: string, ...shape: number[]): Node<"parameter"> {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length: count }, (_, index) => Math.sin(index * 12.9898 + name.length * 78.233));
  return parameter(name, { dtype: "float32", shape, data });
}

const hidden = 8;
const mask = input("mask", "float32", ["batch", "sequence"]);
const x = reshape(input("x", "float32", ["batch", "sequence", hidden]), ["tokens", hidden]);

function attend(source: Node, valueSource = source, hasBias = true): Node {
  const project = (from: Node, name: string) =>
    linear(from, weight(name, hidden, hidden), hasBias ? weight(`${name} bias`, hidden) : undefined);
  const parts = [project(source, "query"), project(source, "a key"), project(valueSource, "the value")] as const;
  return attention(...parts, { mask, heads: 2 });
}

function outputOf(node: Node): Graph {
  return { out: reshape(node, ["batch", "sequence", hidden]) };
}

const operations = (graph: Graph) => topologicalOrder(graph).map(({ op }) => op);

async function run(graph: Graph, dtype: "fp32" | "int8" = "fp32"): Promise<Float32Array> {
  const session = await createSession(compileForInference(graph, dtype), { workers: 0 });
  const inputs: NamedTensors = {
    x: { dtype: "float32", shape: [2, 3, hidden], data: Float32Array.from({ length: 48 }, (_, i) => Math.cos(i)) },
    mask: { dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 1, 1, 1, 1, 0) },
  };
  const { out } = await session.run(inputs);
  await session.dispose();
  return out!.data as Float32Array;
}

/** softmax(q k^T / 2) v of the inputs that `run` gives, as the formula says it. */
function attendByHand(): number[] {
  const project = (name: string) => {
    const w = weight(name, hidden, hidden).attributes.tensor.data as Float32Array;
    const bias = weight(`${name} bias`, hidden).attributes.tensor.data as Float32Array;
    return Array.from({ length: 6 }, (_, token) =>
      Array.from(bias, (b, out) => b + sum(hidden, (i) => Math.cos(token * hidden + i) * w[out * hidden + i]!)),
    );
  };
  const [query, key, value] = [project("query"), project("a key"), project("the value")];
  const lengths = [3, 2];
  return query!.flatMap((q, token) => {
    const sentence = Math.floor(token / 3);
    return Array.from({ length: hidden }, (_, column) => {
      const head = Math.floor(column / 4) * 4;
      const scores = Array.from({ length: lengths[sentence]! }, (_, other) =>
        Math.exp(sum(4, (i) => q[head + i]! * key![sentence * 3 + other]![head + i]!) / 2),
      );
      const total = sum(scores.length, (i) => scores[i]!);
      return sum(scores.length, (i) => (scores[i]! / total) * value![sentence * 3 + i]![column]!);
    });
  });
}

function sum(count: number, term: (index: number) => number): number {
  return Array.from({ length: count }, (_, index) => term(index)).reduce((a, b) => a + b, 0);
}

function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...Array.from(actual, (value, index) => Math.abs(value - expected[index]!)));
}

describe("a graph", () => {
  test("is listed inputs first, each node once", () => {
    const a = input("a", "float32", ["batch", 2]);
    const b = add(a, a);
    expect(topologicalOrder({ out: add(b, a), other: b })).toEqual([a, b, add(b, a)]);
  });

  test("that nothing rewrites keeps its very nodes, and a change keeps what does not depend on it", () => {
    const shared = attend(x);
    const graph = { one: add(shared, x), two: shared };
    const same = rewriteGraph(graph, (node) => node);
    expect(same.one).toBe(graph.one);
    expect(same.two).toBe(graph.two);
    const changed = rewriteGraph(graph, (node) => (node === graph.one ? { ...node } : node));
    expect(changed.one).not.toBe(graph.one);
    expect(changed.two).toBe(graph.two);
  });

  test("refuses inputs that don't fit, naming the operation, the parameter and both shapes", () => {
    const row = input("row", "float32", ["batch", 4]);
    const refused = (message: string) => expect.objectContaining({ code: "invalid_model", message });
    expect(() => add(row, weight("bias", 5))).toThrow(refused("add: [batch, 4] and [5] (bias) do not fit together"));
    expect(() => linear(row, weight("w", 3, 5))).toThrow(
      refused("linear: expected a weight of shape [3, 4], got [3, 5] (w)"),
    );
    expect(() => linear(row, weight("w", 4))).toThrow(
      refused("linear: expected a weight of shape [4, 4], got [4] (w)"),
    );
    expect(() => linear(row, weight("w", 3, 4), weight("b", 4))).toThrow(
      refused("linear: expected a bias of shape [3], got [4] (b)"),
    );
    expect(() => layerNorm(row, weight("gain", 3), weight("bias", 4), 1e-5)).toThrow(
      refused("layerNorm: expected a weight of shape [4], got [3] (gain)"),
    );
    expect(() => layerNorm(row, weight("gain", 4), weight("bias", 3), 1e-5)).toThrow(
      refused("layerNorm: expected a bias of shape [4], got [3] (bias)"),
    );
    for (const heads of [3, 0, 0.5, -2]) {
      expect(() => attention(row, row, row, { mask, heads })).toThrow(/a width of 4 can't be split into/);
    }
    expect(add(weight("bias", 4), row).shape).toEqual(["batch", 4]);
  });
});

describe("attention", () => {
  test("fused and not fused is what its formula says", async () => {
    const fusable = outputOf(attend(x));
    expect(operations(fuseQueryKeyValue(fusable))).toContain("packedAttention");
    // The value is made of another node with the same numbers, so the three can't become one.
    const zeros = parameter("zeros", { dtype: "float32", shape: [hidden], data: new Float32Array(hidden) });
    const unfused = outputOf(attend(x, add(x, zeros)));
    expect(operations(fuseQueryKeyValue(unfused))).not.toContain("packedAttention");
    const [one, other] = [await run(fusable), await run(unfused)];
    const tokens = (values: Float32Array) => values.subarray(0, 5 * hidden);
    expect(worst(tokens(one), tokens(other))).toBeLessThan(1e-6);
    expect(worst(tokens(one), attendByHand().slice(0, 5 * hidden))).toBeLessThan(1e-5);
  });

  test("without biases is fused too", () => {
    expect(operations(fuseQueryKeyValue(outputOf(attend(x, x, false))))).toContain("packedAttention");
  });
});

describe("the maximum of a wide product", () => {
  const columns = 9000;

  test.each([true, false])("is found in parts, and is the same: with a bias %s", async (hasBias) => {
    const product = linear(x, weight("wide", columns, hidden), hasBias ? weight("wide bias", columns) : undefined);
    const whole = { out: pool(reshape(product, ["batch", "sequence", columns]), mask, mask, "max") };
    const sliced = sliceWideMaximum(whole);
    expect(operations(sliced).filter((op) => op === "pool")).toHaveLength(3);
    expect(sliced.out!.shape).toEqual(["batch", columns]);
    // A sum hides the product from the pass.
    const inOne = { out: pool(add(reshape(product, ["batch", "sequence", columns]), constant(0)), mask, mask, "max") };
    expect(operations(sliceWideMaximum(inOne))).toEqual(operations(inOne));
    expect(worst(await run(whole), await run(inOne))).toBeLessThan(1e-6);
  });

  test.each([
    ["it isn't wide", 8192, "max"],
    ["it is pooled otherwise", columns, "mean"],
  ] as const)("is left as it is where %s", (_, width, mode) => {
    const product = reshape(linear(x, weight("wide", width, hidden)), ["batch", "sequence", width]);
    const graph = { out: pool(product, mask, mask, mode) };
    expect(sliceWideMaximum(graph).out).toBe(graph.out);
  });
});

describe("quantize", () => {
  test("touches what is done for each token, and no product after pooling", () => {
    const sentence = input("sentence", "float32", ["batch", hidden]);
    const graph = { tokens: linear(x, weight("w", 3, hidden)), sentence: linear(sentence, weight("w", 3, hidden)) };
    const { tokens, sentence: after } = quantize(graph);
    expect(tokens!.op).toBe("linearInt8");
    expect(tokens!.inputs.map(({ dtype, shape }) => [dtype, shape])).toEqual([
      ["float32", ["tokens", hidden]],
      ["int8", [3, hidden]],
      ["float32", [3]],
    ]);
    expect(after).toBe(graph.sentence);
  });

  test("takes 127 steps to the largest number of each row, or sum of two neighbours, and reads a weight once", async () => {
    const rows = [
      [2, -1, 0.5, 0, 0, 0, 0, -2],
      [-64, 3, 1.4, -1.6, -3, -124, 32, 95],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ];
    let reads = 0;
    const shape = [3, hidden];
    const stored = new LazyTensor("float32", shape, async () => {
      reads++;
      return { dtype: "float32", shape, data: Float32Array.from(rows.flat()) };
    });
    const { out } = quantize({ out: linear(x, parameter("w", stored)) });
    const [weights, scale] = await Promise.all(
      out!.inputs.slice(1).map(async (node) => await elementsOf((node as Node<"parameter">).attributes.tensor)),
    );
    expect([...scale!.data]).toEqual([Math.fround(2 / 127), 1, 1]);
    expect([...weights!.data]).toEqual([127, -63, 32, 0, 0, 0, 0, -127, -64, 3, 1, -2, -3, -124, 32, 95, ...rows[2]!]);
    expect(reads).toBe(1);
  });

  test("keeps each weight once, in memory that workers share", async () => {
    const width = 64;
    const wide = reshape(input("x", "float32", ["batch", "sequence", width]), ["tokens", width]);
    const graph = { out: reshape(linear(wide, weight("w", width, width)), ["batch", "sequence", width]) };
    const { weights } = await compileForInference(graph, "int8");
    expect(weights.length).toBeGreaterThanOrEqual(width * width);
    expect(weights.length).toBeLessThan(1.5 * width * width);
    expect(weights.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test("is close to float32, zero rows and channels included", async () => {
    const w = weight("w", hidden, hidden);
    (w.attributes.tensor.data as Float32Array).fill(0, 0, hidden);
    const graph = outputOf(linear(x, w, weight("bias", hidden)));
    const [float, int8] = [await run(graph), await run(graph, "int8")];
    expect(worst(int8, float)).toBeLessThan(0.05);
    expect(worst(int8, float)).toBeGreaterThan(0);
    const column = (values: Float32Array) => values.filter((_, index) => index % hidden === 0);
    expect(worst(column(int8), column(float))).toBe(0);
  });
});
