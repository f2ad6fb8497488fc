/**
 * Bytes, read one value after the other, with the integers of variable length that Thrift and Parquet's pages share.
 */
export class ByteReader {
  /** The place of the byte that comes next. */
  at: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** @throws RangeError where fewer bytes are left */
  require(length: number): void {
    if (length > this.bytes.length - this.at) throw new RangeError("the bytes end too early");
  }

  byte(): number {
    this.require(1);
    return this.bytes[this.at++]!;
  }

  /** @param mostBytes 5 for one of 32 bits, 10 for one of 64; above 2^53 it is not exact */
  varint(mostBytes: number): number {
    let value = 0;
    for (let index = 0; ; index++) {
      const byte = this.byte();
      value += (byte & 127) * 128 ** index;
      if (byte < 128 && (mostBytes > 5 || value < 2 ** 32)) return value;
      if (index + 1 >= mostBytes) throw new RangeError("an integer has too many bytes");
    }
  }

  /** An integer with a sign, in zigzag. */
  zigzag(mostBytes: number): number {
    const value = this.varint(mostBytes);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
