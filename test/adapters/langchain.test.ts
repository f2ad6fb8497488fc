/** LangChain's own retrieval with models and an index of this library. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Document } from "@langchain/core/documents";
import { RunnableLambda } from "@langchain/core/runnables";
import { FakeVectorStore } from "@langchain/core/utils/testing";
import { afterAll, expect, test } from "vitest";
import { HpdEmbeddings, HpdRerank, HpdRetriever } from "../../src/adapters/langchain/index.ts";
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
