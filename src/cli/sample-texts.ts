/** Texts that a command learns from or measures with, out of files. */
import { HpdError } from "../errors.ts";
import { inputFormats, openTexts } from "../texts/open-texts.ts";
import type { SettingTable, ValuesOf } from "./settings/table.ts";

/** The settings beside `--sentences`. */
export const sampleTextSettings = {
  field: { kind: "text", value: "NAME", default: "text", help: "field with the text in rows of --sentences" },
  "input-format": {
    kind: "text",
    value: "FORMAT",
    choices: inputFormats,
    help: "format of --sentences, if its extension doesn't tell",
  },
} as const satisfies SettingTable;

/** @throws HpdError `invalid_argument` for a file without a text; as reading does */
export async function* sampleTexts(
  files: readonly string[],
  values: ValuesOf<typeof sampleTextSettings>,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  for (const file of files) {
    let count = 0;
    for await (const text of (await openTexts(file, { format: values["input-format"], field: values.field, signal }))
      .texts) {
      if (text.trim() !== "") count++;
      yield text;
    }
    if (count === 0) throw new HpdError("invalid_argument", `${file}: there is no text in it`);
  }
}
