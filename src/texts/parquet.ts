/**
 * Columns of a Parquet file: texts, numbers or booleans, or lists of these. hyparquet decodes the values; all that it
 * takes on trust is checked before (`parquet/footer.ts`, `parquet/pages.ts`), because version 1.31.5 never ends on some
 * damaged files, and reads a row group as a whole.
 */
import { type FileHandle, open } from "node:fs/promises";
import { types } from "node:util";
import { cannotRead, fileReason } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
import { bytesOf, type FileBytes } from "./parquet/bytes.ts";
import { valuesOf } from "./parquet/column-values.ts";
import { type Column, type Footer, readFooter } from "./parquet/footer.ts";
import { type ValueBytes, valueBytes } from "./parquet/value-bytes.ts";
import type { Row, RowSource } from "./source.ts";

export interface ParquetOptions {
  /** Those that are read; none for all that hold texts or numbers. */
  readonly columns: readonly string[];
  /** Whether columns of lists are read too: their values are arrays, null, or null within. Default false. */
  readonly lists?: boolean | undefined;
  /**
   * Whether dates, times and decimals are read too, as `ValueType` has them, and rows have their types. Where no columns are
   * named, one of another kind is then refused. Default false.
   */
  readonly exact?: boolean | undefined;
  /** Put behind the message that a column is missing. */
  readonly hint?: string | undefined;
}

/** @throws HpdError `not_found`, `corrupt_file`, `unsupported`, `invalid_argument` with the columns that are there. */
export async function openParquet(
  file: string,
  { columns, lists = false, exact = false, hint = "" }: ParquetOptions,
): Promise<RowSource> {
  const footer = await withFile(file, (bytes) => readFooter(bytes, { asked: columns, lists, exact, name: file, hint }));
  let read = 0;
  async function* rows(): AsyncGenerator<Row, void, undefined> {
    // Once more: rows may never be taken.
    const handle = await openFile(file);
    try {
      for await (const row of parquetRows(await bytesOf(handle), footer, file)) {
        read++;
        yield row;
      }
    } finally {
      await handle.close();
    }
  }
  return {
    name: file,
    rows: rows(),
    header: () => undefined,
    fractionRead: () => (footer.rows === 0 ? undefined : read / footer.rows),
  };
}

/** The footer of a file of which the bytes are at hand. @throws HpdError as `openParquet` */
export async function readParquetFooter(
  file: FileBytes,
  name: string,
  { columns, lists = false, exact = false, hint = "" }: ParquetOptions,
): Promise<Footer> {
  try {
    return await readFooter(file, { asked: columns, lists, exact, name, hint });
  } catch (error) {
    throw asHpdError(error, name);
  }
}

/**
 * The rows of some groups, all by default.
 *
 * @param name of the file, for messages
 * @throws HpdError as `openParquet`
 */
export async function* parquetRows(
  file: FileBytes,
  footer: Footer,
  name: string,
  groups: ReadonlySet<number> = new Set(footer.groups.keys()),
): AsyncGenerator<Row, void, undefined> {
  let row = 0;
  const known = footer.columns.flatMap(({ name, type }) => (type === undefined ? [] : [[name, type] as const]));
  const types = known.length === 0 ? undefined : new Map(known);
  try {
    for (const [index, { rows }] of footer.groups.entries()) {
      if (!groups.has(index)) {
        row += rows;
        continue;
      }
      const columns = footer.columns.map((column) => ({ ...column, chunks: [column.chunks[index]!] }));
      for await (const values of rowsOf(file, { rows, columns })) {
        row++;
        yield { values, place: `${name}, row ${row}`, firstLine: row, number: row, ...(types && { types }) };
      }
    }
  } catch (error) {
    throw asHpdError(error, name);
  }
}

/** The values of a column of the footer as bytes, page by page. @throws HpdError as `openParquet` */
export async function* parquetValueBytes(
  file: FileBytes,
  name: string,
  column: Column,
): AsyncGenerator<ValueBytes, void, undefined> {
  try {
    yield* valueBytes(file, column);
  } catch (error) {
    throw asHpdError(error, name);
  }
}

async function withFile<T>(file: string, use: (bytes: FileBytes) => Promise<T>): Promise<T> {
  const handle = await openFile(file);
  try {
    return await use(await bytesOf(handle));
  } catch (error) {
    throw asHpdError(error, file);
  } finally {
    await handle.close();
  }
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new Error("it is no file");
  } catch (cause) {
    throw cannotRead(file, cause);
  }
}

function asHpdError(cause: unknown, file: string): unknown {
  if (cause instanceof HpdError || !types.isNativeError(cause)) return cause;
  const isOfSystem = (cause as NodeJS.ErrnoException).syscall !== undefined;
  const problem = isOfSystem ? "can't be read" : "is not a sound Parquet file";
  return new HpdError(
    isOfSystem ? "runtime" : "corrupt_file",
    `${file} ${problem}: ${fileReason(cause).slice(0, 200)}`,
    {
      cause,
    },
  );
}

/** The rows of chunks. Columns have their pages each for itself. */
async function* rowsOf(
  file: FileBytes,
  { rows, columns }: Pick<Footer, "rows" | "columns">,
): AsyncGenerator<Row["values"], void, undefined> {
  const sources = columns.map((column) => ({
    name: column.name,
    batches: valuesOf(file, column),
    values: [] as readonly unknown[],
    at: 0,
  }));
  for (let row = 0; row < rows; row++) {
    for (const source of sources) {
      // Pages of lists may end no row.
      while (source.at >= source.values.length) {
        const next = await source.batches.next();
        if (next.done) throw new RangeError(`the column ${source.name} ends before row ${row + 1}`);
        source.values = next.value;
        source.at = 0;
      }
    }
    yield Object.fromEntries(sources.map((source) => [source.name, source.values[source.at++]]));
  }
}
