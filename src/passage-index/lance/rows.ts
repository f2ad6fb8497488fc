/**
 * Parts as a table of Arrow, column by column: LanceDB's conversion of objects takes longer than encoding the texts.
 */
import { createHash } from "node:crypto";
import { Embeddings } from "../../tensor/embeddings.ts";
import type { IndexDescription } from "../description.ts";
import type { NewPart, PartKey, Passage } from "../store.ts";
import { columnValuesOf, fieldColumn, numbersColumn, vectorColumn } from "./columns.ts";
import type { Arrow } from "./load-lancedb.ts";
import { metadataText } from "./metadata-text.ts";
import { bitsOf, int8Of } from "./quantize.ts";

/** The key of a part: hexadecimal digits and a number, which need no quotes in SQL. */
export function partKeyOf({ file, part }: PartKey): string {
  return `${createHash("sha256").update(file).digest("hex").slice(0, 32)}:${part}`;
}

/** @param fields of the table */
export function tableOf(
  arrow: typeof Arrow,
  parts: readonly NewPart[],
  fields: readonly Arrow.Field[],
  description: IndexDescription,
): Arrow.Table {
  const rows = parts.flatMap((part) => part.passages.map((passage, position) => ({ part, passage, position })));
  const count = rows.length;
  const embeddings = joined(parts, count, description.dimension);
  const strings = (value: (row: (typeof rows)[number]) => string) =>
    arrow.vectorFromArray(rows.map(value), new arrow.Utf8()).data[0]!;
  const integers = (value: (row: (typeof rows)[number]) => number) =>
    arrow.makeData({ type: new arrow.Int32(), data: Int32Array.from(rows, value) });
  const vectors = (data: Arrow.Data) =>
    arrow.makeData({
      type: new arrow.FixedSizeList(data.length / count, new arrow.Field("item", data.type, true)),
      length: count,
      nullCount: 0,
      child: data,
    });
  const floats = () => arrow.makeData({ type: new arrow.Float32(), data: embeddings.data });
  const bits = (precision: "int8" | "binary") =>
    arrow.makeData({ type: new arrow.Uint8(), data: bitsOf(embeddings, precision) });
  const known: Record<string, () => Arrow.Data> = {
    id: () => strings(({ passage }) => passage.id),
    file: () => strings(({ passage }) => passage.file),
    part: () => integers(({ part }) => part.part),
    part_key: () => strings(({ part }) => partKeyOf(part)),
    hash: () => strings(({ part }) => part.hash),
    position: () => integers(({ position }) => position),
    first_line: () => integers(({ passage }) => passage.firstLine),
    last_line: () => integers(({ passage }) => passage.lastLine),
    text: () => strings(({ passage }) => passage.text),
    metadata: () => strings(({ passage }) => metadataText(passage.metadata)),
    [vectorColumn]: () => vectors(description.precision === "float32" ? floats() : bits(description.precision)),
    [numbersColumn]: () => vectors(arrow.makeData({ type: new arrow.Int8(), data: int8Of(embeddings) })),
  };
  const values = valuesOfFields(rows, new Set(fields.map(({ name }) => name)));
  // Arrow 18 writes booleans that are all null without the bytes of their values, which LanceDB refuses. Columns that
  // are left out are null.
  const written = fields.filter(({ name, type }) => values.has(name) || !arrow.DataType.isBool(type));
  const children = written.map(
    ({ name, type }) =>
      known[name]?.() ?? arrow.vectorFromArray(values.get(name) ?? new Array(count).fill(null), type).data[0]!,
  );
  const schema = new arrow.Schema(written);
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: count, nullCount: 0, children });
  return new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]);
}

function joined(parts: readonly NewPart[], count: number, dimension: number): Embeddings {
  const data = new Float32Array(count * dimension);
  let offset = 0;
  for (const { embeddings } of parts) {
    data.set(embeddings.data, offset);
    offset += embeddings.data.length;
  }
  return new Embeddings(data, count, dimension);
}

/** `[rows]`: the values of each column of a field that some row has; null for the other rows. */
function valuesOfFields(
  rows: readonly { readonly passage: Passage }[],
  known: ReadonlySet<string>,
): Map<string, unknown[]> {
  const columns = new Map<string, unknown[]>();
  for (const [index, { passage }] of rows.entries()) {
    for (const [field, value] of Object.entries(passage.metadata)) {
      for (const [type, ofColumn] of columnValuesOf(value)) {
        const name = fieldColumn(field, type);
        if (!known.has(name)) continue;
        const values = columns.get(name) ?? new Array(rows.length).fill(null);
        values[index] = ofColumn;
        columns.set(name, values);
      }
    }
  }
  return columns;
}
