/** Finds out once what a work has to know: columns and ranges, from rows of all parts of the inputs. */
import { counted } from "../../common/numbers.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import { quantizationRanges } from "../../similarity/quantization.ts";
import type { StoredFile } from "../../storage/stored-file.ts";
import type { InputFormat } from "../../texts/open-texts.ts";
import { fieldHint, textOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import { columnsOf, parseColumn } from "../columns.ts";
import { partsOf } from "../inputs/parts.ts";
import { rowsOfParts } from "../inputs/rows.ts";
import type { EncodeRowsOptions } from "./encode-rows.ts";
import type { EncodeFindings } from "./manifest.ts";
import type { ShardPrecision } from "./options.ts";

/** Places at equal distances of which rows are taken. */
const places = 16;
const rowsOfPlace = 64;

/** The inputs and the columns to read of them. */
export interface ReadOptions {
  readonly files: readonly StoredFile[];
  readonly format: InputFormat;
  readonly field: string;
  /** Columns to keep; undefined for all. */
  readonly keep: readonly string[] | undefined;
  /** Whether the output holds columns beside the embeddings. */
  readonly hasColumns: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface FindOptions extends ReadOptions {
  readonly precision: ShardPrecision;
  readonly encode: EncodeRowsOptions["encode"];
}

/** The columns to read: none for all. Of JSON, where rows may be texts alone, the field is the only one. */
export function columnsToRead({ field, format, keep, hasColumns }: ReadOptions): string[] {
  if (format === "parquet" && keep === undefined && hasColumns) return [];
  return [...new Set([field, ...(keep ?? []).map((column) => parseColumn(column).name)])];
}

/** @throws HpdError as reading, encoding and `columnsOf` do */
export async function findOut(model: SentenceTransformer, options: FindOptions): Promise<EncodeFindings> {
  const { field, format, keep, hasColumns, precision, encode, signal } = options;
  const sample = await sampleOf(options);
  const texts = sample.map((row) => textOf(row, field, fieldHint));
  const columns = hasColumns ? columnsOf(sample, keep, format) : [];
  const dimension = Math.min(encode.truncateDim ?? model.dimension, model.dimension);
  if (precision !== "int8") return { dimension, columns };
  if (texts.length < 2) {
    const problem = `precision int8 needs the range of two texts or more, got ${counted(texts.length, "text")}`;
    throw new HpdError("invalid_argument", `${problem}: give more, or take float16`);
  }
  const embeddings = await model.encode(texts, { ...encode, fixedBatches: true, ...(signal && { signal }) });
  const { minimum, maximum } = quantizationRanges(embeddings);
  return { dimension, columns, ranges: { minimum: [...minimum], maximum: [...maximum] } };
}

/** The first rows of places at equal distances. @throws HpdError as reading does */
export async function sampleOf(options: ReadOptions): Promise<Row[]> {
  const { files, format, signal } = options;
  const reading = { format, columns: columnsToRead(options), signal };
  const rows: Row[] = [];
  const take = async (place: number, of: number, most: number) => {
    let taken = 0;
    if (most === 0) return;
    for await (const row of rowsOfParts(partsOf(files, place, of), reading)) {
      rows.push(row);
      if (++taken === most) return;
    }
  };
  for (let place = 0; place < places; place++) await take(place, places, rowsOfPlace);
  // Files that can't be divided have all their rows at the first place.
  if (rows.length >= (places * rowsOfPlace) / 2) return rows;
  rows.length = 0;
  await take(0, 1, places * rowsOfPlace);
  return rows;
}
