/** A tokenizer that puts nothing around a text makes no tokens of an empty one: an error, never a vector of padding. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { fixture, withFiles } from "./model-folder.ts";

test.each(["bert", "roberta"])("%s without special tokens around a text", async (name) => {
  const tokenizer = JSON.parse(readFileSync(join(fixture(name), "tokenizer.json"), "utf8"));
  await using folder = await withFiles(name, {
    "tokenizer.json": { ...tokenizer, post_processor: null },
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizerFast",
      pad_token: name === "bert" ? "[PAD]" : "<pad>",
    },
  });
  await using model = await SentenceTransformer.load(folder.path, { workers: 0, onWarning() {} });
  expect(model.countTokens("")).toBe(0);
  await expect(model.encode(["a cat", "the sea"])).resolves.toMatchObject({ count: 2 });
  const error = {
    code: "invalid_argument",
    message: expect.stringMatching(/^text 1 has no tokens: .* leave it out$/),
  };
  await expect(model.encode(["a cat", ""])).rejects.toMatchObject(error);
  await expect(model.encode(["a cat", ""], { outputValue: "token_embeddings" })).rejects.toMatchObject(error);
  await expect(model.encode("")).rejects.toMatchObject({ message: expect.stringMatching(/^text 0 has no tokens/) });
  await expect(model.encode("", { prompt: "the sea " })).resolves.toHaveLength(model.dimension);
});
