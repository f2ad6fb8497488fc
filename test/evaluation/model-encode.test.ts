/** A model in an evaluation encodes each role as `encode`, `encodeQuery` and `encodeDocument` do. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EmbeddedTexts } from "../../src/evaluation/embedded-texts.ts";
import { modelEncode } from "../../src/evaluation/model-encode.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";

const texts = ["He plays guitar.", "A street vendor is outside."];

test("sentences with the default prompt, queries and documents with theirs", async () => {
  const config = {
    prompts: { query: "query: ", document: "passage: ", title: "title: " },
    default_prompt_name: "title",
  };
  await using files = await withFiles("bert", { "config_sentence_transformers.json": config });
  await using model = await SentenceTransformer.load(files.path);
  const { encode, prompts } = modelEncode(model);
  const needs = [{ sentence: texts, query: texts, document: texts }];
  const embeddings = await EmbeddedTexts.encode(encode, needs, { prompts });
  expect(embeddings.of(texts).data).toEqual((await model.encode(texts)).data);
  expect(embeddings.of(texts, "query").data).toEqual((await model.encodeQuery(texts)).data);
  expect(embeddings.of(texts, "document").data).toEqual((await model.encodeDocument(texts)).data);
  expect(embeddings.of(texts, "query").data).not.toEqual(embeddings.of(texts).data);
});

test("queries and documents are cut as the model says", async () => {
  await using files = await withFiles("bert", { "sentence_bert_config.json": { query_length: 4, document_length: 5 } });
  await using model = await SentenceTransformer.load(files.path);
  const { encode, prompts, tasks } = modelEncode(model);
  const embeddings = await EmbeddedTexts.encode(encode, [{ sentence: texts, query: texts, document: texts }], {
    prompts,
    tasks,
  });
  expect(embeddings.of(texts).data).toEqual((await model.encode(texts)).data);
  expect(embeddings.of(texts, "query").data).toEqual((await model.encodeQuery(texts)).data);
  expect(embeddings.of(texts, "document").data).toEqual((await model.encodeDocument(texts)).data);
  expect(embeddings.of(texts, "query").data).not.toEqual(embeddings.of(texts, "document").data);
});

test("each role goes its route, whatever the lengths", async () => {
  // Both of one length: what is a query can't be told by it.
  const tokenizer = JSON.parse(
    await readFile(join(fixture("router"), "query_0_StaticEmbedding/tokenizer.json"), "utf8"),
  );
  await using files = await withFiles("router", {
    "query_0_StaticEmbedding/tokenizer.json": {
      ...tokenizer,
      truncation: { max_length: 48, strategy: "LongestFirst", stride: 0, direction: "Right" },
    },
    "config_sentence_transformers.json": {},
  });
  await using model = await SentenceTransformer.load(files.path, { workers: 0 });
  expect(model.maxQueryLength).toBe(model.maxDocumentLength);
  const { encode, prompts, tasks } = modelEncode(model);
  const embeddings = await EmbeddedTexts.encode(encode, [{ query: texts, document: texts }], { prompts, tasks });
  expect(embeddings.of(texts, "query").data).toEqual((await model.encodeQuery(texts)).data);
  expect(embeddings.of(texts, "document").data).toEqual((await model.encodeDocument(texts)).data);
  expect(embeddings.of(texts, "query").data).not.toEqual(embeddings.of(texts, "document").data);
});
