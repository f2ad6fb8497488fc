/** LangChain's own retrieval with models and an index of this library. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Document } from "@langchain/core/documents";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeVectorStore } from "@langchain/core/utils/testing";
import { afterAll, expect, test } from "vitest";
import { HpdEmbeddings, HpdRerank, HpdRetriever, HpdVectorStore } from "../../src/adapters/langchain/index.ts";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { buildIndex, PassageIndex } from "../../src/passage-index/index.ts";
import { tinyModel, writeFiles } from "../passage-index/notes.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-langchain-"));
const prompts = fileURLToPath(new URL("../fixtures/models/bert", import.meta.url));
const model = await SentenceTransformer.load(prompts, { workers: 1, onWarning: () => {} });
const crossEncoder = await CrossEncoder.load(
  fileURLToPath(new URL("../fixtures/cross-encoders/bert-1", import.meta.url)),
  { workers: 1 },
);
await writeFiles(folder, {
  "notes/fruit.md": "# Fruit\n\nApples are red.\n",
  "notes/rows.jsonl": '{"text": "Pears are green.", "year": 2021}\n',
});
await buildIndex([join(folder, "notes")], { out: join(folder, "index"), model: tinyModel });
const index = await PassageIndex.open(join(folder, "index"), { workers: 1 });
afterAll(async () => {
  await Promise.all([model.dispose(), crossEncoder.dispose(), index.dispose()]);
  await rm(folder, { recursive: true });
});

test("embeddings of documents and queries are those of encodeDocument and encodeQuery", async () => {
  const embeddings = new HpdEmbeddings({ model, normalizeEmbeddings: true });
  const texts = ["the cat", "rain"];
  const documents = await embeddings.embedDocuments(texts);
  const expected = await model.encodeDocument(texts, { normalizeEmbeddings: true });
  expect(documents).toEqual(Array.from(expected, (row) => Array.from(row)));
  const query = await embeddings.embedQuery("the cat");
  expect(query).toEqual(Array.from(await model.encodeQuery("the cat", { normalizeEmbeddings: true })));
  expect(() => new HpdEmbeddings({ model, batchSize: 3 } as never)).toThrow(/no option "batchSize"/);
});

test("a vector store of LangChain takes them", async () => {
  const store = await FakeVectorStore.fromTexts(["the cat", "rain"], [{}, {}], new HpdEmbeddings({ model }));
  const found = await store.similaritySearch("the cat", 1);
  expect(found).toHaveLength(1);
});

test("a retriever gives the passages of an index with file, lines and score, inside a chain", async () => {
  const retriever = new HpdRetriever({ index, search: { topK: 1, mode: "text" } });
  const chain = retriever.pipe(RunnableLambda.from((found: Document[]) => found));
  const [document] = await chain.invoke("apples");
  const [hit] = await index.search("apples", { topK: 1, mode: "text" });
  expect(document!.pageContent).toBe(hit!.text);
  expect(document!.metadata).toMatchObject({
    source: join(folder, "notes/fruit.md"),
    loc: { lines: { from: hit!.firstLine, to: hit!.lastLine } },
    score: hit!.score,
    heading: "Fruit",
  });
  const filtered = new HpdRetriever({ index, search: { filter: { year: 2021 } } });
  expect((await filtered.invoke("apples")).map(({ pageContent }) => pageContent)).toEqual(["Pears are green."]);
});

test("a reranker keeps the best documents, with their metadata and scores", async () => {
  const texts = ["one cat", "two trees", "the rain"];
  const documents = texts.map((pageContent, at) => new Document({ pageContent, metadata: { at } }));
  const ranked = await crossEncoder.rank("cat", texts, { topK: 2 });
  const kept = await new HpdRerank({ model: crossEncoder, topN: 2 }).compressDocuments(documents, "cat");
  expect(kept.map(({ metadata }) => metadata)).toEqual(
    ranked.map(({ corpusId, score }) => ({ at: corpusId, relevanceScore: score })),
  );
  expect(() => new HpdRerank({ model: crossEncoder, topN: 0 })).toThrow(/topN/);
});

test("a vector store over an index: adds, replaces, finds, filters and deletes documents", async () => {
  await using own = await PassageIndex.create(join(folder, "store.index"), { model });
  const embeddings = new HpdEmbeddings({ model });
  const metadatas = [{ year: 2020, tags: ["art"] }, { year: 2021 }, { year: 2022 }];
  const texts = ["the cat", "rain", "the cat"];
  const store = await HpdVectorStore.fromTexts(texts, metadatas, embeddings, { index: own, ids: ["a", "b", "c"] });
  const found = await store.similaritySearchWithScore("the cat", 3);
  // Also those with the same text, which have other metadata.
  expect(found.map(([{ id, metadata }]) => [id, metadata.year]).sort()).toEqual([
    ["a", 2020],
    ["b", 2021],
    ["c", 2022],
  ]);
  const [query, ...rows] = [await embeddings.embedQuery("the cat"), ...(await embeddings.embedDocuments(texts))];
  const cosine = (a: number[], b: number[]) =>
    a.reduce((sum, x, at) => sum + x * b[at]!, 0) / Math.hypot(...a) / Math.hypot(...b);
  for (const [document, score] of found) {
    expect(score).toBeCloseTo(cosine(query, rows[texts.indexOf(document.pageContent)]!), 4);
  }
  const retriever = store.asRetriever({ k: 2, filter: { year: { gte: 2021 } } });
  expect((await retriever.invoke("the cat")).map(({ id }) => id).sort()).toEqual(["b", "c"]);
  expect(await store.similaritySearch("x", 1, { tags: "art" })).toMatchObject([{ id: "a", pageContent: "the cat" }]);

  const [id] = await store.addDocuments([new Document({ pageContent: "two trees" })]);
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  await store.addDocuments([new Document({ id: "b", pageContent: "the rain", metadata: {} })]);
  await store.addVectors([rows[0]!], [new Document({ pageContent: "by a vector" })], { ids: ["v"] });
  expect((await own.documents()).sort()).toEqual(["a", "b", "c", id!, "v"].sort());
  await store.delete({ ids: ["a", "c", id!] });
  expect(await own.documents()).toEqual(["b", "v"]);
  await store.addDocuments([new Document({ id: "old", pageContent: "the rain", metadata: { year: 2019 } })]);
  await store.delete({ filter: { year: { lt: 2020 } } });
  expect(await own.documents()).toEqual(["b", "v"]);

  const again = await HpdVectorStore.fromExistingIndex(embeddings, { index: own });
  const varied = await again.maxMarginalRelevanceSearch("the cat", { k: 2, fetchK: 5, lambda: 0.5 });
  expect(varied.map(({ id }) => id).sort()).toEqual(["b", "v"]);
  const mmr = again.asRetriever({ searchType: "mmr", k: 1, searchKwargs: { lambda: 1 } });
  expect(await mmr.invoke("the cat")).toMatchObject([{ id: "v" }]);

  for (const search of [
    () => store.similaritySearch(" "),
    () => store.similaritySearchWithScore(""),
    () => store.maxMarginalRelevanceSearch("", { k: 1 }),
  ]) {
    await expect(search()).rejects.toThrow(/^query should be a text that isn't empty, got /);
  }
  await expect(store.similaritySearch("x", 1, { yaer: 1 })).rejects.toThrow(/no passage has a field "yaer"/);
  await expect(store.addVectors([[1]], [], {})).rejects.toThrow(/vectors should be an array of 0/);
  await expect(store.addDocuments([], { id: ["a"] } as object)).rejects.toThrow(/no option "id"/);
  await expect(store.maxMarginalRelevanceSearch("x", { k: 1, fetch: 3 } as never)).rejects.toThrow(/no option "fetch"/);
  for (const params of [{}, { ids: ["b"], filter: { year: 1 } }]) {
    await expect(store.delete(params)).rejects.toThrow(/either ids or filter/);
  }
  expect(() => new HpdVectorStore(embeddings, {} as never)).toThrow(/open PassageIndex/);
});

test("a vector store refuses embeddings of another model, and finds passages of files, too", async () => {
  await expect(HpdVectorStore.fromExistingIndex(new HpdEmbeddings({ model }), { index })).rejects.toThrow(
    /can't be compared/,
  );
  const store = await HpdVectorStore.fromExistingIndex(new HpdEmbeddings({ model: await index.model() }), { index });
  const [document] = await store.similaritySearch("apples", 1, { heading: "Fruit" });
  expect(document).toMatchObject({ metadata: { source: join(folder, "notes/fruit.md"), heading: "Fruit" } });
});
