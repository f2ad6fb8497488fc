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

/**
 * Rows after which what is held is looked at, the same way into a group or batch of them, and bytes by which it may differ:
 * where all were kept, it would by twice that.
 */
interface Measure {
  readonly marks: readonly [number, number];
  readonly bytes: number;
}

const plain: Measure = { marks: [20_000, 48_672], bytes: 1_000_000 };
// Of a column of a group up to 131,072 values are decoded together.
const inBatches: Measure = { marks: [20_000, 151_072], bytes: 5_000_000 };
// A group ends after texts of 32 MB. Buffers reach their size in the first two.
const inGroups: Measure = { marks: [45_000, 77_768], bytes: 2_200_000 };
const note = "x".repeat(2048);
const countOf = ({ marks }: Measure) => marks[1] + 5000;

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

test.each(["npy", "safetensors", "parquet"] as const)("%s: rows that are written are let go of", async (format) => {
  await using model = await SentenceTransformer.load(fixture("static"), { workers: 0 });
  const measure = format === "parquet" ? inGroups : plain;
  let written = 0;
  let ahead = 0;
  const seen: number[] = [];
  async function* rows(): AsyncGenerator<Row> {
    for (let row = 0; row < countOf(measure); row++) {
      ahead = Math.max(ahead, row - written);
      // What is under way is what was read since the last whole window, when all before is written.
      while (measure.marks.includes(row)) {
        seen[measure.marks.indexOf(row)] = await heldBytes();
        if (written === row - (row % 4096)) break;
      }
      yield { values: { id: row, text: textOf(row), note }, place: "", firstLine: row, number: row };
    }
  }
  const kept = [
    { name: "id", type: "integer" },
    { name: "note", type: "text" },
  ] as const;
  const columns = format === "parquet" ? kept : [];
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

test("parquet: rows that are read are let go of", async () => {
  const path = join(folder, "rows.parquet");
  await writeRows(path, countOf(inBatches));
  const parts = partsOf([await diskFile(path)], 0, 1);
  await requireNoGrowth(rowsOfParts(parts, { format: "parquet", columns: [] }), inBatches);
});

test("parquet: rows of shards that are joined are let go of", async () => {
  const inputs = Array.from({ length: 3 }, (_, shard) => join(folder, `${shard}.parquet`));
  for (const path of inputs) await writeRows(path, 25_000);
  const output = join(folder, "shards");
  await using work = await EncodeWork.open({ inputs, output, shards: 3, model: fixture("static") });
  for (const shard of inputs.keys()) await work.run(shard);
  await requireNoGrowth((await openJoinedRows(output)).rows, { marks: [20_000, 70_000], bytes: 2_500_000 });
});

async function writeRows(path: string, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, row) => row);
  const columnData = [
    { name: "id", data: rows.map(BigInt), type: "INT64" as const },
    { name: "text", data: rows.map(textOf), type: "STRING" as const },
  ];
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: count })));
}
