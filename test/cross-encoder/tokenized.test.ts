/** Pairs as tokens give the scores of the pairs. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CrossEncoder, type TextPair } from "../../src/cross-encoder/index.ts";

const folder = (name: string) => fileURLToPath(new URL(`../fixtures/cross-encoders/${name}`, import.meta.url));
const options = { workers: 0, onWarning: () => {} };
const pairs: TextPair[] = [
  ["a cat", "the cat sat on a mat"],
  ["a tree", ""],
  ["where is it?", "near some old tree while it rained"],
];

test.each(["bert-1", "bert-3", "roberta-1"])(
  "%s: tokenize and predictTokenized give what predict gives",
  async (name) => {
    await using model = await CrossEncoder.load(folder(name), options);
    const tokens = pairs.map((pair) => model.tokenize(pair));
    for (const activationFn of [undefined, "identity"] as const) {
      const chosen = activationFn && { activationFn };
      const scores = await model.predictTokenized(tokens, chosen);
      const expected = (await model.predictLabels(pairs, chosen)).data;
      expect(scores.length).toBe(pairs.length * model.numLabels);
      for (const [at, score] of scores.entries()) expect(score).toBeCloseTo(expected[at]!, 5);
    }
  },
);

test("a pair that was not cut is refused with its length", async () => {
  await using model = await CrossEncoder.load(folder("bert-1"), { ...options, maxLength: 12 });
  const long: TextPair = ["a cat", "a mat ".repeat(40)];
  expect(model.tokenize(long).ids.length).toBe(12);
  const whole = model.tokenize(long, { truncate: false });
  await expect(model.predictTokenized([whole])).rejects.toThrow(
    `pair 0 should have at most 12 tokens, got ${whole.ids.length}`,
  );
  await expect(model.predictTokenized(["a"] as never)).rejects.toThrow(/pair 0 should be what tokenize gives/);
});
