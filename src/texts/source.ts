/** Sources of texts and rows, with the progress of reading. */
import type { ValueType } from "./parquet/value-type.ts";

interface Source {
  /** Name for messages: the file, or `standard input`. */
  readonly name: string;
  /** The part that was read, 0 to 1; undefined where the size is not known. */
  fractionRead(): number | undefined;
}

export interface TextSource extends Source {
  readonly texts: AsyncIterable<string>;
}

export interface RowSource extends Source {
  readonly rows: AsyncIterable<Row>;
  /** The header row of a table, as it came; undefined before rows are taken, and where there is none. */
  header(): string | undefined;
}

/** A JSON object, or a row of a table by its columns. */
export interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  /** Place for messages: `data.jsonl, line 3`. */
  readonly place: string;
  /** Counted from 1: the line of the file on which it begins, or the number of the row in a Parquet file. */
  readonly firstLine: number;
  /** The line on which it ends, or that number. */
  readonly number: number;
  /** The row as it came, without the end of the line; one of a Parquet or JSON file has none. */
  readonly raw?: string;
  /** The types of columns of a Parquet file, where they are exact: the same map for all rows of a file. */
  readonly types?: ReadonlyMap<string, ValueType>;
}
