/** Parquet as others read it. `tools/parquet` asks pyarrow, DuckDB and Polars. */
import { MessageReader, type Schema, type Type } from "apache-arrow";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import type { Cell, KeptColumn } from "../../src/jobs/columns.ts";
import type { EmbeddingShape, StoredEmbedding } from "../../src/jobs/outputs/embedding-rows.ts";
import { ParquetRows } from "../../src/jobs/outputs/parquet-rows.ts";
import { verifiedShard } from "../../src/jobs/shard-file.ts";
import type { ByteReader } from "../../src/storage/byte-reader.ts";

async function write(
  columns: readonly KeptColumn[],
  shape: EmbeddingShape,
  rows: readonly (readonly [StoredEmbedding, readonly Cell[]])[],
): Promise<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const sink = { append: async (bytes: Uint8Array) => void parts.push(bytes), overwriteStart: async () => {} };
  const writer = await ParquetRows.open(sink, columns, shape);
  for (const [embedding, cells] of rows) await writer.write(embedding, cells);
  await writer.end();
  return new Uint8Array(Buffer.concat(parts)).buffer;
}

const columns: KeptColumn[] = [
  { name: "id", type: "integer" },
  { name: "ü", type: "text" },
  { name: "score", type: "number" },
  { name: "ok", type: "boolean" },
  { name: "tags", type: "json" },
];

describe.each([1, 3, 8, 15, 16, 17, 384])("%i dimensions", (dimension) => {
  test.each([
    ["float32", Float32Array],
    ["int8", Int8Array],
    ["uint8", Uint8Array],
  ] as const)("of %s, over several pages", async (dtype, Type) => {
    const count = Math.min(3000, Math.ceil((2.5 * 2 ** 20) / (dimension * 4)));
    const least = dtype === "uint8" ? 0 : -128;
    const rows = Array.from({ length: count }, (_, row) => {
      const levels = Array.from({ length: dimension }, (_, at) => ((row * 31 + at * 7) % 256) + least);
      const embedding = Type.from(levels);
      return [embedding, [BigInt(row), row % 3 === 0 ? null : `t${row}`, row / 3, row % 2 === 0, "[1]"]] as const;
    });
    const read = await parquetReadObjects({ file: await write(columns, { dimension, dtype }, rows) });
    expect(read.length).toBe(count);
    for (const row of [0, 1, 2, count >> 1, count - 1]) {
      const [embedding, [id, text, score, ok, tags]] = rows[row]!;
      expect(read[row]).toEqual({ id, ü: text, score, ok, tags: tags, embedding: [...embedding] });
    }
  });
});

test("float16 by its bits", async () => {
  const rows = [[Uint16Array.of(0x3c00, 0xc000, 0x0001), []]] as const;
  const read = await parquetReadObjects({ file: await write([], { dimension: 3, dtype: "float16" }, rows) });
  expect(read).toEqual([{ embedding: [1, -2, 2 ** -24] }]);
});

test("a row group ends when its texts are large, and all of them are there", async () => {
  const text = "x".repeat(5_000_000);
  const rows = Array.from({ length: 9 }, (_, row) => [Float32Array.of(row), [text]] as const);
  const file = await write([{ name: "text", type: "text" }], { dimension: 1, dtype: "float32" }, rows);
  const metadata = parquetMetadata(file);
  expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([7, 2]);
  expect((await parquetReadObjects({ file })).map(({ embedding }) => embedding[0])).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ]);
});

test("Arrow finds a list of a fixed size", async () => {
  const metadata = parquetMetadata(await write(columns, { dimension: 384, dtype: "float16" }, []));
  const encoded = metadata.key_value_metadata!.find(({ key }) => key === "ARROW:schema")!.value!;
  const schema = new MessageReader(Buffer.from(encoded, "base64")).readSchema() as Schema<Record<string, never>>;
  expect(schema.fields.map(({ name, type, nullable }) => [name, String(type as Type), nullable])).toEqual([
    ["id", "Int64", true],
    ["ü", "Utf8", true],
    ["score", "Float64", true],
    ["ok", "Bool", true],
    ["tags", "Utf8", true],
    ["embedding", "FixedSizeList[384]<Float16>", false],
  ]);
  expect(metadata.created_by).toMatch(/^hpd version \d+\.\d+\.\d+/);
});

test("who checks a file reads its footer once", async () => {
  const rows = Array.from({ length: 500 }, (_, row) => [Float32Array.of(row, 1), [`text ${row}`]] as const);
  const shape = { dimension: 2, dtype: "float32" } as const;
  const bytes = new Uint8Array(await write([{ name: "text", type: "text" }], shape, rows));
  let ofFooter = 0;
  const reader: ByteReader = {
    ...{ name: "a.parquet", size: bytes.length, blockSize: 4096 },
    async read(start, end) {
      if (end === bytes.length) ofFooter++;
      return bytes.slice(start, end);
    },
    close: async () => {},
  };
  expect(await verifiedShard(reader, "parquet", shape)).toEqual({ rows: 500, problem: undefined });
  expect(ofFooter).toBe(1);
});
