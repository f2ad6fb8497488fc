/**
 * An embedding depends on its text alone: not on what else is encoded, in which order, or on how much padding that
 * brings. This holds for int8 too, because activations are quantized row by row, or in ranges of the model.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { quantize } from "../../src/quantization/index.ts";
import { anyCharacter } from "../any-character.ts";
import { fixture } from "./model-folder.ts";

/** Of the largest number of the vector. */
const tolerance = 1e-6;

const word = fc.constantFrom("the", "cat", "Tree", "rain", "sat", "42", "<s>", "[SEP]", "ü", "東京", "🙂", "—", "x");
const text = fc.oneof(
  fc.array(word, { maxLength: 6 }).map((words) => words.join(" ")),
  fc.array(word, { maxLength: 90 }).map((words) => words.join(" ")),
  fc.string({ unit: anyCharacter, maxLength: 20 }),
);

describe.each(["bert", "mpnet", "roberta"])("%s", (name) => {
  describe.each(["fp32", "int8", "quantized"] as const)("%s", (kind) => {
    let model: SentenceTransformer;
    let folder: string | undefined;
    beforeAll(async () => {
      const quiet = { workers: 0, onWarning: () => {} };
      if (kind === "quantized") {
        folder = await mkdtemp(join(tmpdir(), "hpd-independence-"));
        await quantize({ model: fixture(name), out: folder, minCosine: 0, ...quiet });
      }
      const dtype = kind === "quantized" ? undefined : kind;
      model = await SentenceTransformer.load(folder ?? fixture(name), { dtype, ...quiet });
    });
    afterAll(async () => {
      await model.dispose();
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

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

test("with fixed batches the same texts have the same bits beside other calls, with any number of workers", async () => {
  const texts = Array.from({ length: 90 }, (_, index) => "the cat sat in the rain ".repeat(1 + ((index * 7) % 11)));
  const bits = async (workers: number, isBusy: boolean) => {
    await using model = await SentenceTransformer.load(fixture("bert"), { workers, onWarning: () => {} });
    const others = isBusy ? texts.map((text) => model.encode(`${text} 42`)) : [];
    const { data } = await model.encode(texts, { fixedBatches: true });
    await Promise.all(others);
    return data;
  };
  const alone = await bits(0, false);
  expect(await bits(0, true)).toEqual(alone);
  expect(await bits(1, false)).toEqual(alone);
  expect(await bits(3, true)).toEqual(alone);
});

function expectClose(actual: Float32Array, expected: Float32Array): void {
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  expect(worst / scale).toBeLessThan(tolerance);
}
