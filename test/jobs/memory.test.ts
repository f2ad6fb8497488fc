/** Memory of encoding, joining and reading: nothing of the rows that went by, whatever their number. */
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, expect, test, vi } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { encodeRows } from "../../src/jobs/encode/encode-rows.ts";
import { EncodeWork } from "../../src/jobs/encode/encode-work.ts";
import { openJoinedRows } from "../../src/jobs/encode/join.ts";
import { partsOf } from "../../src/jobs/inputs/parts.ts";
import { rowsOfParts } from "../../src/jobs/inputs/rows.ts";
import { openShardFile } from "../../src/jobs/shard-file.ts";
import { diskFile } from "../../src/storage/disk-files.ts";
import type { Row } from "../../src/texts/source.ts";
import { fixture } from "../encode/model-folder.ts";
import { heldBytes } from "../held-bytes.ts";

// On a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const folder = await mkdtemp(join(tmpdir(), "hpd-memory-"));
afterAll(() => rm(folder, { recursive: true }));

/** Rows after which what is held is looked at, and bytes by which it may differ: where all were kept, it would by twice that. */
interface Measure {
  readonly marks: readonly [number, number];
  readonly bytes: number;
}

const plain: Measure = { marks: [30_000, 130_000], bytes: 5_000_000 };
// A row group ends after 131,072 rows, and pages are decoded together up to as many values.
const inGroups: Measure = { marks: [151_072, 282_144], bytes: 14_000_000 };
const countOf = ({ marks }: Measure) => marks[1] + 10_000;

/** Takes all rows, and compares what is held at the marks. */
async function requireNoGrowth(rows: AsyncIterable<unknown>, measure: Measure): Promise<void> {
  const seen: number[] = [];
  let row = 0;
  for await (const _ of rows) if (measure.marks.includes(++row)) seen.push(await heldBytes());
  expect(row).toBe(countOf(measure));
  expect(seen[1]! - seen[0]!).toBeLessThan(measure.bytes);
}

const textOf = (row: number) => `the dog number ${row} and the fox`;

function* lines(line: (row: number) => string, first = ""): Generator<string> {
  if (first !== "") yield first;
  for (let row = 0; row < countOf(plain); row++) yield `${line(row)}\n`;
}

test.each(["parquet", "npy", "safetensors"] as const)("%s: rows that are written are let go of", async (format) => {
  await using model = await SentenceTransformer.load(fixture("static"), { workers: 0 });
  // As far behind the beginning of a group.
  const measure = format === "parquet" ? { ...inGroups, bytes: plain.bytes } : plain;
  let written = 0;
  let ahead = 0;
  const seen: number[] = [];
  async function* rows(): AsyncGenerator<Row> {
    for (let row = 0; row < countOf(measure); row++) {
      ahead = Math.max(ahead, row - written);
      if (measure.marks.includes(row)) seen.push(await heldBytes());
      yield { values: { id: row, text: textOf(row) }, place: "", firstLine: row, number: row };
    }
  }
  const columns = format === "parquet" ? ([{ name: "id", type: "integer" }] as const) : [];
  const sink = { append: async () => {}, overwriteStart: async () => {} };
  const output = await openShardFile(sink, format, columns, { dimension: 16, dtype: "float32" });
  await encodeRows(model, rows(), output, {
    ...{ field: "text", columns, areAll: false, encode: {}, precision: "float32", ranges: undefined },
    ...{ signal: undefined, onRow: (count) => (written = count) },
  });
  await output.end();
  expect(written).toBe(countOf(measure));
  // Two windows of the stream in work, and one that is read.
  expect(ahead).toBeLessThanOrEqual(3 * 4096 + 1);
  expect(seen[1]! - seen[0]!).toBeLessThan(measure.bytes);
});

test.each([
  ["text", () => lines(textOf)],
  ["jsonl", () => lines((row) => JSON.stringify({ id: row, text: textOf(row) }))],
  ["csv", () => lines((row) => `${row},"${textOf(row)}"`, "id,text\n")],
] as const)("%s: rows that are read are let go of", async (format, content) => {
  const path = join(folder, `rows.${format}`);
  await pipeline(Readable.from(content()), createWriteStream(path));
  const parts = partsOf([await diskFile(path)], 0, 1);
  await requireNoGrowth(rowsOfParts(parts, { format, columns: ["text"] }), plain);
});

test("parquet: rows that are read are let go of, and shards that are joined", async () => {
  const path = join(folder, "rows.parquet");
  const numbers = Array.from({ length: countOf(inGroups) }, (_, row) => row);
  const columnData = [
    { name: "id", data: numbers.map(BigInt), type: "INT64" as const },
    { name: "text", data: numbers.map(textOf), type: "STRING" as const },
  ];
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: numbers.length })));
  numbers.length = 0;
  for (const column of columnData) column.data.length = 0;
  const parts = partsOf([await diskFile(path)], 0, 1);
  await requireNoGrowth(rowsOfParts(parts, { format: "parquet", columns: [] }), inGroups);
  const output = join(folder, "shards");
  await using work = await EncodeWork.open({ inputs: [path], output, shards: 1, model: fixture("static") });
  await work.run(0);
  await requireNoGrowth((await openJoinedRows(output)).rows, inGroups);
});
