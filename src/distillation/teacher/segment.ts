/**
 * A file of embeddings, to which blocks are appended. Every part can be checked by itself, so that a file that was cut
 * while it was written, is still being written or was damaged loses only what is cut or damaged.
 *
 *     file    "HPDEMB1\n", dimension, bytes of an element                 two uint32
 *     block   count, CRC-32 of the keys, CRC-32 of these eight bytes      three uint32
 *             keys: the hash of each text                                 count times 16 bytes
 *             rows: elements, CRC-32 of key and elements                  count times (dimension * element + 4) bytes
 *
 * Little-endian. An element is a float16 or a float32.
 */
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { readFully } from "../../files/read-records.ts";
import { toFloat16 } from "../../tensor/convert.ts";
import { hashWords } from "../corpus/text-hash.ts";
import type { TeacherCachePrecision } from "./teacher-options.ts";

export interface SegmentFormat {
  readonly dimension: number;
  /** Bytes of an element. */
  readonly element: 2 | 4;
}

export interface Block {
  readonly count: number;
  /** [count, 4]: the hash of each text. */
  readonly keys: Uint32Array;
  /** Offset of its rows in the file. */
  readonly rowsStart: number;
}

const magic = "HPDEMB1\n";
export const segmentHeaderSize = 16;
const blockHeaderSize = 12;
const keySize = 4 * hashWords;

export function rowSize({ dimension, element }: SegmentFormat): number {
  return dimension * element + 4;
}

export function encodeSegmentHeader({ dimension, element }: SegmentFormat): Buffer {
  const header = Buffer.alloc(segmentHeaderSize);
  header.write(magic, "latin1");
  header.writeUInt32LE(dimension, 8);
  header.writeUInt32LE(element, 12);
  return header;
}

export function segmentFormat(dimension: number, precision: TeacherCachePrecision): SegmentFormat {
  return { dimension, element: precision === "float16" ? 2 : 4 };
}

/** The bytes of embeddings in the precision of a segment. */
export function elementBytes({ element }: SegmentFormat, embeddings: Float32Array): Uint8Array {
  const stored = element === 2 ? toFloat16(embeddings) : embeddings;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/**
 * @param keys [count, 4]
 * @param elements the bytes of [count, dimension] elements
 * @returns the block, and where in it its rows begin
 */
export function encodeBlock(
  format: SegmentFormat,
  keys: Uint32Array,
  elements: Uint8Array,
): { readonly bytes: Buffer; readonly rowsStart: number } {
  const count = keys.length / hashWords;
  const rowsStart = blockHeaderSize + count * keySize;
  const width = rowSize(format) - 4;
  const bytes = Buffer.allocUnsafe(rowsStart + count * rowSize(format));
  const keyBytes = new Uint8Array(keys.buffer, keys.byteOffset, keys.byteLength);
  bytes.set(keyBytes, blockHeaderSize);
  bytes.writeUInt32LE(count, 0);
  bytes.writeUInt32LE(crc32(keyBytes), 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8);
  for (let row = 0; row < count; row++) {
    const values = elements.subarray(row * width, (row + 1) * width);
    const at = rowsStart + row * rowSize(format);
    bytes.set(values, at);
    bytes.writeUInt32LE(crc32(values, crc32(keyBytes.subarray(row * keySize, (row + 1) * keySize))), at + width);
  }
  return { bytes, rowsStart };
}

/** The bytes of a row's elements; undefined where they are not what was written for this key. */
export function elementsOfRow(row: Buffer, key: Uint32Array): Buffer | undefined {
  const elements = row.subarray(0, -4);
  const keyBytes = new Uint8Array(key.buffer, key.byteOffset, key.byteLength);
  return crc32(elements, crc32(keyBytes)) === row.readUInt32LE(elements.length) ? elements : undefined;
}

/**
 * The whole blocks of a segment. One that is not whole at the end is being written, or never was.
 *
 * @param onDamage called for anything else that can't be used
 */
export async function* blocksOf(
  handle: FileHandle,
  name: string,
  format: SegmentFormat,
  onDamage: (problem: string) => void,
): AsyncGenerator<Block, void, undefined> {
  const { size } = await handle.stat();
  const read = async (length: number, start: number): Promise<Buffer> => {
    const bytes = Buffer.from(new ArrayBuffer(length));
    await readFully(handle, name, bytes, start);
    return bytes;
  };
  if (size < segmentHeaderSize) return;
  if (!(await read(segmentHeaderSize, 0)).equals(encodeSegmentHeader(format))) {
    onDamage("its header is not that of such embeddings");
    return;
  }
  for (let start = segmentHeaderSize; start + blockHeaderSize <= size; ) {
    const header = await read(blockHeaderSize, start);
    const count = header.readUInt32LE(0);
    if (crc32(header.subarray(0, 8)) !== header.readUInt32LE(8)) {
      onDamage(`what follows byte ${start} is damaged`);
      return;
    }
    const rowsStart = start + blockHeaderSize + count * keySize;
    const end = rowsStart + count * rowSize(format);
    if (end > size) return;
    const keys = await read(count * keySize, start + blockHeaderSize);
    if (crc32(keys) === header.readUInt32LE(4)) yield { count, keys: new Uint32Array(keys.buffer), rowsStart };
    else onDamage(`the keys of ${count} embeddings from byte ${start} on are damaged`);
    start = end;
  }
}
