/** Tokenizers that have more ids than the model has embeddings: only a text with such an id is refused. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { fixture, withFiles } from "./model-folder.ts";

const read = (model: string, file: string) => readFileSync(join(fixture(model), file), "utf8");
const tokenizerConfig = JSON.parse(read("bert", "tokenizer_config.json"));

const folders: AsyncDisposable[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder[Symbol.asyncDispose]();
});

async function load(model: string, files: Record<string, unknown>): Promise<SentenceTransformer> {
  const folder = await withFiles(model, files);
  folders.push(folder);
  return SentenceTransformer.load(folder.path, { workers: 0, onWarning: () => {} });
}

async function encodePlain(model: string): Promise<Float32Array[]> {
  const plain = await SentenceTransformer.load(fixture(model), { workers: 0, onWarning: () => {} });
  const embeddings = [...(await plain.encode(["a cat", ""]))];
  await plain.dispose();
  return embeddings;
}

describe("an id without an embedding", () => {
  test("of an added token is refused where a text has it, and the text is named", async () => {
    const model = await load("bert", {
      "tokenizer_config.json": { ...tokenizerConfig, extra_special_tokens: ["[NEW]"] },
    });
    expect([...(await model.encode(["a cat", ""]))]).toEqual(await encodePlain("bert"));
    const refused = { name: "HpdError", code: "invalid_model", message: expect.stringMatching(/"a \[NEW\] cat".*142/) };
    await expect(model.encode(["a cat", "a [NEW] cat"])).rejects.toMatchObject(refused);
    await expect(model.encode("cat", { prompt: "a [NEW] " })).rejects.toMatchObject(refused);
    await expect(model.encode(["a [NEW] cat"], { outputValue: "token_embeddings" })).rejects.toMatchObject(refused);
    // What was refused leaves nothing behind.
    expect([...(await model.encode(["a cat", ""]))]).toEqual(await encodePlain("bert"));
    await model.dispose();
  });

  test("of a blank last line of vocab.txt never occurs", async () => {
    const model = await load("distilbert", { "vocab.txt": `${read("distilbert", "vocab.txt")}\n` });
    expect([...(await model.encode(["a cat", ""]))]).toEqual(await encodePlain("distilbert"));
    await model.dispose();
  });

  for (const name of ["cls_token", "pad_token"]) {
    test(`of the ${name} is refused at once`, async () => {
      const added = { 900: { content: "[NEW]", special: true } };
      const changes = { [name]: "[NEW]", added_tokens_decoder: added };
      await expect(load("bert", { "tokenizer_config.json": { ...tokenizerConfig, ...changes } })).rejects.toMatchObject(
        { code: "invalid_model", message: expect.stringMatching(/142 into every batch/) },
      );
    });
  }
});
