/** Texts that a command learns from or measures with, out of files. */
import { HpdError } from "../errors.ts";
import { type inputFormats, openTexts } from "../texts/open-texts.ts";

/** @throws HpdError `invalid_argument` for a file without a text; as reading does */
export async function* sampleTexts(
  files: readonly string[],
  values: { readonly field: string; readonly "input-format"?: (typeof inputFormats)[number] | undefined },
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
