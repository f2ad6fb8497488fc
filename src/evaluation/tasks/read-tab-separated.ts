/** Tab-separated cells without a header or quoting, the format of SemEval's and SentEval's data sets. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { openDecoded } from "../../texts/decoded.ts";
import { linesOfAnyEnd } from "../../texts/lines.ts";
import { isDecimal } from "../../texts/row.ts";

export interface Cells {
  readonly cells: readonly string[];
  /** Place for messages: `sts-test.csv, line 3`. */
  readonly place: string;
}

/**
 * Reads the cells of a file.
 *
 * @param columns minimum number of cells per line
 * @throws HpdError `not_found`, `corrupt_file`; `invalid_argument` with the line that has fewer cells
 */
export async function readTabSeparated(file: string, columns: number, signal?: AbortSignal): Promise<Cells[]> {
  const { pieces } = await openDecoded(file, { isReturnEnd: true, signal });
  const lines: Cells[] = [];
  for await (const line of linesOfAnyEnd(pieces)) {
    const place = `${file}, line ${lines.length + 1}`;
    const cells = line.split("\t");
    if (cells.length < columns) {
      throw new HpdError("invalid_argument", `${place}: expected ${columns} columns between tabs, got ${cells.length}`);
    }
    lines.push({ cells, place });
  }
  return lines;
}

/** The number in a cell. @throws HpdError `invalid_argument` for another text */
export function numberIn(cell: string, place: string): number {
  if (isDecimal(cell)) return Number(cell);
  throw new HpdError("invalid_argument", `${place}: the score should be a number, got ${describe(cell)}`);
}
