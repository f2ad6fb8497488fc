/** The values of a column as the file has them, without their levels: to look at numbers and not make arrays of them. */
import type { FileBytes } from "./bytes.ts";
import { columnTypeOf } from "./column-values.ts";
import { readFooter } from "./footer.ts";
import { pagesOf } from "./pages.ts";

/** The values of a page. */
export interface ValueBytes {
  readonly bytes: Uint8Array;
  /** The number of values. */
  readonly count: number;
}

/** @throws RangeError where the file is damaged; HpdError as `readFooter` */
export async function* valueBytes(
  file: FileBytes,
  name: string,
  column: string,
): AsyncGenerator<ValueBytes, void, undefined> {
  const { columns } = await readFooter(file, { asked: [column], lists: true, name, hint: "" });
  const [found] = columns;
  for (const chunk of found!.chunks) {
    for await (const { kind, page, values } of pagesOf(file, chunk, columnTypeOf(found!))) {
      if (kind === "data") yield { bytes: page, count: values };
    }
  }
}
