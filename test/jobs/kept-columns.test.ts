/** Columns of Parquet that others wrote, kept with their types: `tools/parquet/check.py` asks pyarrow, DuckDB and Polars. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageReader } from "apache-arrow";
import { asyncBufferFromFile, parquetMetadataAsync } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, expect, test } from "vitest";
import { cellsOf, columnsOf } from "../../src/jobs/columns.ts";
import { EncodeWork } from "../../src/jobs/encode/encode-work.ts";
import { openJoinedRows } from "../../src/jobs/encode/join.ts";
import type { EncodeWorkOptions } from "../../src/jobs/encode/options.ts";
import { openLanceTable } from "../../src/jobs/outputs/lance-rows.ts";
import { plainOf } from "../../src/jobs/plain-value.ts";
import { readShardSummary } from "../../src/jobs/shard-file.ts";
import { loadLanceDB } from "../../src/passage-index/lance/load-lancedb.ts";
import { openPath } from "../../src/storage/disk-files.ts";
import type { ValueType } from "../../src/texts/parquet/value-type.ts";
import { openParquet } from "../../src/texts/parquet.ts";
import type { Row } from "../../src/texts/source.ts";
import { fixture } from "../encode/model-folder.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-kept-"));
afterAll(() => rm(folder, { recursive: true }));

const table = (name: string) => fileURLToPath(new URL(`../fixtures/tables/${name}.parquet`, import.meta.url));

async function rowsOf(file: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of (await openParquet(file, { columns: [], lists: true, exact: true })).rows) rows.push(row);
  return rows;
}

let count = 0;

async function encode(inputs: readonly string[], options: Partial<EncodeWorkOptions> = {}): Promise<string> {
  const output = join(folder, `out-${count++}`);
  const work = { inputs, output, shards: 2, model: fixture("static"), ...options };
  await using opened = await EncodeWork.open(work, { workers: 0 });
  for (let shard = 0; shard < 2; shard++) await opened.run(shard);
  return output;
}

const shardsOf = async (output: string) =>
  (await readdir(output)).filter((name) => name.endsWith(".parquet")).map((name) => join(output, name));

const types = {
  "kept-pyarrow": {
    ...{ text: "text", day: "date", time_ms: "time[ms]", time_us: "time[us]", ms: "timestamp[ms]" },
    ...{ us: "timestamp[us]", ns: "timestamp[ns]", utc: "timestamp[us,UTC]", small: "decimal(9,2)" },
    ...{ middle: "decimal(18,0)", large: "decimal(38,10)", texts: "list<text>", integers: "list<integer>" },
    ...{ days: "list<date>", halves: "number", nothing: "text" },
  },
  "kept-duckdb": {
    ...{ text: "text", uuid: "uuid", day: "date", time: "time[us]", us: "timestamp[us]", utc: "timestamp[us,UTC]" },
    ...{ ns: "timestamp[ns]", small: "decimal(9,2)", quotient: "number", large: "decimal(38,10)", texts: "list<text>" },
    ...{ integers: "list<integer>", pair: "list<number>", even: "boolean", byte: "integer" },
  },
} as const;

test.each(Object.entries(types))("%s: every column has its type and its values", async (name, expected) => {
  const rows = await rowsOf(table(name));
  expect(Object.fromEntries(rows[0]!.types!)).toEqual(expected);
  const output = await encode([table(name)]);
  const kept = (await Promise.all((await shardsOf(output)).map(rowsOf))).flat();
  expect(kept.length).toBe(40);
  const { embedding, ...own } = Object.fromEntries(kept[0]!.types!);
  expect(embedding).toBe("list<number>");
  expect(own).toEqual(expected);
  // Of INT32, which are written as INT64.
  const wide = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(wide) : typeof value === "bigint" ? Number(value) : (value ?? null);
  for (const [index, { values }] of kept.entries()) {
    const { embedding: _, ...cells } = values;
    const exact = (of: Row["values"]) =>
      Object.entries(of).map(([column, value]) =>
        /integer/.test(expected[column as "text"]) ? wide(value) : (value ?? null),
      );
    expect(exact(cells)).toEqual(exact(rows[index]!.values));
  }
});

test("what the values are, as others say it", async () => {
  const rows = await rowsOf(table("kept-pyarrow"));
  const plain = ({ values, types: of }: Row, names: readonly string[]) =>
    names.map((name) => (values[name] === null ? null : plainOf(values[name], of!.get(name)!)));
  const names = ["day", "time_ms", "time_us", "ms", "us", "ns", "utc", "small", "middle", "large", "texts", "days"];
  expect(plain(rows[0]!, names)).toEqual([
    ...["1969-12-20", "00:59:00.123", "00:59:00.123456", "1969-12-31T23:59:58.987", "1969-12-31T23:59:58.999987"],
    ...["1969-12-31T23:59:59.999999999", "1969-12-31T23:59:58.999987Z", "1000000.00", "100000000000000000"],
    ...["1000000000000000000000000000.0000000000", [], []],
  ]);
  expect(plain(rows[1]!, names)).toEqual([
    ...["1972-09-15", "01:59:01.123", "01:59:01.123456", "1969-12-31T23:59:59.987", "1970-01-01T23:59:58.999987"],
    ...["1970-01-12T13:46:39.999999999", "1970-01-01T00:59:58.999987Z", "-1000009.97", "-100000000000000997"],
    ...["-1000000000000000000000000000.0000000997", ["é1"], ["1969-12-20"]],
  ]);
  expect(plain(rows[3]!, names)).toEqual(names.map(() => null));
  const [first] = await rowsOf(table("kept-duckdb"));
  expect(plain(first!, ["time", "us", "utc", "ns", "small", "large", "uuid", "pair"])).toEqual([
    ...["01:02:03.456789", "1969-12-31T23:59:58.999987", "1969-12-31T23:59:58.999987Z"],
    ...["1969-12-31T23:59:58.999987654", "-500.00", "-500.0000000000"],
    ...["00000000-0000-0000-0000-000000000005", [1.5, 0]],
  ]);
});

test("timestamps of 96 bits, as Spark and Impala wrote them, are the same moments", async () => {
  const [first] = await rowsOf(
    await encode([table("kept-int96")]).then(async (output) => (await shardsOf(output))[0]!),
  );
  expect(first!.types!.get("us")).toBe("timestamp[ns]");
  expect(plainOf(first!.values.us, "timestamp[ns]")).toBe("1969-12-31T23:59:58.999987000");
});

test("Arrow finds the types", async () => {
  const [file] = await shardsOf(await encode([table("kept-pyarrow")]));
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file!));
  const encoded = metadata.key_value_metadata!.find(({ key }) => key === "ARROW:schema")!.value!;
  const schema = new MessageReader(Buffer.from(encoded, "base64")).readSchema();
  expect(schema!.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
    ...["text Utf8", "day Date32<DAY>", "time_ms Time32<MILLISECOND>", "time_us Time64<MICROSECOND>"],
    ...["ms Timestamp<MILLISECOND>", "us Timestamp<MICROSECOND>", "ns Timestamp<NANOSECOND>"],
    ...["utc Timestamp<MICROSECOND, UTC>", "small Decimal[9e+2]", "middle Decimal[18e0]", "large Decimal[38e+10]"],
    ...["texts List<Utf8>", "integers List<Int64>", "days List<Date32<DAY>>", "halves Float64", "nothing Utf8"],
    "embedding FixedSizeList[16]<Float32>",
  ]);
});

test("other columns are refused by their names, with what to do, unless others are named", async () => {
  const input = table("kept-others");
  await expect(encode([input])).rejects.toThrow(
    /"person" should hold texts or numbers.*"map" should.*"lists" should.* as in --keep text,day, or write what is in/s,
  );
  await expect(encode([input], { keep: ["person"] })).rejects.toThrow(
    /the column "person" should hold texts or numbers/,
  );
  const output = await encode([input], { keep: ["day"] });
  const [first] = await rowsOf((await shardsOf(output))[0]!);
  expect(Object.fromEntries(first!.types!)).toEqual({ day: "date", embedding: "list<number>" });
  // Formats without columns read none of them.
  await encode([input], { outputFormat: "npy" });
});

test("a column as text, as JSON, and one of which files differ", async () => {
  const output = await encode([table("kept-pyarrow")], {
    keep: ["utc:text", "texts:json", "small:number", "day:json"],
  });
  const rows = (await Promise.all((await shardsOf(output)).map(rowsOf))).flat();
  expect(rows[1]!.values).toMatchObject({
    ...{ utc: "1970-01-01T00:59:58.999987Z", texts: '["é1"]', small: -1000009.97, day: '"1972-09-15"' },
  });
  const row = (type: ValueType, value: unknown): Row => ({
    ...{ values: { at: value }, place: "b.parquet, row 1", firstLine: 1, number: 1, types: new Map([["at", type]]) },
  });
  const columns = columnsOf([row("timestamp[us]", 1n)], undefined, "parquet");
  expect(columns).toEqual([{ name: "at", type: "timestamp[us]" }]);
  expect(cellsOf(row("timestamp[us]", 1n), columns, true)).toEqual([1n]);
  expect(() => cellsOf(row("timestamp[ms]", 1n), columns, true)).toThrow(
    /b\.parquet, row 1: the column "at" should be timestamp\[us\], got timestamp\[ms\] "1970-01-01T00:00:00.001"; .*at:text/,
  );
  expect(() => cellsOf(row("list<text>", ["a"]), columns, true)).toThrow(/--keep at:json/);
});

test("shards are joined to a table of LanceDB, and to Parquet, with the same values", async () => {
  for (const name of Object.keys(types) as (keyof typeof types)[]) {
    const output = await encode([table(name)]);
    const joined = await openJoinedRows(output);
    const path = join(folder, `${name}.lance`);
    const lance = await openLanceTable(path, joined.columns, joined.shape);
    const expected = await rowsOf(table(name));
    let row = 0;
    for await (const { embedding, cells } of joined.rows) {
      expect(cells).toEqual(cellsOf(expected[row++]!, joined.columns, true));
      await lance.write(embedding, cells);
    }
    expect(row).toBe(40);
    await lance.end();
    await lance.finish();
    const connection = await loadLanceDB().lancedb.connect(folder);
    const opened = await connection.openTable(name);
    const read = await opened.query().limit(40).toArray();
    for (const [index, of] of read.entries()) {
      const { values, types: own } = expected[index]!;
      for (const [column, type] of own!)
        expect(lancePlain(of[column], type), `${column} ${index}`).toEqual(plain(values[column], type));
    }
  }
});

test("a shard whose embeddings have changed is not joined", async () => {
  const output = await encode([table("kept-pyarrow")]);
  const shard = (await shardsOf(output))[0]!;
  const reader = await openPath(shard);
  const { end } = await readShardSummary(reader, "parquet");
  await reader.close();
  const bytes = await readFile(shard);
  bytes[end - 1]! ^= 1;
  await writeFile(shard, bytes);
  const reading = async () => {
    for await (const _ of (await openJoinedRows(output)).rows);
  };
  await expect(reading()).rejects.toMatchObject({
    code: "corrupt_file",
    message: expect.stringMatching(/parquet is not a sound Parquet file: the checksum of a page is another/),
  });
});

/** What Arrow's JavaScript makes of a value of LanceDB, as `plain` has it. */
function lancePlain(value: unknown, type: ValueType): unknown {
  if (value === null || value === undefined) return null;
  const [, element] = /^list<(.+)>$/.exec(type) ?? [];
  if (element !== undefined)
    return [...(value as Iterable<unknown>)].map((each) => lancePlain(each, element as ValueType));
  if (value instanceof Uint32Array) {
    const all = value.reduceRight((sum, word) => sum * 2n ** 32n + BigInt(word), 0n);
    return String(BigInt.asIntN(32 * value.length, all));
  }
  if (type === "date" || /^time/.test(type)) return Math.round(Number(value) * 1_000) / 1_000;
  return typeof value === "bigint" ? Number(value) : value;
}

