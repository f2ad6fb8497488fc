/**
 * usearch: `exact`, its search without an index, or `hnsw`, its index as it comes (connectivity 16, expansion 128 and 64).
 * It lies here to find its own node_modules. Arguments: see bench/engines/serve-search.ts.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { corpus, mode, serveSearch, topK } from "../../bench/engines/serve-search.ts";

interface Matches {
  keys: BigUint64Array;
}
interface Usearch {
  MetricKind: { IP: string };
  Index: new (
    dimension: number,
    metric: string,
  ) => {
    add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
    search(queries: Float32Array, k: number, threads: number): Matches;
    save(path: string): void;
  };
  exactSearch(
    corpus: Float32Array,
    queries: Float32Array,
    dimension: number,
    k: number,
    metric: string,
    threads: number,
  ): Matches;
}
// By a variable, so that the root's type check does not ask for a package that only this folder has.
const library = "usearch";
const { Index, MetricKind, exactSearch } = (await import(library)) as Usearch;
const { dimension } = corpus;
/** As many as the library finds good. */
const threads = 0;

const rowsOf = ({ keys }: Matches, count: number) =>
  Array.from({ length: count }, (_, query) => Array.from(keys.subarray(query * topK, (query + 1) * topK), Number));

await serveSearch(async () => {
  if (mode === "exact") {
    const vectors = corpus.whole();
    return {
      bytesAVector: 4 * dimension,
      // It has all scores of them in memory.
      queriesAtOnce: 64,
      search: async (queries, count) =>
        rowsOf(exactSearch(vectors, queries, dimension, topK, MetricKind.IP, threads), count),
    };
  }
  const index = new Index(dimension, MetricKind.IP);
  for (const { start, end, vectors } of corpus.pieces()) {
    const keys = BigUint64Array.from({ length: end - start }, (_, row) => BigInt(start + row));
    index.add(keys, vectors, threads);
  }
  const folder = mkdtempSync(join(tmpdir(), "hpd-bench-"));
  index.save(join(folder, "index"));
  const { size } = statSync(join(folder, "index"));
  rmSync(folder, { recursive: true });
  return {
    bytesAVector: size / corpus.count,
    queriesAtOnce: Number.POSITIVE_INFINITY,
    search: async (queries, count) => rowsOf(index.search(queries, topK, threads), count),
  };
});
