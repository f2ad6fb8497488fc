/** The file of a shard: written, looked into, and read back as a whole. */
import { createHash } from "node:crypto";
import { isObject, parseJson, parseJsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { type ByteReader, inBlocks, streamOf } from "../storage/byte-reader.ts";
import { bytesPerElement } from "../tensor/dtype.ts";
import type { Column } from "../texts/parquet/footer.ts";
import { parquetValueBytes, readParquetFooter } from "../texts/parquet.ts";
import { embeddingColumn, type KeptColumn } from "./columns.ts";
import type { ShardFormat } from "./encode/options.ts";
import { type ArrayFormat, openArrayRows } from "./outputs/array-rows.ts";
import {
  type ByteSink,
  type EmbeddingDType,
  type EmbeddingRows,
  type EmbeddingShape,
  embeddingDTypes,
} from "./outputs/embedding-rows.ts";
import { npy } from "./outputs/npy.ts";
import { ownKey, ParquetRows, type ParquetSummary } from "./outputs/parquet-rows.ts";
import { safetensors } from "./outputs/safetensors.ts";

export const extensionOf = { parquet: ".parquet", npy: ".npy", safetensors: ".safetensors" } as const;

export async function openShardFile(
  sink: ByteSink,
  format: ShardFormat,
  columns: readonly KeptColumn[],
  shape: EmbeddingShape,
): Promise<EmbeddingRows> {
  if (format === "parquet") return ParquetRows.open(sink, columns, shape);
  return openArrayRows(sink, format === "npy" ? npy : safetensors, shape);
}

/** The summary that a file has of itself. */
export interface ShardSummary {
  readonly rows: number;
  readonly dimension: number;
  readonly dtype: EmbeddingDType;
  /** The bytes that the checksum is of. */
  readonly start: number;
  readonly end: number;
  /** SHA-256 in hexadecimal digits; .npy has no place for one. */
  readonly sha256: string | undefined;
  /** The column of the embeddings in a file of Parquet. */
  readonly embeddings?: Column | undefined;
}

/** @throws HpdError `corrupt_file` for a file that isn't one of ours */
export async function readShardSummary(reader: ByteReader, format: ShardFormat): Promise<ShardSummary> {
  const read = { parquet: summaryOfParquet, npy: summaryOfNpy, safetensors: summaryOfSafetensors }[format];
  const summary = await read(reader);
  const areSizes = [summary.rows, summary.dimension, summary.end].every((size) => Number.isSafeInteger(size));
  if (areSizes && embeddingDTypes.includes(summary.dtype) && summary.end <= reader.size) return summary;
  throw notOurs(reader);
}

/**
 * Reads a file as a whole.
 *
 * @returns the rows, and what is wrong with it; undefined where all is as it was written
 */
export async function verifiedShard(
  reader: ByteReader,
  format: ShardFormat,
  expected: EmbeddingShape,
): Promise<{ readonly rows: number; readonly problem: string | undefined }> {
  const blocks = inBlocks(reader);
  const summary = await readShardSummary(blocks, format);
  return { rows: summary.rows, problem: await problemOf(reader, blocks, summary, expected) };
}

async function problemOf(
  reader: ByteReader,
  blocks: ByteReader,
  { rows, dimension, dtype, start, end, sha256, embeddings }: ShardSummary,
  expected: EmbeddingShape,
): Promise<string | undefined> {
  if (dimension !== expected.dimension || dtype !== expected.dtype) {
    return `it holds ${dtype} of ${dimension} dimensions, not ${expected.dtype} of ${expected.dimension}`;
  }
  const isArray = embeddings === undefined;
  if (isArray && end - start !== rows * dimension * bytesPerElement(dtype)) return "it isn't as long as it says";
  const hash = createHash("sha256");
  const elements = new FiniteCheck(dtype);
  for await (const block of streamOf(reader, start, end)) {
    hash.update(block);
    if (isArray) elements.add(block);
  }
  if (sha256 !== undefined && hash.digest("hex") !== sha256) return "its checksum is another: bytes have changed";
  if (!isArray) {
    let numbers = 0;
    for await (const { bytes, count } of parquetValueBytes(blocks, reader.name, embeddings)) {
      numbers += count;
      elements.add(bytes);
    }
    if (numbers !== rows * dimension) return `it has ${numbers} numbers of embeddings in ${rows} rows`;
  }
  return elements.isFinite ? undefined : "it has numbers that are not finite";
}

async function summaryOfParquet(reader: ByteReader): Promise<ShardSummary> {
  const { keyValues, rows, columns } = await readParquetFooter(inBlocks(reader), reader.name, {
    columns: [embeddingColumn],
    lists: true,
  });
  const summary = parseJson(keyValues.get(ownKey) ?? "null", reader.name) as ParquetSummary;
  if (!isObject(summary) || summary.rows !== rows) throw notOurs(reader);
  const { dimension, dtype, bytes, sha256 } = summary;
  return { rows, dimension, dtype: dtype as EmbeddingDType, start: 0, end: bytes, sha256, embeddings: columns[0] };
}

/** @throws HpdError `corrupt_file` for the name of another type */
function dtypeOf(name: unknown, { names }: ArrayFormat, reader: ByteReader): EmbeddingDType {
  const dtype = embeddingDTypes.find((each) => names[each] === name);
  if (dtype === undefined) throw notOurs(reader);
  return dtype;
}

async function summaryOfNpy(reader: ByteReader): Promise<ShardSummary> {
  if (reader.size < npy.headerSize) throw notOurs(reader);
  const header = Buffer.from(await reader.read(0, npy.headerSize)).toString("latin1");
  const [, type, rows, dimension] = /'descr': '([^']+)'.*'shape': \((\d+), (\d+)\)/.exec(header) ?? [];
  return {
    rows: Number(rows),
    dimension: Number(dimension),
    dtype: dtypeOf(type, npy, reader),
    start: npy.headerSize,
    end: reader.size,
    sha256: undefined,
  };
}

