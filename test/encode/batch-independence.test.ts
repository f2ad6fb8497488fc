/**
 * An embedding depends on its text alone: not on what else is encoded, in which order, or on how much padding that
 * brings. This holds for int8 too, because activations are quantized row by row.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { fixture } from "./model-folder.ts";

/** Of the largest number of the vector. */
const tolerance = 1e-6;

const word = fc.constantFrom("the", "cat", "Tree", "rain", "sat", "42", "<s>", "[SEP]", "ü", "東京", "🙂", "—", "x");
const text = fc.oneof(
  fc.array(word, { maxLength: 6 }).map((words) => words.join(" ")),
  fc.array(word, { maxLength: 90 }).map((words) => words.join(" ")),
  fc.string({ unit: "binary", maxLength: 20 }),
);

describe.each(["bert", "mpnet", "roberta"])("%s", (name) => {
  describe.each(["fp32", "int8"] as const)("%s", (dtype) => {
    let model: SentenceTransformer;
    beforeAll(async () => {
      model = await SentenceTransformer.load(fixture(name), { dtype, workers: 0, onWarning: () => {} });
    });
    afterAll(() => model.dispose());

    test("a text alone, among others, and among others in another order has one embedding", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 2, maxLength: 40 }), async (texts) => {
          const together = await model.encode(texts);
          const backwards = await model.encode(texts.toReversed());
          const last = texts.length - 1;
          for (const index of [0, last >> 1, last]) {
            expectClose(await model.encode(texts[index]!), together.row(index));
          }
          for (const index of texts.keys()) expectClose(backwards.row(last - index), together.row(index));
        }),
        { numRuns: 25 },
      );
    });
  });
});

function expectClose(actual: Float32Array, expected: Float32Array): void {
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  expect(worst / scale).toBeLessThan(tolerance);
}
