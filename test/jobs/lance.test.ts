/** Tables of LanceDB out of embeddings and their columns. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openLanceTable } from "../../src/jobs/outputs/lance-rows.ts";
import { loadLanceDB } from "../../src/passage-index/lance/load-lancedb.ts";
import { toFloat16 } from "../../src/tensor/convert.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-lance-"));
afterAll(() => rm(folder, { recursive: true }));

const columns = [
  { name: "id", type: "integer" },
  { name: "title", type: "text" },
  { name: "isNew", type: "boolean" },
] as const;

test.each([
  ["float32", (values: number[]) => Float32Array.from(values)],
  ["float16", (values: number[]) => toFloat16(Float32Array.from(values))],
  ["int8", (values: number[]) => Int8Array.from(values)],
] as const)("of %s, searched by vectors", async (dtype, embeddingOf) => {
  const path = join(folder, `${dtype}.lance`);
  const write = async () => {
    const table = await openLanceTable(path, columns, { dimension: 8, dtype });
    for (let row = 0; row < 300; row++) {
      const values = Array.from({ length: 8 }, (_, at) => ((row * 7 + at * 13) % 64) - 32);
      await table.write(embeddingOf(values), [BigInt(row), row % 3 === 0 ? null : `title ${row}`, row % 2 === 0]);
    }
    await table.end();
    return table;
  };
  const first = await write();
  expect((await readdir(folder)).includes(`${dtype}.lance`)).toBe(false);
  await first.finish();
  const connection = await loadLanceDB().lancedb.connect(folder);
  const table = await connection.openTable(dtype);
  expect(await table.countRows()).toBe(300);
  expect(await table.countRows("title IS NULL")).toBe(100);
  if (dtype === "float32") {
    const query = Array.from({ length: 8 }, (_, at) => ((5 * 7 + at * 13) % 64) - 32);
    const [nearest] = await table.vectorSearch(query).limit(1).toArray();
    expect([nearest.id, nearest.title, nearest.isNew, nearest._distance]).toEqual([5n, "title 5", false, 0]);
  }
  // One of that name stays.
  await expect((await write()).finish()).rejects.toThrow(/is there already: delete it, or name another/);
  await (await write()).abort();
  expect((await readdir(folder)).filter((name) => name.endsWith(".partial"))).toEqual([]);
});

test("with booleans that a whole batch lacks", async () => {
  const types = [
    { name: "isNew", type: "boolean" },
    { name: "id", type: "integer" },
  ] as const;
  const table = await openLanceTable(join(folder, "booleans.lance"), types, { dimension: 2, dtype: "float32" });
  const rows = [
    [null, 0n],
    [null, 1n],
    [true, 2n],
    [null, 3n],
  ] as const;
  for (const [index, cells] of rows.entries()) {
    await table.write(Float32Array.of(1, 2), cells);
    if (index % 2 === 1) await table.end();
  }
  await table.finish();
  const connection = await loadLanceDB().lancedb.connect(folder);
  const read = await (await connection.openTable("booleans")).query().toArray();
  expect(read.map(({ isNew, id }) => [isNew ?? null, id])).toEqual(rows);
});
