/** Models whose weights give no numbers: an error, never a vector. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { fixture, withFiles } from "./model-folder.ts";

/** The fixture `bert` with one number of the word embeddings replaced: the first one of a token's row. */
function weightsWith(token: number, value: number): Uint8Array {
  const bytes = readFileSync(join(fixture("bert"), "model.safetensors"));
  const length = Number(bytes.readBigUInt64LE(0));
  const { shape, data_offsets } = JSON.parse(bytes.toString("utf8", 8, 8 + length))[
    "embeddings.word_embeddings.weight"
  ];
  bytes.writeFloatLE(value, 8 + length + data_offsets[0] + token * shape[1] * 4);
  return bytes;
}

const { vocab } = JSON.parse(readFileSync(join(fixture("bert"), "tokenizer.json"), "utf8")).model;

test.each([Number.NaN, Number.POSITIVE_INFINITY])("a weight of %d", async (value) => {
  await using folder = await withFiles("bert", { "model.safetensors": weightsWith(vocab.b, value) });
  for (const dtype of ["fp32", "int8"] as const) {
    await using model = await SentenceTransformer.load(folder.path, { dtype });
    expect(await model.encode("a")).toHaveLength(16);
    await expect(model.encode(["a", "b"])).rejects.toMatchObject({
      code: "invalid_model",
      message: expect.stringMatching(/not finite for text 1: its weights/),
    });
  }
});
