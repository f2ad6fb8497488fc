/**
 * The schema of a table as Arrow has it, which Arrow's readers look for in a Parquet file under the key `ARROW:schema`:
 * Parquet has lists, but none of a fixed size. Sources: arrow's Schema.fbs and Message.fbs, the FlatBuffers binary format.
 */
import type { ColumnType, KeptColumn } from "../columns.ts";
import { embeddingColumn } from "../columns.ts";
import { parsedType } from "../parsed-type.ts";
import type { EmbeddingShape } from "./embedding-rows.ts";

/** A value of a table in its slot: a number of so many bytes, or what stands elsewhere and is referred to. */
type Slot = { readonly bytes: 1 | 2 | 4 | 8; readonly value: number } | { readonly refersTo: Place } | undefined;

/** Writes something and returns where it begins. */
type Place = (out: FlatBuffer) => number;

class FlatBuffer {
  bytes = Buffer.alloc(1024);
  length = 0;

  /** Takes room whose place, some bytes on, is a multiple of `alignment`. */
  take(size: number, alignment: number, before = 0): number {
    while ((this.length + before) % alignment !== 0) this.length++;
    const start = this.length;
    this.length += size;
    while (this.length > this.bytes.length) this.bytes = Buffer.concat([this.bytes, Buffer.alloc(this.bytes.length)]);
    return start;
  }

  refer(from: number, place: Place): void {
    const to = place(this);
    this.bytes.writeUInt32LE(to - from, from);
  }
}

const table =
  (...slots: readonly Slot[]): Place =>
  (out) => {
    const sizes = slots.map((slot) => (slot === undefined ? 0 : "bytes" in slot ? slot.bytes : 4));
    let size = 4;
    const offsets = sizes.map((bytes) => {
      if (bytes === 0) return 0;
      size = Math.ceil(size / bytes) * bytes;
      size += bytes;
      return size - bytes;
    });
    const vtableSize = 4 + 2 * slots.length;
    const vtable = out.take(vtableSize, 8, vtableSize);
    const start = out.take(size, 8);
    out.bytes.writeUInt16LE(vtableSize, vtable);
    out.bytes.writeUInt16LE(size, vtable + 2);
    out.bytes.writeInt32LE(start - vtable, start);
    for (const [index, slot] of slots.entries()) {
      if (slot === undefined) continue;
      out.bytes.writeUInt16LE(offsets[index]!, vtable + 4 + 2 * index);
      const at = start + offsets[index]!;
      if ("refersTo" in slot) out.refer(at, slot.refersTo);
      else out.bytes.writeIntLE(slot.value, at, Math.min(slot.bytes, 6));
    }
    return start;
  };

const text =
  (value: string): Place =>
  (out) => {
    const bytes = Buffer.from(value);
    const start = out.take(4 + bytes.length + 1, 4);
    out.bytes.writeUInt32LE(bytes.length, start);
    bytes.copy(out.bytes, start + 4);
    return start;
  };

const vector =
  (items: readonly Place[]): Place =>
  (out) => {
    const start = out.take(4 + 4 * items.length, 4);
    out.bytes.writeUInt32LE(items.length, start);
    for (const [index, item] of items.entries()) out.refer(start + 4 + 4 * index, item);
    return start;
  };

const number = (bytes: 1 | 2 | 4 | 8, value: number): Slot => ({ bytes, value });
const reference = (refersTo: Place): Slot => ({ refersTo });

interface ArrowType {
  /** The number of the union `Type`. */
  readonly id: number;
  readonly table: Place;
}

const integerType = (bits: number): ArrowType => ({ id: 2, table: table(number(4, bits), number(1, 1)) });
/** @param precision 0 half, 1 single, 2 double */
const floatType = (precision: number): ArrowType => ({ id: 3, table: table(number(2, precision)) });
const textType: ArrowType = { id: 5, table: table() };
const booleanType: ArrowType = { id: 6, table: table() };
const fixedSizeList = (size: number): ArrowType => ({ id: 16, table: table(number(4, size)) });

const plainTypes: Readonly<Record<string, ArrowType>> = {
  text: textType,
  json: textType,
  integer: integerType(64),
  number: floatType(2),
  boolean: booleanType,
  // In days.
  date: { id: 8, table: table(number(2, 0)) },
  uuid: { id: 15, table: table(number(4, 16)) },
};

/** Arrow's numbers of the units. */
export const arrowUnits = { ms: 1, us: 2, ns: 3 } as const;

/** The size of a decimal in bits. */
export function arrowDecimalBits(precision: number): 128 | 256 {
  return precision > 38 ? 256 : 128;
}

function typeOf(type: ColumnType): ArrowType {
  const { time, decimal, element } = parsedType(type);
  if (element !== undefined) return { id: 12, table: table() };
  if (time?.kind === "time") {
    return { id: 9, table: table(number(2, arrowUnits[time.unit]), number(4, time.unit === "ms" ? 32 : 64)) };
  }
  if (time !== undefined) {
    const zone = time.isUtc ? reference(text("UTC")) : undefined;
    return { id: 10, table: table(number(2, arrowUnits[time.unit]), zone) };
  }
  if (decimal === undefined) return plainTypes[type]!;
  const { precision, scale } = decimal;
  return { id: 7, table: table(number(4, precision), number(4, scale), number(4, arrowDecimalBits(precision))) };
}

function columnField({ name, type }: KeptColumn): Place {
  const { element } = parsedType(type);
  const children = element === undefined ? [] : [field("element", true, typeOf(element))];
  return field(name, true, typeOf(type), children);
}

const elementType = { float32: floatType(1), float16: floatType(0), int8: integerType(8), uint8: integerType(8) };

function field(name: string, isNullable: boolean, type: ArrowType, children: readonly Place[] = []): Place {
  return table(
    reference(text(name)),
    number(1, Number(isNullable)),
    number(1, type.id),
    reference(type.table),
    undefined,
    reference(vector(children)),
  );
}

/** The schema in base64, as a message of Arrow's IPC format. */
export function arrowSchema(columns: readonly KeptColumn[], { dimension, dtype }: EmbeddingShape): string {
  const element = field("element", false, elementType[dtype]);
  const fields = [...columns.map(columnField), field(embeddingColumn, false, fixedSizeList(dimension), [element])];
  const schema = table(number(2, 0), reference(vector(fields)));
  const out = new FlatBuffer();
  const root = out.take(4, 4);
  // Version 5 of the metadata, a schema, no body.
  out.refer(root, table(number(2, 4), number(1, 1), reference(schema), number(8, 0)));
  out.take(0, 8);
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(0xffffffff, 0);
  prefix.writeUInt32LE(out.length, 4);
  return Buffer.concat([prefix, out.bytes.subarray(0, out.length)]).toString("base64");
}
