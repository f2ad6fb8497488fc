/**
 * The metadata of passages as columns of a table: one for each field whose values are of one type, and the JSON of all
 * in one more, in which lists and what is of another type are whole.
 */
import type { Cell, ColumnType, KeptColumn } from "../../jobs/columns.ts";
import { embeddingColumn } from "../../jobs/columns.ts";
import type { MetadataField, Passage } from "../store.ts";

/** Fields that have a column: readers open every column, and an index of web pages may have thousands of fields. */
const maxColumns = 64;

const ownColumns: readonly KeptColumn[] = [
  { name: "id", type: "text" },
  { name: "file", type: "text" },
  { name: "first_line", type: "integer" },
  { name: "last_line", type: "integer" },
  { name: "text", type: "text" },
  { name: "metadata", type: "json" },
];

const typeOf = { string: "text", number: "number", boolean: "boolean" } as const satisfies Record<string, ColumnType>;

/** The columns, and a function from passages to their cells. */
export interface PassageTable {
  readonly columns: readonly KeptColumn[];
  cells(passage: Passage): Cell[];
}

export function passageTable(fields: readonly MetadataField[]): PassageTable {
  const taken = new Set([...ownColumns.map(({ name }) => name), embeddingColumn]);
  const kept = fields
    .filter(({ name, types }) => types.length === 1 && name !== "")
    .slice(0, maxColumns)
    .map(({ name, types }) => {
      let column = name;
      while (taken.has(column)) column = `metadata_${column}`;
      taken.add(column);
      return { name, column, type: types[0]! };
    });
  return {
    columns: [...ownColumns, ...kept.map(({ column, type }) => ({ name: column, type: typeOf[type] }))],
    cells: ({ id, file, firstLine, lastLine, text, metadata }) => [
      ...[id, file, BigInt(firstLine), BigInt(lastLine), text, JSON.stringify(metadata)],
      ...kept.map(({ name, type }) => {
        const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
        return typeof value === type ? (value as Cell) : null;
      }),
    ],
  };
}
