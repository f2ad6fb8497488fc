/**
 * Every gradient rule against finite differences, over shapes, broadcasting and padding. A case is one operation, or
 * what `decompose` makes of one; all cases of a run are one graph, for the sake of speed.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradients } from "../../src/autodiff/gradients.ts";
import { gradientRules } from "../../src/autodiff/rules.ts";
import { activations } from "../../src/graph/activation.ts";
import * as graph from "../../src/graph/build.ts";
import { add, divide, multiply, subtract } from "../../src/graph/build.ts";
import type { AttentionOptions } from "../../src/graph/build-attention.ts";
import * as parts from "../../src/graph/build-differentiable.ts";
import { type Dimension, type Node, type OperationName, poolingModes } from "../../src/graph/node.ts";
import { expectGradients } from "./check-gradients.ts";
import { Drawn } from "./drawn.ts";
import { runGraph } from "./run-graph.ts";

const numRuns = 4;
const size = fc.integer({ min: 1, max: 4 });
/** Of heads, and of one: every number costs two runs of the plain formula. */
const few = fc.integer({ min: 1, max: 2 });
const width = fc.integer({ min: 3, max: 5 });
const dimension = fc.constantFrom<Dimension>(1, 2, 3, "batch", "sequence");
/** With one batch at most: a reshape leaves only one size to the runtime. */
const shape = fc
  .array(dimension, { minLength: 1, maxLength: 4 })
  .map((sizes) => sizes.map((size, axis) => (size === "batch" && sizes.indexOf(size) < axis ? 2 : size)));

/** A shape, and one that numpy's rules broadcast to it. */
const broadcast = fc
  .record({ whole: shape, ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), dropped: fc.nat(4) })
  .map(({ whole, ones, dropped }) => ({
    whole,
    part: whole.map((size, axis) => (ones[axis] ? 1 : size)).slice(Math.min(dropped, whole.length)),
  }));

const arithmetic = { add, subtract, multiply, divide };

const seen = new Set<OperationName>();

/** A property of graphs of some shapes. */
async function holds<Shapes>(
  shapes: fc.Arbitrary<Shapes>,
  casesOf: (drawn: Drawn, shapes: Shapes) => Record<string, Node>,
): Promise<void> {
  const run = fc.record({ seed: fc.integer(), batch: fc.integer({ min: 1, max: 3 }), sequence: size, shapes });
  await fc.assert(
    fc.asyncProperty(run, async ({ seed, batch, sequence, shapes }) => {
      const drawn = new Drawn(seed, { batch, sequence });
      for (const op of await expectGradients(drawn, casesOf(drawn, shapes))) seen.add(op);
    }),
    { numRuns },
  );
}

describe("arithmetic", () => {
  test("a sequence is as long as any input says, at whichever axis", async () => {
    const drawn = new Drawn(0, { batch: 1, sequence: 3 });
    const repeated = parts.expand(drawn.variable([1, 1, 1]), drawn.indices([1, 2, "sequence"], 2));
    await expectGradients(drawn, { repeated: graph.reshape(repeated, [2, "sequence"]) });
  });

  test("add, subtract, multiply, divide, expand, of shapes that broadcast", () =>
    holds(fc.tuple(broadcast, broadcast), (drawn, pair) => {
      const cases: Record<string, Node> = {};
      for (const [index, { whole, part }] of pair.entries()) {
        for (const [name, make] of Object.entries(arithmetic)) {
          cases[`${name} ${index}`] = make(drawn.variable(whole), drawn.divisor(part));
          cases[`${name} ${index}, turned`] = make(drawn.variable(part), drawn.divisor(whole));
        }
        const ones = Array.from({ length: whole.length - part.length }, () => 1);
        cases[`expand ${index}`] = parts.expand(drawn.variable([...ones, ...part]), drawn.indices(whole, 2));
      }
      const x = drawn.variable(pair[0].whole);
      // A node that is used several times, by one operation and by several.
      cases.square = multiply(x, x);
      cases.sums = add(subtract(x, multiply(x, x)), add(x, x));
      return cases;
    }));

  test("sum and max along axes", () =>
    holds(fc.tuple(shape, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })), (drawn, [shape, chosen]) => ({
      "sum over no axes": parts.sum(drawn.variable([2, 3]), []),
      sum: parts.sum(
        drawn.variable(shape),
        [...shape.keys()].filter((axis) => chosen[axis]),
      ),
      ...Object.fromEntries(
        shape.map((_, axis) => [`max ${axis}`, parts.max(drawn.variable([...shape, 2].slice(-4)), axis)]),
      ),
    })));
});