function plain(value: unknown, type: ValueType): unknown {
  if (value === null || value === undefined) return null;
  const [, element] = /^list<(.+)>$/.exec(type) ?? [];
  if (element !== undefined) return (value as readonly unknown[]).map((each) => plain(each, element as ValueType));
  if (/^decimal/.test(type)) return String(value);
  // Arrow gives dates and timestamps in milliseconds.
  if (type === "date") return Number(value) * 86_400_000;
  if (/^timestamp\[us/.test(type)) return Number(value) / 1_000;
  if (/^timestamp\[ns/.test(type)) return Math.round(Number(value) / 1_000) / 1_000;
  return typeof value === "bigint" ? Number(value) : value;
}

test("integers of .json beyond 2^53 keep their digits", async () => {
  const path = join(folder, "big.json");
  await writeFile(
    path,
    '[{"text": "a", "id": 9007199254740993, "in": [18446744073709551615]},\n {"text": "b", "id": 2}]',
  );
  const rows = await rowsOf((await shardsOf(await encode([path])))[0]!);
  expect(rows.map(({ values: { id } }) => id)).toEqual([9007199254740993n, 2n]);
  expect(rows[0]!.values.in).toBe("[18446744073709551615]");
});

test("integers of tables are those of 64 bits", () => {
  const cellOf = (id: string) =>
    cellsOf(
      { values: { id }, place: "a.csv, line 2", firstLine: 2, number: 2, raw: id },
      [{ name: "id", type: "integer" }],
      true,
    );
  const whole = ["9223372036854775807", "-9223372036854775808", "+1234567890123456789", " 7 ", ""];
  const expected = [9223372036854775807n, -9223372036854775808n, 1234567890123456789n, 7n, null];
  expect(whole.flatMap(cellOf)).toEqual(expected);
  for (const other of ["9223372036854775808", "1.0", "1e3"]) expect(() => cellOf(other)).toThrow(/should be integer/);
});

test("a column of pictures is refused at the start, wherever the first of them is, with what to do", async () => {
  const refusal = /"image" holds bytes that are no text\. Name the columns to keep, as in --keep text,old, or write/;
  await expect(encode([table("bytes")])).rejects.toThrow(refusal);
  const kept = await encode([table("bytes")], { keep: ["text", "old"] });
  expect([...(await rowsOf((await shardsOf(kept))[0]!))[0]!.types!.keys()]).toEqual(["text", "old", "embedding"]);

  const data = Array.from({ length: 5_000 }, (_, row) =>
    row < 4_900 ? null : Buffer.from([0xff, 0xd8, 0xff, row % 256]),
  );
  const columnData = [
    { name: "text", data: data.map((_, row) => `text ${row}`), type: "STRING" as const },
    { name: "old", data: data.map((_, row) => Buffer.from(`é${row}`)), type: "BYTE_ARRAY" as const },
    { name: "image", data, type: "BYTE_ARRAY" as const },
  ];
  const late = join(folder, "late.parquet");
  await writeFile(late, Buffer.from(parquetWriteBuffer({ columnData })));
  await expect(openParquet(late, { columns: [], lists: true, exact: true })).rejects.toThrow(refusal);
  // Without what is noted of the values nobody can tell before they are read.
  await writeFile(late, Buffer.from(parquetWriteBuffer({ columnData, statistics: false })));
  await expect(rowsOf(late)).rejects.toThrow(
    /"image" holds bytes that are no text: name the others, those to keep, by --keep$/,
  );
});
