/** Operations as inference computes them, of tokens in three dimensions, against the plain formulas in float64. */
import { expect, test } from "vitest";
import { createSession } from "#runtime";
import { activations } from "../../src/graph/activation.ts";
import * as graph from "../../src/graph/build.ts";
import { decompose } from "../../src/graph/decompose.ts";
import { compileForInference } from "../../src/graph/lower-inference.ts";
import { inputNames, type Node } from "../../src/graph/node.ts";
import type { NamedTensors } from "../../src/runtime/session.ts";
import { Drawn } from "../autodiff/drawn.ts";
import { evaluate } from "../autodiff/evaluate.ts";

test("each is what its formula says", async () => {
  const width = 5;
  const drawn = new Drawn(1, { batch: 2, sequence: 3 });
  const x = drawn.variable(["batch", "sequence", width], 4);
  const outputs: Record<string, Node> = {
    linear: graph.linear(x, drawn.variable([3, width]), drawn.variable([3])),
    "linear without bias": graph.linear(x, drawn.variable([4, width])),
    concat: graph.concat([x, drawn.variable(["batch", "sequence", 2]), drawn.variable(["batch", "sequence", 1])]),
    "concat of one": graph.concat([x]),
    slice: graph.slice(x, 2, 1, 3),
    "slice of one": graph.slice(x, 2, width - 1, 1),
    ...Object.fromEntries(activations.map((kind) => [kind, graph.activation(x, kind)])),
  };
  const name = (node: Node) => (node as Node<"input">).attributes.name;
  const inputs: NamedTensors = Object.fromEntries(
    [...drawn.values.keys()].map((node) => [name(node), drawn.tensorOf(node)]),
  );
  const session = await createSession(compileForInference(outputs, "fp32"), { workers: 0 });
  const found = await session.run(structuredClone(inputs));
  await session.dispose();
  for (const [name, node] of Object.entries(outputs)) {
    const { shape, data } = evaluate(node, drawn.values, drawn.sizes);
    expect(found[name]!.shape, name).toEqual(shape);
    for (const [place, value] of data.entries()) expect(Number(found[name]!.data[place]), name).toBeCloseTo(value, 4);
  }
});

test("a graph needs the inputs that its outputs depend on", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => graph.input(name, "float32", [2])) as [Node, Node, Node];
  expect(inputNames({ sum: graph.add(a, b), a })).toEqual(["a", "b"]);
  expect(inputNames({ c: graph.add(c, graph.constant(1)) })).toEqual(["c"]);
});

test("refuses what doesn't fit, by name", () => {
  const x = graph.input("x", "float32", ["tokens", 32]);
  const mask = graph.input("mask", "float32", ["batch", "sequence"]);
  expect(() => graph.concat([x, graph.input("y", "float32", ["batch", 2])])).toThrow(
    "concat: expected a part of shape [tokens, 2], got [batch, 2]",
  );
  for (const [start, size] of [
    [-1, 2],
    [3, 0],
    [0.5, 1],
    [1, 1.5],
    [0, 33],
  ] as const) {
    expect(() => graph.slice(x, 1, start, size)).toThrow(`has no ${size} numbers from ${start} on along axis 1`);
  }
  const scores = (rows: number[]) => () =>
    graph.relativeScores(x, graph.input("table", "float32", [4, 32]), mask, { heads: 2, scale: 1, of: "keys", rows });
  expect(scores([0, 3, 1])().shape).toEqual(["batch", 2, "sequence", "sequence"]);
  for (const rows of [[0, 1], [-1], [0.5], [4], [0, 1, 4]]) {
    expect(scores(rows)).toThrow(`expected an odd number of rows of 4, got [${rows}]`);
  }
  for (const before of [
    ["batch", 3],
    [2, "sequence"],
    ["batch", "sequence", 2],
  ] as const) {
    const product = graph.linear(graph.input("x", "float32", [...before, 4]), graph.input("w", "float32", [3, 4]));
    expect(() => decompose({ product })).toThrow("linear: expected [batch, sequence, width] or two dimensions");
  }
});