test("comparisons choose without a gradient of their own, roots have none at 0, what is detached is a constant", async () => {
  const drawn = new Drawn(3, { batch: 3, sequence: 2 });
  const [a, b] = [drawn.variable(["batch", 4]), drawn.variable(["batch", 1])];
  const operations = await expectGradients(drawn, {
    chosen: multiply(multiply(a, b), parts.greater(a, b)),
    root: parts.squareRoot(multiply(b, b)),
    "no root": add(parts.squareRoot(subtract(multiply(a, graph.constant(0)), graph.constant(1))), a),
    smallest: parts.min(a, 1),
    "a size that is there twice": graph.reshape(
      parts.transpose(graph.reshape(parts.matmul(a, a, { transposeB: true }), ["batch", "batch", 1]), [0, 2, 1]),
      ["batch", 1, "batch", 1],
    ),
  });
  for (const op of operations) seen.add(op);
  // Finite differences would see what is detached change.
  const x = graph.input("x", "float32", [2]);
  const [gradient] = gradients(parts.sum(multiply(x, parts.detach(multiply(x, x))), [0]), [x]);
  const data = Float32Array.of(3, -2);
  const found = await runGraph({ gradient: gradient! }, () => ({ dtype: "float32", shape: [2], data }));
  expect([...found.gradient!.data]).toEqual([9, 4]);
  seen.add("detach");
});

describe("order and place", () => {
  test("transpose, reshape", () =>
    holds(
      shape.chain((shape) =>
        fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
      ),
      (drawn, [shape, permutation]) => ({
        transpose: parts.transpose(drawn.variable(shape), permutation),
        "transpose in a circle": parts.transpose(drawn.variable(["batch", 3, 2, "sequence"]), [2, 0, 1, 3]),
        reshape: graph.reshape(drawn.variable(["batch", "sequence", 3]), ["tokens", 3]),
        "reshape back": graph.reshape(drawn.variable(["tokens", 6]), ["batch", "sequence", 2, 3]),
        "reshape to more axes": graph.reshape(drawn.variable([3, 2]), [1, 6, 1]),
      }),
    ));

  test("slice, pad, concat", () =>
    holds(
      fc.record({ before: fc.nat(2), size, after: fc.nat(2), other: size, axis: fc.nat(2) }),
      (drawn, { before, size, after, other, axis }) => {
        const around = (middle: number) => (["batch", "sequence", other] as Dimension[]).with(axis, middle);
        return {
          slice: graph.slice(drawn.variable(around(before + size + after)), axis, before, size),
          pad: parts.pad(drawn.variable(around(size)), axis, before, after),
          row: graph.row(drawn.variable([before + size, other]), before),
          "concat of tokens": graph.concat([size, other].map((width) => drawn.variable(["batch", "sequence", width]))),
          concat: graph.concat([size, other, 1].map((width) => drawn.variable(["batch", width]))),
        };
      },
    ));

  test("gather, scatterRows, firstRows, padRows: rows that are used often, and never", () =>
    holds(fc.tuple(size, width), (drawn, [rows, width]) => {
      const { sequence } = drawn.sizes;
      const ids = drawn.indices(["batch", "sequence"], rows);
      return {
        gather: graph.gather(drawn.variable([rows, width]), ids),
        "gather by a matrix of its own": graph.gather(drawn.variable([rows, width]), drawn.indices([3, 2], rows)),
        scatterRows: parts.scatterRows(drawn.variable(["batch", "sequence", width]), ids, rows),
        firstRows: graph.firstRows(drawn.variable([sequence + rows - 1, width]), ids),
        padRows: parts.padRows(drawn.variable(["sequence", width]), sequence + rows - 1),
      };
    }));
});

