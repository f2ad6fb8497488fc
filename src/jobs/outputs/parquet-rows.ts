/** A Parquet file of columns and embeddings, in bounded memory: a row group at a time. */
import { createHash } from "node:crypto";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { packageVersion } from "../../common/package-version.ts";
import type { Cell, KeptColumn } from "../columns.ts";
import { arrowSchema } from "./arrow-schema.ts";
import { embeddingElements, writeEmbeddingChunk } from "./embedding-chunk.ts";
import {
  type ByteSink,
  bytesOfEmbedding,
  type EmbeddingRows,
  type EmbeddingShape,
  type StoredEmbedding,
} from "./embedding-rows.ts";
import { columnElements } from "./parquet-elements.ts";

/** A row group ends when its embeddings, or its texts, have so many bytes: it is what readers have in memory, too. */
const groupBytes = 32 * 1024 * 1024;
const maxGroupRows = 131_072;

/** The key under which a file says what it is. */
export const ownKey = "hpd";

/** Said under `ownKey`. */
export interface ParquetSummary {
  readonly rows: number;
  readonly dimension: number;
  readonly dtype: string;
  /** The number of bytes at the beginning of the file, and their SHA-256: all but indexes and footer. */
  readonly bytes: number;
  readonly sha256: string;
}

export class ParquetRows implements EmbeddingRows {
  readonly #sink: ByteSink;
  readonly #columns: readonly KeptColumn[];
  readonly #shape: EmbeddingShape;
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  readonly #hash = createHash("sha256");
  /** The rows of the group that is being filled. */
  #cells: Cell[][];
  /** Their embeddings one behind the other, and room for more: the same for all groups. */
  #embeddings = new Uint8Array(0);
  #embeddingBytes = 0;
  #rows = 0;
  #textUnits = 0;

  private constructor(sink: ByteSink, columns: readonly KeptColumn[], shape: EmbeddingShape, version: string) {
    this.#sink = sink;
    this.#columns = columns;
    this.#shape = shape;
    this.#cells = columns.map(() => []);
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [
        { name: "schema", num_children: columns.length + 1 },
        ...columns.flatMap(columnElements),
        ...embeddingElements(shape.dtype),
      ],
      createdBy: `hpd version ${version}`,
    });
  }

  static async open(sink: ByteSink, columns: readonly KeptColumn[], shape: EmbeddingShape): Promise<ParquetRows> {
    return new ParquetRows(sink, columns, shape, packageVersion);
  }

  async write(embedding: StoredEmbedding, cells: readonly Cell[] = []): Promise<void> {
    for (const [index, column] of this.#cells.entries()) {
      const cell = cells[index] ?? null;
      column.push(cell);
      this.#textUnits += unitsOf(cell);
    }
    this.#keep(bytesOfEmbedding(embedding));
    this.#rows++;
    const isFull = this.#embeddingBytes >= groupBytes || this.#textUnits >= groupBytes || this.#rows >= maxGroupRows;
    if (isFull) await this.#endGroup();
  }

  async end(): Promise<void> {
    if (this.#rows > 0 || this.#writer.num_rows === 0n) await this.#endGroup();
    const { dimension, dtype } = this.#shape;
    const summary: ParquetSummary = {
      rows: Number(this.#writer.num_rows),
      dimension,
      dtype,
      bytes: this.#bytes.offset,
      sha256: this.#hash.digest("hex"),
    };
    this.#writer.kvMetadata = [
      { key: "ARROW:schema", value: arrowSchema(this.#columns, this.#shape) },
      { key: ownKey, value: JSON.stringify(summary) },
    ];
    this.#writer.finish();
    await this.#sink.append(this.#takeBytes());
  }

  #keep(bytes: Uint8Array): void {
    const end = this.#embeddingBytes + bytes.length;
    if (end > this.#embeddings.length) {
      const larger = new Uint8Array(Math.max(end, Math.min(2 * end, groupBytes)));
      larger.set(this.#embeddings);
      this.#embeddings = larger;
    }
    this.#embeddings.set(bytes, this.#embeddingBytes);
    this.#embeddingBytes = end;
  }

  async #endGroup(): Promise<void> {
    if (this.#rows > 0) await this.#writeGroup();
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = this.#takeBytes();
    this.#hash.update(bytes);
    await this.#sink.append(bytes);
  }

  async #writeGroup(): Promise<void> {
    const rows = this.#rows;
    const columnData = this.#columns.map(({ name }, index) => ({ name, data: this.#cells[index]! }));
    const { row_groups: groups } = this.#writer;
    const isAlone = columnData.length === 0;
    if (isAlone) groups.push({ columns: [], total_byte_size: 0n, num_rows: BigInt(rows), total_compressed_size: 0n });
    else this.#writer.write({ columnData, rowGroupSize: rows });
    if (isAlone) this.#writer.num_rows += BigInt(rows);
    this.#cells = this.#columns.map(() => []);
    const embeddings = this.#embeddings.subarray(0, this.#embeddingBytes);
    const chunk = await writeEmbeddingChunk(this.#bytes, { embeddings, rows, shape: this.#shape }, () => this.#flush());
    const group = groups.at(-1)!;
    group.columns.push(chunk);
    group.total_byte_size += chunk.meta_data!.total_uncompressed_size;
    group.total_compressed_size! += chunk.meta_data!.total_compressed_size;
    this.#embeddingBytes = 0;
    this.#rows = 0;
    this.#textUnits = 0;
  }

  /** A copy of what was written since. */
  #takeBytes(): Uint8Array {
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return bytes;
  }
}

/** UTF-16 units of a cell's texts; eight for each other element of a list. */
function unitsOf(cell: Cell): number {
  if (typeof cell === "string") return cell.length;
  return Array.isArray(cell) ? cell.reduce((sum, each) => sum + Math.max(unitsOf(each), 8), 0) : 0;
}
