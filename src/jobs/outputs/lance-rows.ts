/**
 * A table of LanceDB on the disk. It is built in a folder beside, batch after batch, and takes its name when it is whole.
 */
import { existsSync, rmSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { cannotWrite } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { removeAbandoned, temporaryName } from "../../files/temporary-name.ts";
import { plainLanceError } from "../../passage-index/lance/lance-error.ts";
import { type Arrow, type LanceDB, loadLanceDB } from "../../passage-index/lance/load-lancedb.ts";
import { type Cell, embeddingColumn, type KeptColumn } from "../columns.ts";
import { arrowData, arrowType } from "./arrow-columns.ts";
import { bytesOfEmbedding, type EmbeddingRows, type EmbeddingShape, type StoredEmbedding } from "./embedding-rows.ts";

const suffix = "partial";

/** Rows of a batch: each is a fragment of the table. */
const batchRows = 16_384;

/** A table that is being written. */
export interface LanceTable extends EmbeddingRows {
  /** Gives the table its name. */
  finish(): Promise<void>;
  /** Removes it. */
  abort(): Promise<void>;
}

/**
 * @param path of the table, `folder/name.lance`; the folder is what LanceDB connects to
 * @throws HpdError `not_found` without LanceDB; `invalid_argument` where there is a table of that name, or it can't be written
 */
export async function openLanceTable(
  path: string,
  columns: readonly KeptColumn[],
  shape: EmbeddingShape,
): Promise<LanceTable> {
  const { lancedb, arrow } = loadLanceDB();
  const whole = resolve(path);
  const name = basename(whole).replace(/\.lance$/, "");
  const partial = temporaryName(whole, suffix);
  await makeFolder(dirname(whole)).catch((cause: unknown) => {
    throw cannotWrite(path, cause);
  });
  await removeAbandoned(whole, suffix);
  // A second Ctrl-C ends the process at once.
  const removeAtExit = () => removeWhileWritten(partial);
  process.once("exit", removeAtExit);
  const remove = async () => {
    await rm(partial, { recursive: true, force: true });
    process.off("exit", removeAtExit);
  };
  try {
    const connection = await lancedb.connect(partial);
    const table = await connection.createEmptyTable(name, schemaOf(arrow, columns, shape));
    return new Batches({ arrow, table, columns, shape, path, whole, partial, name, remove });
  } catch (cause) {
    await remove();
    throw cannotWrite(path, plainLanceError(cause));
  }
}

/** Removes a folder at the end of the process, again where LanceDB's threads, which are not stopped, still write into it. */
function removeWhileWritten(folder: string): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let turn = 0, quiet = 0; turn < 100 && quiet < 3; turn++) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A file came while its folder was removed.
    }
    Atomics.wait(never, 0, 0, 20);
    quiet = existsSync(folder) ? 0 : quiet + 1;
  }
}

interface Opened {
  readonly arrow: typeof Arrow;
  readonly table: LanceDB.Table;
  readonly columns: readonly KeptColumn[];
  readonly shape: EmbeddingShape;
  readonly path: string;
  readonly whole: string;
  readonly partial: string;
  readonly name: string;
  /** Removes the folder beside. */
  remove(): Promise<void>;
}

class Batches implements LanceTable {
  readonly #opened: Opened;
  #cells: (readonly Cell[])[] = [];
  #embeddings: Uint8Array[] = [];

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  async write(embedding: StoredEmbedding, cells: readonly Cell[] = []): Promise<void> {
    this.#cells.push(cells);
    this.#embeddings.push(bytesOfEmbedding(embedding));
    if (this.#cells.length >= batchRows) await this.end();
  }

  async end(): Promise<void> {
    if (this.#cells.length === 0) return;
    const { arrow, table, columns, shape, path } = this.#opened;
    const all = schemaOf(arrow, columns, shape).fields;
    const length = this.#cells.length;
    const numbers = arrow.makeData({ type: elementType(arrow, shape), data: this.#numbers() } as never) as Arrow.Data;
    const kept = columns
      .map(({ type }, index) => ({ type, field: all[index]!, cells: this.#cells.map((row) => row[index] ?? null) }))
      // Arrow 18 writes booleans that are all null without their bytes, which LanceDB refuses. A column left out is null.
      .filter(({ type, cells }) => type !== "boolean" || cells.some((cell) => cell !== null));
    const embeddings = all.at(-1)!;
    const schema = new arrow.Schema([...kept.map(({ field }) => field), embeddings]);
    const children = [
      ...kept.map(({ type, cells }) => arrowData(arrow, type, cells)),
      arrow.makeData({ type: embeddings.type as Arrow.FixedSizeList, length, nullCount: 0, child: numbers }),
    ];
    const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children });
    await table.add(new arrow.Table(schema, [new arrow.RecordBatch(schema, data)])).catch((cause: unknown) => {
      throw cannotWrite(path, plainLanceError(cause));
    });
    this.#cells = [];
    this.#embeddings = [];
  }

  async finish(): Promise<void> {
    const { table, partial, name, whole, path, remove } = this.#opened;
    table.close();
    try {
      await rename(join(partial, `${name}.lance`), whole);
    } catch (cause) {
      if (!["ENOTEMPTY", "EEXIST"].includes((cause as NodeJS.ErrnoException).code ?? ""))
        throw cannotWrite(path, cause);
      throw new HpdError("invalid_argument", `${path} is there already: delete it, or name another`, { cause });
    } finally {
      await remove();
    }
  }

  async abort(): Promise<void> {
    this.#opened.table.close();
    await this.#opened.remove();
  }

  #numbers(): Float32Array | Uint16Array | Int8Array | Uint8Array {
    const bytes = new Uint8Array(this.#embeddings.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const embedding of this.#embeddings) {
      bytes.set(embedding, at);
      at += embedding.length;
    }
    this.#embeddings = [];
    const { buffer } = bytes;
    const { dtype } = this.#opened.shape;
    if (dtype === "float32") return new Float32Array(buffer);
    if (dtype === "float16") return new Uint16Array(buffer);
    return dtype === "int8" ? new Int8Array(buffer) : new Uint8Array(buffer);
  }
}

function schemaOf(arrow: typeof Arrow, columns: readonly KeptColumn[], shape: EmbeddingShape): Arrow.Schema {
  const element = new arrow.Field("item", elementType(arrow, shape), true);
  return new arrow.Schema([
    ...columns.map(({ name, type }) => new arrow.Field(name, arrowType(arrow, type), true)),
    new arrow.Field(embeddingColumn, new arrow.FixedSizeList(shape.dimension, element), true),
  ]);
}

function elementType(arrow: typeof Arrow, { dtype }: EmbeddingShape): Arrow.DataType {
  if (dtype === "float32") return new arrow.Float32();
  if (dtype === "float16") return new arrow.Float16();
  return dtype === "int8" ? new arrow.Int8() : new arrow.Uint8();
}
