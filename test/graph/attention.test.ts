/** Attention as inference computes it, against the plain formula in float64: every form of it, in fp32 and int8. */
import { expect, test } from "vitest";
import { createSession } from "#runtime";
import type { AttentionLimits } from "../../src/graph/attention-limits.ts";
import * as graph from "../../src/graph/build.ts";
import type { AttentionOptions } from "../../src/graph/build-attention.ts";
import { compileForInference } from "../../src/graph/lower-inference.ts";
import type { Node } from "../../src/graph/node.ts";
import type { NamedTensors } from "../../src/runtime/session.ts";
import { Drawn } from "../autodiff/drawn.ts";
import { evaluate } from "../autodiff/evaluate.ts";

const hidden = 24;
const heads = 4;
/** Not hidden / heads: heads have a width of their own. */
const headWidth = 8;

interface Case extends Partial<AttentionOptions> {
  readonly hasBias?: boolean;
  readonly frequencies?: number[];
  readonly isAlibi?: boolean | undefined;
  readonly isRelative?: boolean | undefined;
  /** Scores against relative positions, as DeBERTa has them: a position bias that differs from text to text. */
  readonly hasScores?: boolean | undefined;
  /** Of each head, as Qwen3 has it. */
  readonly hasNorm?: boolean;
}

const cases: Record<string, Case> = {
  plain: { hasBias: true },
  "no bias": {},
  "one key head": { keyHeads: 1, hasBias: true },
  "two key heads": { keyHeads: 2, scale: 0.25 },
  causal: { causal: true, hasBias: true },
  window: { window: 3 },
  "window of one": { window: 0 },
  "window to the left, shared keys": { causal: true, window: 2, keyHeads: 2 },
  rotary: { frequencies: [1, 0.5, 0.25, 0.125] },
  "rotary in part, shared keys, causal": { frequencies: [1, 0.1], keyHeads: 2, causal: true, hasNorm: true },
  alibi: { isAlibi: true, hasBias: true },
  "alibi, shared keys, window": { isAlibi: true, keyHeads: 2, window: 3 },
  "relative positions": { isRelative: true },
  "relative positions, causal": { isRelative: true, causal: true, keyHeads: 1 },
  "scores of positions": { hasScores: true },
  "scores of positions, causal": { hasScores: true, causal: true },
};

const scoresOfRows = { heads, scale: 0.25, of: "queries", rows: [0, 3, 1, 2, 4] } as const;

/** For texts of these many tokens: the first is the longest. */
async function compare(seed: number, sizes: { batch: number; sequence: number }) {
  const drawn = new Drawn(seed, sizes);
  const mask = drawn.mask();
  const input = drawn.variable(["batch", "sequence", hidden]);
  const x = graph.reshape(input, ["tokens", hidden]);
  const weight = (...shape: number[]) => {
    const values = drawn.variable(shape, 0.5);
    const node = graph.parameter(`weight ${drawn.values.size}`, drawn.tensorOf(values));
    drawn.values.set(node, drawn.values.get(values)!);
    return node;
  };
  const scores = () => {
    const of = graph.linear(x, weight(heads * headWidth, hidden));
    return graph.relativeScores(of, weight(5, heads * headWidth), mask, scoresOfRows);
  };
  const positionBias = ({ isAlibi, isRelative, hasScores }: Case) => {
    if (hasScores) return scores();
    if (isAlibi) return graph.alibi(mask, [0.5, 0.25, 0.125, 0.0625]);
    return isRelative ? graph.relativePositionBias(weight(8, heads), mask, { maxDistance: 16 }) : undefined;
  };
  const build = ({
    hasBias = false,
    frequencies,
    isAlibi,
    isRelative,
    hasScores,
    hasNorm = false,
    ...options
  }: Case) => {
    const { keyHeads = heads } = options;
    const project = (count: number) =>
      graph.linear(x, weight(count * headWidth, hidden), hasBias ? weight(count * headWidth) : undefined);
    const position = (projection: Node, count: number) => {
      const byHead = graph.reshape(projection, ["batch", "sequence", count, headWidth]);
      const normed = hasNorm
        ? graph.reshape(graph.rmsNorm(byHead, weight(headWidth), 1e-6), projection.shape)
        : projection;
      return frequencies === undefined ? normed : graph.rotary(normed, mask, { heads: count, frequencies });
    };
    const attended = graph.attention(
      position(project(heads), heads),
      position(project(keyHeads), keyHeads),
      project(keyHeads),
      { mask, positionBias: positionBias({ isAlibi, isRelative, hasScores }), heads, ...options },
    );
    return graph.reshape(attended, ["batch", "sequence", heads * headWidth]);
  };
  const outputs = Object.fromEntries(Object.entries(cases).map(([name, one]) => [name, build(one)]));
  const name = (node: Node) => (node as Node<"input">).attributes.name;
  const inputs: NamedTensors = { [name(input)]: drawn.tensorOf(input), [name(mask)]: drawn.tensorOf(mask) };
  const run = async (dtype: "fp32" | "int8", limits?: AttentionLimits) => {
    const session = await createSession(compileForInference(outputs, dtype, limits), { workers: 0 });
    try {
      return await session.run(structuredClone(inputs));
    } finally {
      await session.dispose();
    }
  };
  const [fp32, int8] = [await run("fp32"), await run("int8")];
  const long = await run("fp32", { whole: 0, wholeOfSome: 0, slice: 4 });
  const isToken = drawn.values.get(mask)!.data;
  return Object.entries(outputs).map(([name, output]) => {
    const expected = evaluate(output, drawn.values, sizes).data;
    // What a query of padding gets nobody reads.
    const worst = (actual: ArrayLike<number | bigint>) =>
      expected.reduce((most, value, index) => {
        if (isToken[Math.floor(index / (heads * headWidth))] === 0) return most;
        const error = Math.abs(Number(actual[index]) - value);
        return error <= most ? most : error;
      }, 0);
    return { name, fp32: worst(fp32[name]!.data), long: worst(long[name]!.data), int8: worst(int8[name]!.data) };
  });
}

