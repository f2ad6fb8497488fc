/**
 * The values of a column, some pages at a time: memory is that of one of them, whatever the size of a row group.
 * hyparquet decodes them as a file of their own, in memory, with one column and one group.
 */
import type { Compressors, FileMetaData } from "hyparquet";
import { HpdError } from "../../errors.ts";
import type { FileBytes } from "./bytes.ts";
import type { ColumnType } from "./check-page.ts";
import type { Column } from "./footer.ts";
import { ListRows } from "./lists.ts";
import { type Page, pagesOf } from "./pages.ts";

/** Pages are gathered up to this: a dictionary is decoded once for all of them. */
const maxValues = 131_072;
const maxBytes = 16 * 1024 * 1024;

/** @throws RangeError, or what a decompressor throws, where the file is damaged */
export async function* valuesOf(file: FileBytes, column: Column): AsyncGenerator<readonly unknown[], void, undefined> {
  const { list, convert } = column;
  const type = columnTypeOf(column);
  for (const chunk of column.chunks) {
    const lists = list && new ListRows(list);
    let rows = 0;
    for await (const { pages, dictionary } of batchesOf(pagesOf(file, chunk, type))) {
      const decoded = await decode(column, pages, dictionary);
      const values =
        convert === undefined
          ? decoded
          : decoded.map((value) => (value === undefined || value === null ? null : convert(value)));
      const ended = lists === undefined ? values : rowsOf(lists, pages, values);
      rows += ended.length;
      yield ended;
    }
    const last = lists?.end() ?? [];
    rows += last.length;
    if (rows !== chunk.rows) throw new RangeError(`a chunk has ${rows} rows where there are ${chunk.rows}`);
    yield last;
  }
}

/** The type of a column's values. */
export function columnTypeOf({ element, list }: Column): ColumnType {
  return {
    type: element.type,
    typeLength: element.type_length ?? 0,
    mostDefined: list?.valueLevel ?? Number(element.repetition_type === "OPTIONAL"),
    mostRepeated: list === undefined ? 0 : 1,
  };
}

interface PageBatch {
  readonly pages: readonly Page[];
  readonly dictionary: Page | undefined;
}

/** Pages that are decoded together. */
async function* batchesOf(all: AsyncIterable<Page>): AsyncGenerator<PageBatch, void, undefined> {
  let dictionary: Page | undefined;
  let pages: Page[] = [];
  let values = 0;
  let bytes = 0;
  for await (const page of all) {
    if (page.kind === "dictionary") {
      dictionary = page;
      continue;
    }
    pages.push(page);
    values += page.levels?.definitions.length ?? page.values;
    bytes += page.page.length;
    if (values < maxValues && bytes < maxBytes) continue;
    yield { pages, dictionary };
    pages = [];
    values = 0;
    bytes = 0;
  }
  if (values > 0) yield { pages, dictionary };
}

/** The lists that end in these pages. @param values of all pages */
function rowsOf(lists: ListRows, pages: readonly Page[], values: readonly unknown[]): unknown[] {
  let at = 0;
  return pages.flatMap((page) => {
    const own = values.slice(at, at + page.values);
    at += page.values;
    return lists.add(page.levels!, own);
  });
}

async function decode(
  { element, isPerhapsText = false, ifNotText }: Column,
  all: readonly Page[],
  dictionary: Page | undefined,
): Promise<readonly unknown[]> {
  // Of lists there may be pages without a value.
  const data = all.filter((page) => page.values > 0);
  if (data.length === 0) return [];
  const { parquetReadObjects } = await import("hyparquet");
  const usesDictionary = data.some((page) => page.usesDictionary);
  const pages = dictionary !== undefined && usesDictionary ? [dictionary, ...data] : data;
  const bytes = Buffer.concat(pages.flatMap(({ header, compressed }) => [header, compressed]));
  /** Decompressed pages by the offset of their compressed bytes. */
  const decompressed = new Map<number, Uint8Array>();
  let at = 0;
  for (const { header, compressed, valuesAt, page } of pages) {
    decompressed.set(at + header.length + valuesAt, page);
    at += header.length + compressed.length;
  }
  // A buffer of its own: hyparquet counts from its beginning.
  const file = new Uint8Array(bytes).buffer;
  const compressors: Compressors = { GZIP: (input) => decompressed.get(input.byteOffset) ?? input };
  const values = data.reduce((sum, page) => sum + page.values, 0);
  const rows = await parquetReadObjects({
    file: { byteLength: file.byteLength, slice: (start, end) => slice(file, start, end) },
    metadata: metadataOf(element, values, file.byteLength),
    compressors,
    // Texts are said to be some; other bytes are decimals.
    utf8: false,
    parsers: {
      stringFromBytes: (bytes) => textOf(bytes, element.name, isPerhapsText, ifNotText),
      timestampFromNanoseconds: (time) => time,
    },
  });
  if (rows.length !== values) throw new RangeError(`${rows.length} values where there are ${values}`);
  return rows.map((row) => row.v);
}

function slice(file: ArrayBuffer, start: number, end?: number): ArrayBuffer {
  if (start === 0 && (end ?? file.byteLength) === file.byteLength) return file;
  return file.slice(start, end);
}

function metadataOf(element: Column["element"], values: number, size: number): FileMetaData {
  const length = BigInt(size);
  return {
    version: 2,
    metadata_length: 0,
    num_rows: BigInt(values),
    schema: [
      { name: "root", num_children: 1 },
      { ...element, name: "v" },
    ],
    row_groups: [
      {
        num_rows: BigInt(values),
        total_byte_size: length,
        columns: [
          {
            file_offset: 0n,
            meta_data: {
              type: element.type,
              encodings: [],
              path_in_schema: ["v"],
              codec: "GZIP",
              num_values: BigInt(values),
              total_uncompressed_size: length,
              total_compressed_size: length,
              data_page_offset: 0n,
            },
          },
        ],
      },
    ],
  };
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array, column: string, isPerhapsText: boolean, ifNotText?: string): string | null {
  try {
    return bytes && strict.decode(bytes);
  } catch (cause) {
    if (isPerhapsText) return null;
    if (ifNotText !== undefined) throw new HpdError("invalid_argument", ifNotText, { cause });
    throw new RangeError(`a text is not UTF-8, in the column ${JSON.stringify(column)}`, { cause });
  }
}
