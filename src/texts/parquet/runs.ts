/**
 * Checks of encodings whose lengths a page says itself, before hyparquet decodes it: hyparquet 1.31.5 writes a run of a
 * thousand million values into an array of ten, and goes on for ever at a negative count.
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
import { ByteReader } from "./byte-reader.ts";

/**
 * The runs of the hybrid of run lengths and packed bits.
 *
 * @param bytes from the first run to the end of what may be read
 * @param width bits of a value, 0 to 32
 * @param count of values that are needed
 * @param visit called with each value and its count
 * @returns how many bytes the runs take
 * @throws RangeError where they are cut, or are more than what is needed
 */
export function walkRuns(
  bytes: Uint8Array,
  width: number,
  count: number,
  visit: (value: number, times: number) => void,
): number {
  if (width > 32) throw new RangeError(`a value has ${width} bits`);
  const reader = new BitReader(bytes);
  for (let seen = 0; seen < count; ) {
    const header = reader.varint(5);
    const isPacked = header % 2 === 1;
    const length = isPacked ? Math.floor(header / 2) * 8 : header / 2;
    // Packed bits may be filled up, to a group of 8 and by DuckDB to 32, with bytes that are there.
    const most = count - seen + (isPacked ? (width === 0 ? 7 : bytes.length * 8) : 0);
    if (length > most) throw new RangeError("a run is longer than the page");
    if (isPacked) {
      reader.require((length / 8) * width);
      for (let index = 0; index < Math.min(length, count - seen); index++) visit(reader.bits(index, width), 1);
      reader.at += (length / 8) * width;
    } else {
      visit(reader.littleEndian(Math.ceil(width / 8)), length);
    }
    seen += length;
  }
  return reader.at;
}

/**
 * The blocks of delta encoding.
 *
 * @param onValue called with each value, of 32 bits; without it, values are only counted
 * @returns how many bytes the blocks take
 * @throws RangeError where they are cut, or of a form that no writer has
 */
export function walkDeltas(bytes: Uint8Array, count: number, onValue?: (value: number) => void): number {
  const reader = new BitReader(bytes);
  const blockSize = reader.varint(5);
  const miniblocks = reader.varint(5);
  const total = reader.varint(5);
  let value = reader.zigzag(10);
  const perMiniblock = blockSize / miniblocks;
  if (blockSize > 65_536 || miniblocks < 1 || !Number.isInteger(perMiniblock / 8) || perMiniblock === 0) {
    throw new RangeError(`blocks of ${blockSize} values in ${miniblocks} parts`);
  }
  if (total !== count) throw new RangeError(`${total} values where there are ${count}`);
  if (count > 0) onValue?.(value);
  for (let seen = 1; seen < count; ) {
    const least = reader.zigzag(10);
    const widths = bytes.subarray(reader.at, reader.at + miniblocks);
    reader.require(miniblocks);
    reader.at += miniblocks;
    for (let index = 0; index < miniblocks && seen < count; index++) {
      const width = widths[index]!;
      if (width > (onValue === undefined ? 64 : 32)) throw new RangeError(`a difference has ${width} bits`);
      const size = (perMiniblock / 8) * width;
      const here = Math.min(perMiniblock, count - seen);
      reader.require(Math.ceil((here * width) / 8));
      for (let each = 0; onValue !== undefined && each < here; each++) {
        value = (value + least + reader.bits(each, width)) | 0;
        onValue(value);
      }
      seen += here;
      reader.at += size;
    }
  }
  return reader.at;
}

class BitReader extends ByteReader {
  littleEndian(length: number): number {
    this.require(length);
    let value = 0;
    for (let index = 0; index < length; index++) value += this.bytes[this.at++]! * 256 ** index;
    return value;
  }

  /** The value of `width` bits with that number, counted from here. */
  bits(index: number, width: number): number {
    let value = 0;
    let bit = index * width;
    for (let read = 0; read < width; ) {
      const taken = Math.min(8 - (bit & 7), width - read);
      const byte = this.bytes[this.at + (bit >> 3)]!;
      value += ((byte >> (bit & 7)) & ((1 << taken) - 1)) * 2 ** read;
      read += taken;
      bit += taken;
    }
    return value;
  }
}