describe("products", () => {
  test("matmul, each factor transposed or not, with a scale", () =>
    holds(
      fc.record({ m: size, k: size, n: size, heads: size, scale: fc.constantFrom(1, -0.5, 2) }),
      (drawn, { m, k, n, heads, scale }) => {
        const cases: Record<string, Node> = {};
        for (const batch of [[], ["batch"], ["batch", heads]] satisfies Dimension[][]) {
          for (const transposeA of [false, true]) {
            for (const transposeB of [false, true]) {
              const a = drawn.variable([...batch, ...(transposeA ? [k, m] : [m, k])]);
              const b = drawn.variable([...batch, ...(transposeB ? [n, k] : [k, n])]);
              const name = `a${transposeA ? "^T" : ""} b${transposeB ? "^T" : ""} with ${batch.length + 2} dimensions`;
              cases[name] = parts.matmul(a, b, { transposeA, transposeB, scale });
            }
          }
        }
        return cases;
      },
    ));

  test("linear, with and without bias, of two dimensions and of three", () =>
    holds(fc.tuple(width, width), (drawn, [inputs, outputs]) => {
      const weight = () => drawn.variable([outputs, inputs]);
      return {
        matrix: graph.linear(drawn.variable(["tokens", inputs]), weight(), drawn.variable([outputs])),
        "no bias": graph.linear(drawn.variable(["batch", inputs]), weight()),
        tokens: graph.linear(drawn.variable(["batch", "sequence", inputs]), weight(), drawn.variable([outputs])),
      };
    }));
});

test("activations", () =>
  holds(width, (drawn, width) =>
    Object.fromEntries(activations.map((kind) => [kind, graph.activation(drawn.variable(["batch", width], 7), kind)])),
  ));

test("softmax, standardize, layerNorm, normalize, dropout", () =>
  holds(
    fc.tuple(width, fc.constantFrom(1e-12, 1e-5, 0.1), fc.constantFrom(0, 0.1, 0.5)),
    (drawn, [width, epsilon, ratio]) => {
      const x = () => drawn.variable(["batch", "sequence", width]);
      const affine = () => drawn.variable([width]);
      return {
        softmax: parts.softmax(x()),
        logSumExp: parts.logSumExp(x()),
        norm: parts.norm(x()),
        standardize: parts.standardize(x(), epsilon),
        layerNorm: graph.layerNorm(x(), affine(), affine(), epsilon),
        // Rows of numbers that are nearly equal are nobody's business.
        "layerNorm of a sum": graph.layerNorm(
          add(x(), drawn.variable(["batch", "sequence", width], 0.02)),
          affine(),
          affine(),
          epsilon,
        ),
        normalize: graph.normalize(x()),
        dropout: parts.dropout(x(), ratio),
        "dropout after dropout": parts.dropout(multiply(parts.dropout(x(), 0.5), x()), ratio),
      };
    },
  ));

test("attention with padding, with and without position bias, with dropout", () =>
  holds(fc.tuple(few, few), (drawn, [heads, headWidth]) => {
    const mask = drawn.mask();
    const x = () => drawn.variable(["tokens", heads * headWidth], 1);
    const shared = x();
    const bias = () => graph.relativePositionBias(drawn.variable([8, heads]), mask);
    return {
      attention: graph.attention(x(), x(), x(), { mask, heads }),
      "attention of itself": graph.attention(shared, shared, shared, { mask, heads }),
      "position bias": bias(),
      "attention with position bias": graph.attention(x(), x(), x(), { mask, positionBias: bias(), heads }),
      "attention with another": graph.attention(x(), x(), x(), { mask, positionBias: bias(), heads }),
      "attention with dropout": graph.attention(x(), x(), x(), { mask, heads, dropout: 0.3 }),
    };
  }));

test("layerNorm without bias, rmsNorm, of rows and of heads", () =>
  holds(fc.tuple(width, fc.constantFrom(1e-6, 1e-5, 0.1)), (drawn, [width, epsilon]) => {
    const gain = () => drawn.variable([width]);
    const tokens = drawn.variable(["tokens", 2 * width]);
    const heads = graph.reshape(tokens, ["batch", "sequence", 2, width]);
    return {
      layerNorm: graph.layerNorm(drawn.variable(["tokens", width]), gain(), undefined, epsilon),
      rmsNorm: graph.rmsNorm(drawn.variable(["batch", "sequence", width]), gain(), epsilon),
      "rmsNorm, gain from 0": graph.rmsNorm(drawn.variable(["tokens", width]), add(gain(), graph.constant(1)), epsilon),
      "rmsNorm of heads": graph.reshape(graph.rmsNorm(heads, gain(), epsilon), tokens.shape),
    };
  }));