test.each([
  [1, { batch: 1, sequence: 1 }],
  [2, { batch: 3, sequence: 7 }],
  [3, { batch: 2, sequence: 30 }],
])("is what its formula says, drawn by %i, of %o", async (seed, sizes) => {
  for (const { name, fp32, long, int8 } of await compare(seed, sizes)) {
    expect(fp32, name).toBeLessThan(2e-5);
    expect(long, `${name}, as of long texts`).toBeLessThan(2e-5);
    expect(int8, `${name}, int8`).toBeLessThan(0.25);
    expect(int8, `${name}, int8`).toBeGreaterThan(0);
  }
});

test("refuses what doesn't fit, by name", () => {
  const mask = graph.input("mask", "float32", ["batch", "sequence"]);
  const row = (width: number) => graph.input("x", "float32", ["tokens", width]);
  const attend = (keyHeads: number, keyWidth: number, options: Partial<AttentionOptions> = {}) =>
    graph.attention(row(32), row(keyWidth), row(keyWidth), { mask, heads: 4, keyHeads, ...options });
  expect(() => attend(3, 24)).toThrow("attention: 3 key heads should divide 4 heads");
  expect(() => attend(0, 24)).toThrow("0 key heads");
  expect(() => attend(2, 32)).toThrow("expected keys of shape [tokens, 16], got [tokens, 32]");
  expect(() => attend(2, 16, { window: -1 })).toThrow("a window should be a non-negative number of positions, got -1");
  expect(() => attend(2, 16, { scale: Number.NaN })).toThrow("the scale is NaN");
  const turn = (frequencies: number[]) => graph.rotary(row(32), mask, { heads: 4, frequencies });
  expect(() => turn([])).toThrow("takes 1 to 4 frequencies");
  expect(() => turn([1, 1, 1, 1, 1])).toThrow("got 5");
  expect(() => turn([Number.POSITIVE_INFINITY])).toThrow("all finite");
  expect(() => graph.alibi(mask, [])).toThrow("alibi: expected a finite slope");
  expect(() => graph.slice(row(32), 1, 30, 3)).toThrow("has no 3 numbers from 30 on along axis 1");
  expect(() => graph.slice(row(32), 0, 0, 1)).toThrow("along axis 0");
  expect(() => graph.rmsNorm(row(32), row(32), 1e-6)).toThrow("rmsNorm: expected a weight of shape [32]");
  const table = graph.input("table", "float32", [32, 4]);
  expect(() => graph.relativePositionBias(table, mask, { maxDistance: 8 })).toThrow("a largest distance above 8");
});
