/**
 * The sentences of a file. `AllNLI.tsv.gz`, the file that sentence-transformers' examples download, is known by its
 * header: both sentences of each pair whose split is `train`, read as those examples read it (no quoting).
 */
import { HpdError } from "../../errors.ts";
import { openDecoded } from "../../texts/decoded.ts";
import { linesOfAnyEnd } from "../../texts/lines.ts";
import { openTexts } from "../../texts/open-texts.ts";
import { textOrEmptyOf } from "../../texts/row.ts";
import type { SentenceFile } from "./corpus-options.ts";

const allNliColumns = ["split", "dataset", "filename", "sentence1", "sentence2", "label"];

/** @throws HpdError `not_found`, `corrupt_file`, `invalid_argument`; the signal's reason */
export async function* sentencesOf(file: SentenceFile, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  if (file.format === undefined && file.field === undefined && /\.tsv(?:\.gz)?$/i.test(file.path)) {
    const lines = await linesOfFile(file.path, signal);
    const header = await lines.next();
    if (!header.done && header.value === allNliColumns.join("\t")) {
      yield* trainSentences(lines, file.path);
      return;
    }
    await lines.return();
  }
  yield* (
    await openTexts(file.path, { format: file.format, field: file.field ?? "text", signal, textOfRow: textOrEmptyOf })
  ).texts;
}

async function linesOfFile(path: string, signal: AbortSignal): Promise<AsyncGenerator<string, void, undefined>> {
  return linesOfAnyEnd((await openDecoded(path, { isReturnEnd: true, signal })).pieces);
}

async function* trainSentences(
  lines: AsyncGenerator<string, void, undefined>,
  path: string,
): AsyncGenerator<string, void, undefined> {
  let number = 1;
  for await (const line of lines) {
    number++;
    const cells = line.split("\t");
    if (cells.length !== allNliColumns.length) {
      throw new HpdError(
        "corrupt_file",
        `${path}, line ${number}: expected ${allNliColumns.length} cells as in the header, got ${cells.length}`,
      );
    }
    const [split, , , sentence1, sentence2] = cells as [string, string, string, string, string];
    if (split !== "train") continue;
    yield sentence1;
    yield sentence2;
  }
}
