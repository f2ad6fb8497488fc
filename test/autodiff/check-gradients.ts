/**
 * Compares gradients as ONNX Runtime computes them in float32 with central finite differences of the plain formulas in
 * float64. The loss of each case is the sum of its value's numbers, each times a random one.
 */
import { expect } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import { multiply } from "../../src/graph/build.ts";
import { sum } from "../../src/graph/build-differentiable.ts";
import { decompose } from "../../src/graph/decompose.ts";
import { type Node, type OperationName, topologicalOrder } from "../../src/graph/node.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Drawn } from "./drawn.ts";
import { evaluate } from "./evaluate.ts";
import type { Float64Tensor } from "./float64.ts";
import { runGraph } from "./run-graph.ts";

/**
 * Of the largest number compared with, or of `smallest` where all are smaller: a gradient that is a sum of many numbers
 * of size 2 may itself be small, and has the rounding of the large ones.
 */
const tolerance = 1e-5;
const smallest = 1;

const step = 1e-5;

/** All cases in one run. @returns the operations that were differentiated */
export async function expectGradients(
  drawn: Drawn,
  cases: Readonly<Record<string, Node>>,
): Promise<Set<OperationName>> {
  const losses = Object.fromEntries(
    Object.entries(cases).map(([name, value]) => {
      const weights = drawn.variable(value.shape);
      return [name, sum(multiply(value, weights), [...value.shape.keys()])];
    }),
  );
  const decomposed = decompose({
    ...losses,
    ...Object.fromEntries(Object.entries(cases).map(([name, value]) => [`value of ${name}`, value])),
  });
  for (const node of decomposed.noise) drawn.giveNoise(node);
  const operations = new Set<OperationName>();
  const outputs: Record<string, Node> = {};
  const expected: Record<string, Float64Tensor> = {};
  for (const [name, loss] of Object.entries(losses)) {
    const toDifferentiate = decomposed.graph[name]!;
    const order = topologicalOrder({ loss: toDifferentiate });
    for (const { op } of order) operations.add(op);
    // What dropout lets through is said by the noise, which only the decomposed graph has.
    const reference = order.some((node) => node.op === "dropout") ? toDifferentiate : loss;
    const value = (node: Node) => evaluate(node, drawn.values, drawn.sizes);
    outputs[`value of ${name}`] = decomposed.graph[`value of ${name}`]!;
    expected[`value of ${name}`] = value(reference === loss ? cases[name]! : decomposed.graph[`value of ${name}`]!);
    const targets = order.filter((node) => drawn.variables.has(node));
    for (const [index, gradient] of gradients(toDifferentiate, targets).entries()) {
      const output = `gradient ${index} of ${name}`;
      outputs[output] = gradient;
      expected[output] = finiteDifference(drawn.values.get(targets[index]!)!, () => value(reference).data[0]!);
    }
  }
  const actual = await runGraph(outputs, (node) => drawn.tensorOf(node));
  for (const [name, tensor] of Object.entries(expected)) expectClose(name, actual[name]!, tensor);
  return operations;
}

function finiteDifference({ shape, data }: Float64Tensor, loss: () => number): Float64Tensor {
  const slopes = data.map((value, index) => {
    const [above, below] = [value + step, value - step].map((moved) => {
      data[index] = moved;
      return loss();
    }) as [number, number];
    data[index] = value;
    return (above - below) / (2 * step);
  });
  return { shape, data: slopes };
}

function expectClose(name: string, actual: Tensor, expected: Float64Tensor): void {
  expect(actual.shape, name).toEqual(expected.shape);
  const scale = Math.max(smallest, ...expected.data.map(Math.abs));
  const worst = expected.data.reduce((most, value, index) => {
    const difference = Math.abs(Number(actual.data[index]) - value) / scale;
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
  }, 0);
  expect(worst, `${name}, relative`).toBeLessThan(tolerance);
}
