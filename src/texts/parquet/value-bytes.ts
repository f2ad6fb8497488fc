/** The values of a column as the file has them, without their levels: to look at numbers and not make arrays of them. */
import type { FileBytes } from "./bytes.ts";
import { columnTypeOf } from "./column-values.ts";
import { readFooter } from "./footer.ts";
import { pagesOf } from "./pages.ts";

/** @throws RangeError where the file is damaged; HpdError as `readFooter` */
export async function* valueBytes(
  file: FileBytes,
  name: string,
  column: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { columns } = await readFooter(file, { asked: [column], lists: true, name, hint: "" });
  const [found] = columns;
  for (const chunk of found!.chunks) {
    for await (const page of pagesOf(file, chunk, columnTypeOf(found!))) if (page.kind === "data") yield page.page;
  }
}
