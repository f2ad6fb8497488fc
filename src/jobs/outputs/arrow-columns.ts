/** Columns of cells as Arrow's, for LanceDB. */
import type { Arrow } from "../../passage-index/lance/load-lancedb.ts";
import type { Cell, ColumnType } from "../columns.ts";
import { parsedType } from "../parsed-type.ts";
import { arrowDecimalBits, arrowUnits } from "./arrow-schema.ts";

/** UUIDs are texts: LanceDB has conditions on those. */
export function arrowType(arrow: typeof Arrow, type: ColumnType): Arrow.DataType {
  const { time, decimal, element } = parsedType(type);
  if (element !== undefined) return new arrow.List(new arrow.Field("item", arrowType(arrow, element), true));
  if (time?.kind === "time") return new arrow.Time(arrowUnits[time.unit], time.unit === "ms" ? 32 : 64);
  if (time !== undefined) return new arrow.Timestamp(arrowUnits[time.unit], time.isUtc ? "UTC" : null);
  if (decimal !== undefined) {
    return new arrow.Decimal(decimal.scale, decimal.precision, arrowDecimalBits(decimal.precision));
  }
  switch (type) {
    case "integer":
      return new arrow.Int64();
    case "number":
      return new arrow.Float64();
    case "boolean":
      return new arrow.Bool();
    case "date":
      return new arrow.DateDay();
    default:
      return new arrow.Utf8();
  }
}

/** The cells of a column, of the type that `arrowType` says. */
export function arrowData(arrow: typeof Arrow, column: ColumnType, cells: readonly Cell[]): Arrow.Data {
  const type = arrowType(arrow, column);
  const { element } = parsedType(column);
  const { length } = cells;
  const missing = cells.filter((cell) => cell === null).length;
  const common = { type, length, nullCount: missing, nullBitmap: missing === 0 ? null : bitmapOf(cells) };
  if (element !== undefined) {
    const lists = cells as readonly (readonly Cell[] | null)[];
    const valueOffsets = new Int32Array(length + 1);
    for (const [index, list] of lists.entries()) valueOffsets[index + 1] = valueOffsets[index]! + (list?.length ?? 0);
    const child = arrowData(
      arrow,
      element,
      lists.flatMap((list) => list ?? []),
    );
    return arrow.makeData({ ...common, valueOffsets, child } as never);
  }
  const numbers = numbersOf(column, cells);
  if (numbers !== undefined) return arrow.makeData({ ...common, data: numbers } as never);
  return arrow.vectorFromArray(cells, type).data[0]!;
}

/** Whole numbers that stand for dates, times and decimals; undefined for other types. */
function numbersOf(column: ColumnType, cells: readonly Cell[]): Int32Array | BigInt64Array | Uint32Array | undefined {
  const { time, decimal } = parsedType(column);
  if (column === "date" || (time?.kind === "time" && time.unit === "ms")) {
    return Int32Array.from(cells, (cell) => Number(cell ?? 0));
  }
  if (time !== undefined) return BigInt64Array.from(cells, (cell) => BigInt((cell as bigint | null) ?? 0));
  if (decimal === undefined) return undefined;
  const words = arrowDecimalBits(decimal.precision) / 32;
  const all = new Uint32Array(words * cells.length);
  for (const [index, cell] of cells.entries()) {
    for (let word = 0; word < words; word++) {
      all[index * words + word] = Number(BigInt.asUintN(32, ((cell as bigint | null) ?? 0n) >> BigInt(32 * word)));
    }
  }
  return all;
}

function bitmapOf(cells: readonly Cell[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(cells.length / 8));
  for (const [index, cell] of cells.entries()) if (cell !== null) bits[index >> 3]! |= 1 << (index & 7);
  return bits;
}
