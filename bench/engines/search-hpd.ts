/**
 * `hpd/search`, the built package. Modes: `float32`; `int8`, on its own; `binary`, by Hamming distance alone; `int8-rescored`
 * and `binary-rescored`, whose candidates, 2 and 32 for each hit, are ranked by the originals, read from the file.
 */
import { corpus, mode, serveSearch, topK } from "./serve-search.ts";

// By URL, so that the type check needs no build.
const built = (path: string) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { semanticSearch, semanticSearchQuantized } = (await built(
  "search/index.js",
)) as typeof import("../../src/search/index.ts");
const { Embeddings, QuantizedEmbeddings, quantizationRanges, quantizeEmbeddings } = (await built(
  "index.js",
)) as typeof import("../../src/index.ts");
const { dimension } = corpus;

const idsOf = (hits: { corpusId: number }[][]) => hits.map((found) => found.map(({ corpusId }) => corpusId));

await serveSearch(async () => {
  if (mode === "float32") {
    const embeddings = new Embeddings(corpus.whole(), corpus.count, dimension);
    return {
      bytesAVector: 4 * dimension,
      queriesAtOnce: Number.POSITIVE_INFINITY,
      search: async (queries, count) =>
        idsOf(await semanticSearch(new Embeddings(queries, count, dimension), embeddings, { topK })),
    };
  }
  const precision = mode.startsWith("int8") ? "int8" : "binary";
  const sample = Math.min(corpus.count, 100_000);
  const ranges = quantizationRanges(new Embeddings(corpus.read(0, sample), sample, dimension));
  const width = precision === "int8" ? dimension : Math.ceil(dimension / 8);
  const data = new Int8Array(corpus.count * width);
  for (const { start, end, vectors } of corpus.pieces()) {
    const piece = quantizeEmbeddings(new Embeddings(vectors, end - start, dimension), precision, ranges);
    data.set(piece.data, start * width);
  }
  const quantized = new QuantizedEmbeddings({
    data,
    count: corpus.count,
    dimension: width,
    precision,
    ranges: precision === "int8" ? ranges : undefined,
  });
  const rescoreEmbeddings = (ids: readonly number[]) => Embeddings.fromRows(ids.map((id) => corpus.read(id, id + 1)));
  const options = {
    int8: {},
    "int8-rescored": { rescoreEmbeddings },
    binary: { rescore: false },
    "binary-rescored": { rescoreEmbeddings, rescoreMultiplier: 32 },
  }[mode];
  return {
    bytesAVector: width,
    queriesAtOnce: Number.POSITIVE_INFINITY,
    search: async (queries, count) =>
      idsOf(
        await semanticSearchQuantized(new Embeddings(queries, count, dimension), quantized, {
          topK,
          ...options,
        }),
      ),
  };
});
