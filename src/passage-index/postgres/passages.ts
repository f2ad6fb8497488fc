/** Passages as rows of the table `passages`. */
import type { Metadata, Passage } from "../store.ts";
import { fromStorable, mapTexts } from "./storable-text.ts";

export const passageColumns = "id, file, first_line, last_line, text, metadata";

export interface PassageRow {
  readonly id: string;
  readonly file: string;
  readonly first_line: number;
  readonly last_line: number;
  readonly text: string;
  readonly metadata: Metadata;
}

export function passageOf(row: PassageRow): Passage {
  return {
    id: fromStorable(row.id),
    file: fromStorable(row.file),
    firstLine: row.first_line,
    lastLine: row.last_line,
    text: fromStorable(row.text),
    metadata: mapTexts(row.metadata, fromStorable) as Metadata,
  };
}