async function summaryOfSafetensors(reader: ByteReader): Promise<ShardSummary> {
  if (reader.size < safetensors.headerSize) throw notOurs(reader);
  const header = Buffer.from(await reader.read(8, safetensors.headerSize)).toString("utf8");
  const { embeddings, __metadata__: metadata } = parseJsonObject(header, reader.name);
  if (!isObject(embeddings) || !isObject(metadata)) throw notOurs(reader);
  const [rows, dimension] = embeddings.shape as [number, number];
  return {
    rows,
    dimension,
    dtype: dtypeOf(embeddings.dtype, safetensors, reader),
    start: safetensors.headerSize,
    end: reader.size,
    sha256: String(metadata.sha256),
  };
}

function notOurs({ name }: ByteReader): HpdError {
  return new HpdError("corrupt_file", `${name} is no shard of hpd, or damaged: delete it and run the shard again`);
}

/** Whether all numbers are finite, of bytes that are cut anywhere. */
class FiniteCheck {
  isFinite = true;
  readonly #size: number;
  readonly #exponent: number;
  #rest = Buffer.alloc(0);

  constructor(dtype: EmbeddingDType) {
    this.#size = bytesPerElement(dtype);
    this.#exponent = dtype === "float16" ? 0x7c00 : 0x7f800000;
  }

  add(bytes: Uint8Array): void {
    if (this.#size === 1) return;
    // A copy, which begins where numbers may.
    const all = new Uint8Array(Buffer.concat([this.#rest, bytes]));
    const whole = all.length - (all.length % this.#size);
    this.#rest = Buffer.from(all.subarray(whole));
    const numbers =
      this.#size === 2
        ? new Uint16Array(all.buffer, all.byteOffset, whole / 2)
        : new Uint32Array(all.buffer, all.byteOffset, whole / 4);
    for (const bits of numbers) if ((bits & this.#exponent) === this.#exponent) this.isFinite = false;
  }
}