test("rotary: whole heads and parts of them, scaled", () =>
  holds(fc.tuple(few, fc.constantFrom(1, 0.75)), (drawn, [heads, scale]) => {
    const like = drawn.mask();
    const turned = (headWidth: number, frequencies: number[]) =>
      graph.rotary(drawn.variable(["tokens", heads * headWidth]), like, { heads, frequencies, scale });
    return { whole: turned(4, [1, 0.25]), part: turned(6, [0.5, 0.125]), odd: turned(3, [0.75]) };
  }));

test("attention: shared keys, another scale, causal, in a window, ALiBi", () =>
  holds(fc.tuple(fc.constantFrom(1, 2, 4), few, fc.nat(3)), (drawn, [keyHeads, headWidth, window]) => {
    const mask = drawn.mask();
    const heads = 4;
    // A window that hides every token of a padding row is left to the values of test/graph.
    const attend = (options: Partial<AttentionOptions>, bias?: Node) => {
      const [query, key, value] = [heads, keyHeads, keyHeads].map((count) =>
        drawn.variable(["tokens", count * headWidth], 1),
      ) as [Node, Node, Node];
      const attended = graph.attention(query, key, value, { mask, positionBias: bias, heads, keyHeads, ...options });
      // A padding row whose window holds no token has no weights that mean anything.
      return graph.multiply(attended, graph.reshape(mask, ["tokens", 1]));
    };
    return {
      shared: attend({ scale: 1 }),
      causal: attend({ causal: true }),
      window: attend({ window: window + 8 }),
      "window to the left": attend({ causal: true, window: window + 8 }),
      alibi: attend({}, graph.alibi(mask, [0.5, 0.25, 0.125, 0.0625])),
    };
  }));

test("scores of relative positions: distances beyond the table, rows that several share, and none has", () =>
  holds(fc.tuple(few, few), (drawn, [heads, headWidth]) => {
    const mask = drawn.mask();
    const x = (rows: Dimension = "tokens") => drawn.variable([rows, heads * headWidth], 1);
    const options = { heads, scale: 0.5, rows: [0, 3, 3, 1, 4] };
    const scores = (of: "queries" | "keys") => graph.relativeScores(x(), x(6), mask, { ...options, of });
    return {
      queries: scores("queries"),
      keys: scores("keys"),
      attention: graph.attention(x(), x(), x(), { mask, positionBias: add(scores("queries"), scores("keys")), heads }),
      sums: parts.sumAtDistances(
        drawn.variable([2, "batch", "sequence", "sequence"]),
        { of: "keys", rows: [5, 0, 5] },
        6,
      ),
    };
  }));

test("pooling, each mode, where all tokens count and where the first do not", () =>
  holds(width, (drawn, width) => {
    const mask = drawn.mask();
    const promptMask = withoutFirst(drawn, mask);
    return Object.fromEntries(
      poolingModes.flatMap((mode) =>
        [mask, promptMask].map((pooled, index) => [
          `${mode} ${index}`,
          graph.pool(drawn.variable(["batch", "sequence", width]), pooled, mask, mode),
        ]),
      ),
    );
  }));

/** A mask that hides the first token of sentences of two or more. */
function withoutFirst(drawn: Drawn, mask: Node): Node {
  const hidden = drawn.mask();
  const { sequence } = drawn.sizes;
  const { data } = drawn.values.get(mask)!;
  const isHidden = (place: number) => place % sequence === 0 && data[place + 1] === 1 && sequence > 1;
  drawn.values.get(hidden)!.data.set(data.map((value, place) => (isHidden(place) ? 0 : value)));
  return hidden;
}

test("every rule was among these", () => {
  const withRule = Object.entries(gradientRules).flatMap(([op, rule]) => (rule === undefined ? [] : [op]));
  expect(withRule.filter((op) => !seen.has(op as OperationName))).toEqual([]);
});
