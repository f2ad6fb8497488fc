/**
 * The blocks of rows of JSON, CSV and TSV: one field is the text, a section of its own, the others are its metadata.
 */
import { isObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { type BadRow, fieldHint, textOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import type { Block } from "../chunk/block.ts";
import { blocksOfText } from "../chunk/text-blocks.ts";

/**
 * @param isTable whether cells are texts without a type
 * @param onBadRow called for rows without a text
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
        .map(([name, value]) => [name, isTable ? valueOfCell(value as string) : valueOfJson(value)] as const)
        .filter(([, value]) => value !== null && value !== undefined),
    );
    yield* blocksOfText(text.split(/\r?\n/), { metadata, lines: [row.firstLine, row.number] });
  }
}

/** The value with integers that a number doesn't hold as texts, as those of cells are: metadata is JSON, and they may be keys. */
function valueOfJson(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(valueOfJson);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, valueOfJson(each)]));
}

/** A number as in JSON, without leading zeros: a postcode is no number. */
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** The value of a cell. Tables have no types: what looks like a number is one, so that filters can compare it. */
function valueOfCell(cell: string): string | number | undefined {
  if (cell === "") return undefined;
  const number = Number(cell);
  // An integer with more digits than a number holds stays a text: it may be a key.
  const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
  return decimal.test(cell) && isExact ? number : cell;
}
