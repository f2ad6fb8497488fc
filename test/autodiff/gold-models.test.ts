/**
 * Whole tiny models against PyTorch: Transformer, pooling, Dense with Tanh, mean squared error; the gradients by all
 * parameters. See tools/gold.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import { batchInputs } from "../../src/encode/batch-inputs.ts";
import { constant, input, multiply, reshape, subtract } from "../../src/graph/build.ts";
import { sum } from "../../src/graph/build-differentiable.ts";
import { decompose } from "../../src/graph/decompose.ts";
import { extractLookups } from "../../src/graph/extract-lookups.ts";
import { type Node, topologicalOrder } from "../../src/graph/node.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { floats } from "./gold-gradients.ts";
import { featuresWithDense } from "./model-graph.ts";
import { runGraph } from "./run-graph.ts";

interface GoldModel {
  model: string;
  ids: number[][];
  padId: number;
  targets: number[][];
  loss: number;
  /** The worst error of PyTorch's float32, of a gradient's largest number. */
  float32Error: number;
  /** From float64, as float32 in base64 by the parameter's name */
  gradients: Record<string, string>;
}

/** Of a gradient's largest number; or twice of what PyTorch's own float32 is off, if that is more. */
const tolerance = 1e-5;

/** It moves all scores of a query alike, so its gradient is zero, but for noise: compared with that of the weight. */
const biasOfKeys = /\b(key|k_lin|attn\.k)\.bias$/;

const bytes = readFileSync(new URL("../gold/autodiff/models.json.gz", import.meta.url));
const gold = JSON.parse(String(gunzipSync(bytes))) as { models: GoldModel[] };

describe.each(gold.models)("$model", (model) => {
  const expected = new Map(Object.entries(model.gradients).map(([name, values]) => [name, floats(values)]));

  test("the loss and the gradients by all parameters", async () => {
    const scaleOf = (name: string) =>
      largest(expected.get(biasOfKeys.test(name) ? name.replace("bias", "weight") : name)!);
    const { loss, byName, scattered } = await gradientsOf(model);
    expect(loss).toBeCloseTo(model.loss, 6);
    expect([...byName.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    const words = "embeddings.word_embeddings.weight";
    const errors = [...expected].map(
      ([name, values]) => [name, errorOf(byName.get(name)!, values) / scaleOf(name)] as const,
    );
    errors.push(["rows looked up outside", errorOf(scattered, expected.get(words)!) / scaleOf(words)]);
    expect(errors.filter(([, error]) => !(error < Math.max(tolerance, 2 * model.float32Error)))).toEqual([]);
  });
});

async function gradientsOf({ model, ids, padId, targets }: GoldModel) {
  const batch = batchInputs(
    ids.map((row) => Int32Array.from(row)),
    padId,
    0,
  );
  const embedding = (await featuresWithDense(model)).sentence_embedding!;
  const target = input("targets", "float32", embedding.shape);
  const difference = subtract(embedding, target);
  const mean = multiply(sum(multiply(difference, difference), [0, 1]), constant(1 / targets.flat().length));
  const { graph } = decompose({ loss: reshape(mean, []) });
  const parameters = topologicalOrder(graph).filter((node) => node.op === "parameter");
  const outside = extractLookups(graph);
  const [lookup] = topologicalOrder(outside).filter((node) => node.op === "lookup") as [Node<"lookup">];
  const { table } = lookup.attributes;

  const outputs = {
    loss: graph.loss!,
    rows: gradients(outside.loss!, [lookup])[0]!,
    ...Object.fromEntries(gradients(graph.loss!, parameters).map((gradient, index) => [`gradient ${index}`, gradient])),
  };
  const values: Record<string, Tensor> = {
    ...batch,
    targets: { dtype: "float32", shape: [targets.length, targets[0]!.length], data: Float32Array.from(targets.flat()) },
  };
  const result = await runGraph(outputs, (leaf) =>
    leaf.op === "lookup" ? rowsOf(table, batch.input_ids) : values[(leaf as Node<"input">).attributes.name]!,
  );
  const numbers = (name: string) => result[name]!.data as Float32Array;

  const scattered = new Float32Array(table.data.length);
  const width = table.shape[1]!;
  for (const [index, value] of numbers("rows").entries()) {
    scattered[Number(batch.input_ids.data[Math.floor(index / width)]) * width + (index % width)]! += value;
  }
  const byName = new Map(parameters.map((node, index) => [goldName(node), numbers(`gradient ${index}`)]));
  return { loss: numbers("loss")[0]!, byName, scattered };
}

/** A checkpoint may put the architecture before the names; the gold file puts Dense's folder before its own. */
function goldName({ attributes: { name } }: Node<"parameter">): string {
  return name.startsWith("linear.") ? `2_Dense/${name}` : name.replace(/^(roberta|distilbert)\./, "");
}

function rowsOf(table: Tensor<"float32">, { shape, data }: Tensor): Tensor {
  const width = table.shape[1]!;
  const rows = Array.from(data as Int32Array, (id) => [...table.data.subarray(id * width, (id + 1) * width)]);
  return { dtype: "float32", shape: [...shape, width], data: Float32Array.from(rows.flat()) };
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => (Math.abs(value) <= most ? most : Math.abs(value)), 0);
}

function errorOf(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  return largest(actual.map((value, index) => value - expected[index]!));
}
