/** What `decompose` makes of a graph computes what the graph for inference computes. */
import { expect, test } from "vitest";
import { createSession } from "#runtime";
import { alibi, attention, input, pool } from "../../src/graph/build.ts";
import type { AttentionMasks, AttentionOptions } from "../../src/graph/build-attention.ts";
import { dropout } from "../../src/graph/build-differentiable.ts";
import { decompose } from "../../src/graph/decompose.ts";
import { compileForInference } from "../../src/graph/lower-inference.ts";
import { type Graph, type Node, poolingModes, topologicalOrder } from "../../src/graph/node.ts";
import type { NamedTensors } from "../../src/runtime/session.ts";
import { fixture } from "../encode/model-folder.ts";
import { transformerFixtures } from "../modules/load-transformer.ts";
import { featuresOf } from "./model-graph.ts";
import { runGraph } from "./run-graph.ts";

/** Largest difference as a part of the largest number: roundings of two orders of float32 sums, over all layers. */
const tolerance = 3e-6;

const lengths = [7, 4, 1];
// biome-ignore format: one sentence a line
const ids = Int32Array.of(
  2, 9, 40, 7, 7, 61, 3,
  2, 5, 90, 3, 0, 0, 0,
  2, 0, 0, 0, 0, 0, 0,
);
/** What is pooled lacks a prompt of two tokens, which is all there is of the last sentence. */
const batch: NamedTensors = {
  input_ids: { dtype: "int32", shape: [3, 7], data: ids },
  attention_mask: { dtype: "float32", shape: [3, 7], data: maskFrom(0) },
  prompt_mask: { dtype: "float32", shape: [3, 7], data: maskFrom(2) },
};

function maskFrom(start: number): Float32Array {
  return Float32Array.from(
    lengths.flatMap((length) => [0, 1, 2, 3, 4, 5, 6].map((t) => Number(t >= start && t < length))),
  );
}

test.each(transformerFixtures)("%s", async (model) => {
  const features = await featuresOf(fixture(model));
  const { token_embeddings: tokens, sentence_embedding: sentence, prompt_mask: some, attention_mask: mask } = features;
  const graph: Record<string, Node> = { sentence: sentence! };
  for (const mode of poolingModes) {
    graph[mode] = pool(tokens!, mask, mask, mode);
    graph[`${mode} without a prompt`] = pool(tokens!, some, mask, mode);
  }
  const inference = await infer(graph);
  const training = await runGraph(decompose(graph).graph, (leaf) => batch[(leaf as Node<"input">).attributes.name]!);
  for (const [name, { data, shape }] of Object.entries(inference)) {
    expect(training[name]!.shape, name).toEqual(shape);
    // The maximum of no tokens, the last sentence's, is minus infinity, and a large negative number where it is a sum.
    const expected = (data as Float32Array).filter((value) => value !== Number.NEGATIVE_INFINITY);
    expect(expected.length, name).toBe(data.length - (name === "max without a prompt" ? shape[1]! : 0));
    const largest = Math.max(...expected.map(Math.abs));
    const errors = expected.map((value, index) => Math.abs(value - Number(training[name]!.data[index])));
    expect(Math.max(...errors) / largest, name).toBeLessThan(tolerance);
  }
});

async function infer(graph: Graph): Promise<NamedTensors> {
  const session = await createSession(compileForInference(graph, "fp32"), { workers: 0 });
  try {
    return await session.run(structuredClone(batch));
  } finally {
    await session.dispose();
  }
}

test("dropout gets noise of its own everywhere, and none where its ratio is 0", () => {
  const x = input("x", "float32", ["tokens", 4]);
  const mask = input("mask", "float32", ["batch", "sequence"]);
  const attended = attention(dropout(x, 0.1), x, dropout(x, 0), { mask, heads: 2, dropout: 0.2 });
  const { graph, noise } = decompose({ out: dropout(attended, 0.3) });
  expect(noise.map(({ dtype, shape }) => [dtype, shape])).toEqual([
    ["uint8", ["tokens", 4]],
    ["uint8", ["batch", 2, "sequence", "sequence"]],
    ["uint8", ["tokens", 4]],
  ]);
  expect(new Set(noise.map(({ attributes }) => attributes.name)).size).toBe(3);
  const inputs = topologicalOrder(graph).filter(({ op }) => op === "input");
  for (const node of noise) expect(inputs).toContain(node);
});

test("layers of attention share one bias, unless they see other tokens", () => {
  const x = input("x", "float32", ["tokens", 4]);
  const mask = input("mask", "float32", ["batch", "sequence"]);
  const biasesOf = (...layers: (AttentionOptions & AttentionMasks)[]) => {
    const graph = Object.fromEntries(layers.map((options, layer) => [`${layer}`, attention(x, x, x, options)]));
    // Of the mask each bias subtracts 1.
    return topologicalOrder(decompose(graph).graph).filter(({ op }) => op === "subtract").length;
  };
  const one = { mask, heads: 2, causal: true, window: 3 };
  expect(biasesOf(one, { ...one, scale: 2 })).toBe(1);
  const otherMask = input("other mask", "float32", ["batch", "sequence"]);
  for (const change of [{ mask: otherMask }, { causal: false }, { window: 2 }, { positionBias: alibi(mask, [1, 2]) }]) {
    expect(biasesOf(one, { ...one, ...change })).toBe(2);
  }
});
