/**
 * The PostgreSQL store alone, on a server of its own: passages a second into it, by one update of 1000 after the other;
 * building its indexes; queries, exact and by HNSW, one after the other; and what HNSW misses.
 * `npm run bench:postgres -- --model FOLDER --sentences FILE`
 */
import { parseArgs } from "node:util";
import { SentenceTransformer } from "../src/index.ts";
import { conditionsOf } from "../src/passage-index/filter.ts";
import { indexPrecisions } from "../src/passage-index/index.ts";
import { postgresLocation } from "../src/passage-index/postgres/location.ts";
import type { IndexStore } from "../src/passage-index/store.ts";
import { semanticSearch } from "../src/search/index.ts";
import { Embeddings } from "../src/tensor/embeddings.ts";
import { openTexts } from "../src/texts/open-texts.ts";
import { startPostgres } from "../test/passage-index/postgres-server.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    sentences: { type: "string" },
    limit: { type: "string", default: "20000" },
    queries: { type: "string", default: "200" },
  },
});
if (values.model === undefined || values.sentences === undefined) throw new Error("--model FOLDER --sentences FILE");
const queryCount = Number(values.queries);
const count = Number(values.limit);
const topK = 10;

const texts: string[] = [];
const source = await openTexts(values.sentences, { format: "text", field: "", signal: new AbortController().signal });
for await (const text of source.texts) {
  texts.push(text);
  if (texts.length === count + queryCount) break;
}
const { data, dimension } = await encode(values.model);
// The last ones ask.
const queries = new Embeddings(data.subarray(count * dimension), queryCount, dimension);
const corpus = new Embeddings(data.subarray(0, count * dimension), count, dimension);
const exact = await semanticSearch(queries, corpus, { topK });

const server = await startPostgres();
if (typeof server === "string") throw new Error(server);
try {
  console.log(`${count} passages of ${dimension} dimensions, pgvector ${server.pgvector}`);
  for (const precision of indexPrecisions) {
    const description = {
      formatVersion: 1,
      model: { name: values.model, fingerprint: "", options: {} },
      dimension,
      isNormalized: true,
      similarity: "cosine",
      precision,
      settings: { lines: true, field: "text", chunkTokens: 256, overlapTokens: 32 },
    } as const;
    await using store = await postgresLocation(`${server.url}&schema=${precision}`).create(description);
    const filling = await secondsOf(() => fill(store));
    const before = await search(store);
    const building = await secondsOf(() => store.optimize());
    const after = await search(store);
    const filtered = await search(store, { hundredth: 7 });
    const byWords = await search(store, {}, "text");
    console.log(
      `${precision}: ${(count / filling).toFixed(0)} passages/s in, indexes built in ${building.toFixed(1)} s; query p50: ` +
        `exact ${before.p50} ms (recall@${topK} ${before.recall}), HNSW ${after.p50} ms (${after.recall}), with a filter ` +
        `for a hundredth ${filtered.p50} ms, by words ${byWords.p50} ms`,
    );
  }
} finally {
  await server.stop();
}

async function encode(name: string): Promise<Embeddings> {
  await using model = await SentenceTransformer.load(name);
  return await model.encode(texts, { normalizeEmbeddings: true });
}

async function fill(store: IndexStore): Promise<void> {
  const size = 1000;
  for (let start = 0; start < count; start += size) {
    const file = `file ${start}`;
    const inPart = texts.slice(start, Math.min(start + size, count));
    const passages = inPart.map((text, index) => ({
      id: `${start + index}`,
      file,
      firstLine: index + 1,
      lastLine: index + 1,
      text,
      metadata: { hundredth: index % 100 },
    }));
    const rows = corpus.data.subarray(start * dimension, (start + inPart.length) * dimension);
    const embeddings = new Embeddings(rows, inPart.length, dimension);
    await store.update({ parts: [{ file, part: 0, hash: "", passages, embeddings }], removed: [] });
  }
}

/** Median milliseconds, and the share of the exact nearest that were found. */
async function search(store: IndexStore, filter = {}, mode: "vector" | "text" = "vector") {
  const conditions = conditionsOf(filter);
  const times: number[] = [];
  let found = 0;
  for (const [index, query] of [...queries].entries()) {
    const start = performance.now();
    const hits =
      mode === "vector"
        ? await store.searchVector(query, { topK, conditions })
        : await store.searchText(texts[count + index]!, { topK, conditions });
    times.push(performance.now() - start);
    const nearest = new Set(exact[index]!.map(({ corpusId }) => `${corpusId}`));
    found += hits.filter(({ passage }) => nearest.has(passage.id)).length;
  }
  const p50 = times.sort((a, b) => a - b)[times.length >> 1]!.toFixed(1);
  return { p50, recall: (found / (topK * queryCount)).toFixed(3) };
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
