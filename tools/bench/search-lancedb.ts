/**
 * LanceDB in a folder: `flat`, without an index, or `ivf`, its IVF_PQ index as it comes, whose candidates, ten for each
 * hit, are ranked by the vectors. Many queries are under way at once. Arguments: see bench/engines/serve-search.ts.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type * as LanceDB from "@lancedb/lancedb";
import type * as Arrow from "apache-arrow";
import { corpus, mode, serveSearch, topK } from "../../bench/engines/serve-search.ts";

process.env.LANCEDB_LOG ??= "error";
// By `require`, as LanceDB loads Arrow: imported, Arrow would be a second one, whose tables LanceDB copies anew.
const require = createRequire(import.meta.url);
const lancedb: typeof LanceDB = require("@lancedb/lancedb");
const arrow: typeof Arrow = require("apache-arrow");
const { dimension } = corpus;
const folder = mkdtempSync(join(tmpdir(), "hpd-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

await serveSearch(async () => {
  const connection = await lancedb.connect(folder);
  let table: LanceDB.Table | undefined;
  for (const { start, end, vectors } of corpus.pieces()) {
    const data = arrowTable(start, end, vectors);
    if (table === undefined) table = await connection.createTable("vectors", data);
    else await table.add(data);
  }
  await table!.optimize({ cleanupOlderThan: new Date() });
  if (mode === "ivf") {
    await table!.createIndex("vector", { config: lancedb.Index.ivfPq({ distanceType: "dot" }) });
  }
  const nearest = async (query: Float32Array) => {
    const search = table!.query().select(["id"]).nearestTo(query).distanceType("dot").limit(topK);
    const found = await (mode === "ivf" ? search.refineFactor(10) : search).toArray();
    return found.map(({ id }) => id as number);
  };
  return {
    bytesAVector: bytesIn(folder) / corpus.count,
    queriesAtOnce: 64,
    async search(queries, count) {
      const hits: number[][] = new Array(count);
      let next = 0;
      const work = async () => {
        while (next < count) {
          const query = next++;
          hits[query] = await nearest(queries.slice(query * dimension, (query + 1) * dimension));
        }
      };
      await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
      return hits;
    },
  };
});

function arrowTable(start: number, end: number, vectors: Float32Array): Arrow.Table {
  const floats = arrow.makeData({ type: new arrow.Float32(), data: vectors });
  const list = new arrow.FixedSizeList(dimension, new arrow.Field("item", floats.type, true));
  const ids = Int32Array.from({ length: end - start }, (_, row) => start + row);
  return new arrow.Table({
    id: arrow.makeVector(ids),
    vector: arrow.makeVector(arrow.makeData({ type: list, length: end - start, nullCount: 0, child: floats })),
  });
}

function bytesIn(path: string): number {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
