/** The export to Parquet, read back by another reader than its writer's. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { afterAll, expect, test, vi } from "vitest";
import { exportIndex } from "../../../src/passage-index/index.ts";
import { lanceLocation } from "../../../src/passage-index/lance/location.ts";
import type { Metadata } from "../../../src/passage-index/store.ts";
import { runHpd } from "../../cli/run-hpd.ts";
import { description, partOf } from "../store-data.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-parquet-export-"));
afterAll(() => rm(folder, { recursive: true }));

vi.setConfig({ testTimeout: 120_000 });

const index = join(folder, "notes.index");
const metadata: Metadata[] = [
  { year: 2020, title: "It's \u{1f600}", draft: true, tags: ["a", "b"], text: "not the passage's", "": 1 },
  { year: 2021.5, title: "", deep: { a: [1] }, mixed: "x" },
  { mixed: 3, embedding: "not a vector" },
];
{
  await using store = await lanceLocation(index).create(description);
  const texts = Array.from({ length: 1100 }, (_, place) => `text ${place}`);
  const part = partOf("a.md", 0, texts);
  const passages = part.passages.map((passage, at) => ({ ...passage, metadata: metadata[at] ?? {} }));
  await store.update({ parts: [{ ...part, passages }], removed: [] });
}

async function rowsOf(path: string) {
  const file = await asyncBufferFromFile(path);
  const rows = await parquetReadObjects({ file });
  return { rows, schema: (await parquetMetadataAsync(file)).schema.map(({ name }) => name) };
}

test("a row of every passage, fields of one type as columns, embeddings as they are", async () => {
  const path = join(folder, "notes.parquet");
  const progress: number[] = [];
  const report = await exportIndex(index, { parquet: path, onProgress: ({ done }) => progress.push(done) });
  expect(report).toEqual({ passages: 1100, dimension: 8, similarity: "cosine" });
  expect(progress.at(-1)).toBe(1100);
  const { rows, schema } = await rowsOf(path);
  expect(schema).toEqual(
    expect.arrayContaining(["draft", "metadata_embedding", "tags", "metadata_text", "title", "year", "embedding"]),
  );
  expect(schema).not.toContain("mixed");
  expect(rows).toHaveLength(1100);
  await using store = (await lanceLocation(index).open("read"))!;
  const ids = rows.map(({ id }) => String(id));
  const stored = await store.embeddings(ids);
  expect(stored.size).toBe(1100);
  for (const row of rows) expect(Float32Array.from(row.embedding as number[])).toEqual(stored.get(String(row.id)));
  const [first, second, third] = ["a.md:0:0", "a.md:0:1", "a.md:0:2"].map((id) => rows.find((row) => row.id === id)!);
  expect(first).toMatchObject({
    ...{ file: "a.md", first_line: 1n, last_line: 2n, text: "text 0" },
    ...{ year: 2020, title: "It's \u{1f600}", draft: true, tags: null, metadata_text: "not the passage's" },
  });
  expect(JSON.parse(String(first!.metadata))).toEqual(metadata[0]);
  expect(second).toMatchObject({ year: 2021.5, title: "", draft: null });
  expect(third).toMatchObject({ year: null, metadata_embedding: "not a vector" });
});

test("stopped, nothing of it is left, and the file that was there stays", async () => {
  const path = join(folder, "stopped.parquet");
  await writeFile(path, "another");
  const stop = new AbortController();
  const stopped = exportIndex(index, {
    parquet: path,
    signal: stop.signal,
    onProgress: ({ done }) => done > 0 && stop.abort(new Error("enough")),
  });
  await expect(stopped).rejects.toThrow("enough");
  expect((await readdir(folder)).filter((name) => name.startsWith("stopped"))).toEqual(["stopped.parquet"]);
});

test("hpd export", async () => {
  const path = join(folder, "cli.parquet");
  const hpd = (...args: string[]) => runHpd(["export", ...args]);
  expect(await hpd(index, "--to", "parquet", "--out", path)).toEqual({
    code: 0,
    stdout: "",
    stderr: `1,100 passages, ${path}\n`,
  });
  expect((await rowsOf(path)).rows).toHaveLength(1100);
  const wrong = await Promise.all([
    hpd(index),
    hpd(index, "--to", "parquet"),
    hpd(index, "--to", "qdrant"),
    hpd(index, "--to", "qdrant", "--collection", "a", "--out", path),
    hpd(join(folder, "none"), "--to", "parquet", "--out", path),
    hpd(index, "--to", "parquet", "--out", folder),
  ]);
  expect(wrong.map(({ stderr }) => stderr)).toEqual([
    expect.stringContaining("missing --to"),
    expect.stringContaining("--to parquet needs --out"),
    expect.stringContaining("--to qdrant needs --collection"),
    expect.stringContaining("--out is not for --to qdrant"),
    expect.stringContaining("there is no index at"),
    expect.stringContaining("it is a folder"),
  ]);
});
