/** Rows of JSON, CSV and TSV: one field is a text, a section of its own, and the others are its metadata. */
import { HpdError } from "../../errors.ts";
import { type BadRow, fieldHint, textOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import type { Block } from "../chunk/block.ts";
import { blocksOfText } from "../chunk/text-blocks.ts";

/**
 * @param isTable whether cells are texts without a type
 * @param onBadRow told of rows without such a text
 * @throws HpdError as the rows do
 */
export async function* blocksOfRows(
  rows: AsyncIterable<Row>,
  field: string,
  isTable: boolean,
  onBadRow: BadRow,
): AsyncGenerator<Block, void, undefined> {
  for await (const row of rows) {
    let text: string;
    try {
      text = textOf(row, field, fieldHint);
    } catch (error) {
      if (!(error instanceof HpdError)) throw error;
      onBadRow(error);
      continue;
    }
    const others = Object.entries(row.values).filter(([name]) => name !== field);
    const metadata = Object.fromEntries(
      others
        .map(([name, value]) => [name, isTable ? valueOfCell(value as string) : value] as const)
        .filter(([, value]) => value !== null && value !== undefined),
    );
    yield* blocksOfText(text.split(/\r?\n/), { metadata, lines: [row.firstLine, row.number] });
  }
}

/** As JSON has it, which has no zeros in front: a postcode is no number. */
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** A table has no types: what is written as a number is one, so that `year >= 2020` can be asked. */
function valueOfCell(cell: string): string | number | undefined {
  if (cell === "") return undefined;
  const number = Number(cell);
  // Of an integer that has more digits than a number can, none may be lost: it is somebody's key.
  const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
  return decimal.test(cell) && isExact ? number : cell;
}
