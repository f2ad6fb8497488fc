/** The settings and the help of files of texts that commands read. */
import { inputFormats } from "../texts/open-texts.ts";
import type { SettingTable } from "./settings/table.ts";

export const inputAbout = 'By the file\'s extension, .gz and .zst decompressed; "-" is standard input';

/** Explanations of extensions whose rows have a field with the text. */
export const rowTerms = {
  ".jsonl .ndjson": "one JSON object per line; --field names the text",
  ".csv .tsv": "rows below a header row; --field names the column with the text",
} as const;

export const inputTerms = {
  ...rowTerms,
  ".json": "an array of strings, or of objects with that field; or one such object",
  ".parquet": "--field names the column with the text",
  "anything else": "plain text: one text per line",
} as const;

export const inputSettings = {
  field: { kind: "text", value: "NAME", help: "field or column with the text", default: "text" },
  "input-format": {
    kind: "text",
    value: "FORMAT",
    choices: inputFormats,
    help: "format, if the extension doesn't tell, as of standard input",
  },
} as const satisfies SettingTable;
