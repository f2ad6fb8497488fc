/** The rows of parts of files. */
import { pipeline, Readable } from "node:stream";
import { HpdError } from "../../errors.ts";
import { type ByteReader, inBlocks, streamOf } from "../../storage/byte-reader.ts";
import { decodeBytes } from "../../texts/decoded.ts";
import { linesOf } from "../../texts/lines.ts";
import { isTable, rowsOfPieces } from "../../texts/open-rows.ts";
import type { InputFormat } from "../../texts/open-texts.ts";
import { parquetRows, readParquetFooter } from "../../texts/parquet.ts";
import { fieldHint } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import { zipOf } from "../../texts/unzip.ts";
import { divisionOf } from "./input-format.ts";
import { joined, lineBytes } from "./line-bytes.ts";
import type { Part } from "./parts.ts";

export interface RowsOptions {
  readonly format: InputFormat;
  /** Columns that tables have to have; of Parquet no others are read. None: all. */
  readonly columns: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told of bytes as they are read. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** The name of the only column of plain text. */
export const lineColumn = "text";

/** The rows that begin in the parts, in their order. @throws HpdError as reading does */
export async function* rowsOfParts(parts: readonly Part[], options: RowsOptions): AsyncGenerator<Row, void, undefined> {
  for (const part of parts) yield* rowsOfPart(part, options);
}

async function* rowsOfPart(part: Part, options: RowsOptions): AsyncGenerator<Row, void, undefined> {
  const { file, start, end } = part;
  const { format, signal } = options;
  const division = divisionOf(file.name, format);
  // A file that can't be divided belongs to the part that has its beginning.
  if (division === "whole" && start > 0) return;
  if (format === "parquet" && division === "whole") {
    throw new HpdError("invalid_argument", `${file.location}: a Parquet file is read as it is, not as .gz or .zst`);
  }
  signal?.throwIfAborted();
  const reader = await file.open(signal);
  try {
    if (format === "parquet") yield* rowsOfGroups(part, inBlocks(reader), options);
    else if (division === "whole") yield* rowsOfText(unzipped(reader, options), file.location, true, options);
    else if (start === 0 && end === reader.size) yield* rowsOfText(streamOf(reader), file.location, true, options);
    else yield* rowsOfLines(part, reader, options);
  } finally {
    await reader.close();
  }
}

async function* rowsOfGroups(
  { file, start, end }: Part,
  reader: ByteReader,
  { columns, onBytes }: RowsOptions,
): AsyncGenerator<Row, void, undefined> {
  const footer = await readParquetFooter(reader, file.location, {
    ...{ columns, lists: true, exact: true, hint: fieldHint },
  });
  const groups = footer.groups.flatMap((group, index) => (group.start >= start && group.start < end ? [index] : []));
  const rows = groups.reduce((sum, index) => sum + footer.groups[index]!.rows, 0);
  for await (const row of parquetRows(reader, footer, file.location, new Set(groups))) {
    yield row;
    onBytes?.((end - start) / rows);
  }
}

async function* rowsOfLines(
  { file, start, end }: Part,
  reader: ByteReader,
  options: RowsOptions,
): AsyncGenerator<Row, void, undefined> {
  const isReturnEnd = isTable(options.format);
  const linesFrom = (from: number, to: number) => lineBytes(reader, { start: from, end: to, isReturnEnd });
  const place = `${file.location} behind byte ${start}`;
  if (start === 0) yield* rowsOfText(linesFrom(0, end), file.location, true, options);
  else if (!isReturnEnd) yield* rowsOfText(linesFrom(start, end), place, false, options);
  else {
    const behindHeader = (await headerStart(reader)) + 1;
    const lines = joined(linesFrom(0, behindHeader), linesFrom(Math.max(start, behindHeader), end));
    yield* rowsOfText(lines, place, true, options);
  }
}

/** The place of the header of a table, before which there may be a byte-order mark and lines with nothing on them. */
async function headerStart(reader: ByteReader): Promise<number> {
  let at = 0;
  for await (const block of streamOf({ ...reader, blockSize: 4096 })) {
    for (const byte of block) {
      const isMark = at < 3 && byte === [0xef, 0xbb, 0xbf][at];
      if (!isMark && byte !== 0x0a && byte !== 0x0d) return at;
      at++;
    }
  }
  return at;
}

/** @param isStart whether the bytes begin where the file does */
async function* rowsOfText(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  isStart: boolean,
  { format, columns, signal, onBytes }: RowsOptions,
): AsyncGenerator<Row, void, undefined> {
  const pieces = decodeBytes(counted(bytes, onBytes), name, { isReturnEnd: isTable(format), isStart, signal });
  if (format !== "text") {
    yield* rowsOfPieces(pieces, name, {
      format: format as Exclude<typeof format, "parquet">,
      columns,
      hint: fieldHint,
      exactIntegers: true,
    });
    return;
  }
  let number = 0;
  for await (const line of linesOf(pieces)) {
    number++;
    yield { values: { [lineColumn]: line }, place: `${name}, line ${number}`, firstLine: number, number, raw: line };
  }
}

/** The bytes of a file that is read from its beginning to its end. */
function unzipped(reader: ByteReader, { signal }: RowsOptions): AsyncIterable<Uint8Array> {
  const zip = zipOf(reader.name);
  if (zip === undefined) return streamOf(reader);
  const bytes = zip.createDecompressor();
  pipeline(Readable.from(streamOf(reader)), bytes, () => {});
  const stop = () => bytes.destroy(signal?.reason);
  signal?.addEventListener("abort", stop);
  // A signal may outlive a hundred thousand files.
  bytes.once("close", () => signal?.removeEventListener("abort", stop));
  return bytes;
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  onBytes: RowsOptions["onBytes"],
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const block of bytes) {
    onBytes?.(block.length);
    yield block;
  }
}
