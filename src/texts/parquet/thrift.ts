/**
 * Thrift's compact protocol, as far as Parquet has it: what a footer and the headers of pages are written in. Each
 * value takes a byte at least, so reading ends, and takes no more memory than the bytes are worth. Source:
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
import { ByteReader } from "./byte-reader.ts";

export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct;

/** The fields of a struct by their ids. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** Parquet's own structs are nested six deep. */
const deepest = 32;

export class ThriftReader {
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array) {
    this.#reader = new ByteReader(bytes);
  }

  /** The place behind what was read. */
  get at(): number {
    return this.#reader.at;
  }

  /** @throws RangeError where the bytes end before the struct, or are none */
  struct(depth = 0): ThriftStruct {
    if (depth > deepest) throw new RangeError(`structs are nested more than ${deepest} deep`);
    const fields = new Map<number, ThriftValue>();
    for (let id = 0; ; ) {
      const byte = this.#reader.byte();
      const type = byte & 15;
      if (type === 0) return fields;
      id = byte >> 4 ? id + (byte >> 4) : this.#reader.zigzag(5);
      fields.set(id, type <= 2 ? type === 1 : this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case 3:
        return (this.#reader.byte() << 24) >> 24;
      case 4:
      case 5:
        return this.#reader.zigzag(5);
      case 6:
        return this.#reader.zigzag(10);
      case 7:
        return Buffer.from(this.#take(8)).readDoubleLE();
      case 8:
        return this.#take(this.#reader.varint(5));
      case 9: {
        const byte = this.#reader.byte();
        const length = byte >> 4 === 15 ? this.#reader.varint(5) : byte >> 4;
        const of = byte & 15;
        this.#reader.require(length);
        return Array.from({ length }, () => (of <= 2 ? this.#reader.byte() === 1 : this.#value(of, depth)));
      }
      case 12:
        return this.struct(depth + 1);
      default:
        throw new RangeError(`there is no type ${type}`);
    }
  }

  #take(length: number): Uint8Array {
    const start = this.#reader.at;
    this.#reader.require(length);
    this.#reader.at += length;
    return this.#reader.bytes.subarray(start, start + length);
  }
}
