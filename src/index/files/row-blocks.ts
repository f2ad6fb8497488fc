/** Rows of JSONL, CSV and TSV: one field is a text, a section of its own, and the others are its metadata. */
import { fieldHint, textOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import type { Block } from "../chunk/block.ts";
import { blocksOfText } from "../chunk/text-blocks.ts";

/** @throws HpdError `invalid_argument` where a row has no such text; as the rows do */
export async function* blocksOfRows(
  rows: AsyncIterable<Row>,
  field: string,
  format: "jsonl" | "csv" | "tsv",
): AsyncGenerator<Block, void, undefined> {
  for await (const row of rows) {
    const text = textOf(row, field, fieldHint);
    const others = Object.entries(row.values).filter(([name]) => name !== field);
    const metadata = Object.fromEntries(
      others
        .map(([name, value]) => [name, format === "jsonl" ? value : valueOfCell(value as string)] as const)
        .filter(([, value]) => value !== null && value !== undefined),
    );
    // A cell may have line ends in quotes; the JSON of a row has none.
    const lineEnds = format === "jsonl" ? 0 : Object.values(row.values).join("").split("\n").length - 1;
    yield* blocksOfText(text.split(/\r?\n/), { metadata, lines: [row.number - lineEnds, row.number] });
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
