/**
 * Thrift's compact protocol, as far as Parquet has it: what a footer and the headers of pages are written in. Each value
 * takes a byte at least, so reading ends, and takes no more memory than the bytes are worth.
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct;

/** The fields of a struct by their ids. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** Parquet's own structs are nested six deep. */
const deepest = 32;

export class ThriftReader {
  /** The place of the byte that comes next. */
  at: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  /** @throws RangeError where the bytes end before the struct, or are none */
  struct(depth = 0): ThriftStruct {
    if (depth > deepest) throw new RangeError(`structs are nested more than ${deepest} deep`);
    const fields = new Map<number, ThriftValue>();
    for (let id = 0; ; ) {
      const byte = this.#byte();
      const type = byte & 15;
      if (type === 0) return fields;
      id = byte >> 4 ? id + (byte >> 4) : this.#integer(5);
      fields.set(id, type <= 2 ? type === 1 : this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case 3:
        return (this.#byte() << 24) >> 24;
      case 4:
      case 5:
        return this.#integer(5);
      case 6:
        return this.#integer(10);
      case 7:
        return this.#view.getFloat64(this.#take(8), true);
      case 8: {
        const length = this.#varint(5);
        const start = this.#take(length);
        return new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length);
      }
      case 9: {
        const byte = this.#byte();
        const length = byte >> 4 === 15 ? this.#varint(5) : byte >> 4;
        const of = byte & 15;
        if (length > this.#view.byteLength - this.at) throw new RangeError("a list is longer than the bytes");
        return Array.from({ length }, () => (of <= 2 ? this.#byte() === 1 : this.#value(of, depth)));
      }
      case 12:
        return this.struct(depth + 1);
      default:
        throw new RangeError(`there is no type ${type}`);
    }
  }

  #byte(): number {
    return this.#view.getUint8(this.at++);
  }

  #take(length: number): number {
    const start = this.at;
    if (length > this.#view.byteLength - start) throw new RangeError("a value is longer than the bytes");
    this.at += length;
    return start;
  }

  /** An integer in zigzag; above 2^53 it is not exact. */
  #integer(mostBytes: number): number {
    const zigzag = this.#varint(mostBytes);
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  #varint(mostBytes: number): number {
    let value = 0;
    for (let index = 0; ; index++) {
      const byte = this.#byte();
      value += (byte & 127) * 128 ** index;
      if (byte < 128 && (mostBytes > 5 || value < 2 ** 32)) return value;
      if (index + 1 >= mostBytes) throw new RangeError("an integer has too many bytes");
    }
  }
}
