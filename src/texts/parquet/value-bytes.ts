/** The values of a column as the file has them, without their levels: to look at numbers and not make arrays of them. */
import type { FileBytes } from "./bytes.ts";
import { columnTypeOf } from "./column-values.ts";
import type { Column } from "./footer.ts";
import { pagesOf } from "./pages.ts";

/** The values of a page. */
export interface ValueBytes {
  readonly bytes: Uint8Array;
  /** The number of values. */
  readonly count: number;
}

/** @throws RangeError where the file is damaged; HpdError `unsupported` */
export async function* valueBytes(file: FileBytes, column: Column): AsyncGenerator<ValueBytes, void, undefined> {
  for (const chunk of column.chunks) {
    for await (const { kind, page, values } of pagesOf(file, chunk, columnTypeOf(column))) {
      if (kind === "data") yield { bytes: page, count: values };
    }
  }
}
