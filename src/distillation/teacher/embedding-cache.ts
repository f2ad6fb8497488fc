/**
 * Embeddings of one teacher on the disk, by the text's hash: segments in a folder, see `segment.ts`. Each process that adds
 * to it has a segment of its own, so that several may use a folder at once; what others add meanwhile isn't seen.
 * Memory: 27 bytes an embedding, 270 MB for 10 million.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileReason } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { readRecords } from "../../files/read-records.ts";
import { writeFully } from "../../files/write-fully.ts";
import { toFloat32 } from "../../tensor/convert.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { HashIndex } from "../corpus/hash-index.ts";
import { hashWords } from "../corpus/text-hash.ts";
import {
  type Block,
  blocksOf,
  elementBytes,
  elementsOfRow,
  encodeBlock,
  encodeSegmentHeader,
  rowSize,
  type SegmentFormat,
  segmentFormat,
  segmentHeaderSize,
} from "./segment.ts";
import type { TeacherCachePrecision } from "./teacher-options.ts";

interface Segment {
  readonly path: string;
  readonly handle: FileHandle;
  /** End of the last whole block, where the next one is written. */
  end: number;
}

interface KnownBlock {
  readonly segment: Segment;
  /** Rows of all blocks before it. */
  readonly firstRow: number;
  readonly rowsStart: number;
}

export const segmentSuffix = ".embeddings";

/** The name of a new segment: the newest are the last. */
export function segmentName(rest: string): string {
  return `${String(Date.now()).padStart(15, "0")}-${rest}${segmentSuffix}`;
}

/** The name of a teacher's folder among those of all. */
export function cacheName(fingerprint: string, precision: TeacherCachePrecision): string {
  return `${fingerprint}-${precision}`;
}

export class EmbeddingCache {
  readonly #folder: string;
  readonly #format: SegmentFormat;
  readonly #onWarning: (message: string) => void;
  readonly #index = new HashIndex();
  /** Row of each hash among those of all blocks; the last one of a text that has several. */
  #rows = new Uint32Array(1024);
  #rowCount = 0;
  readonly #blocks: KnownBlock[] = [];
  readonly #segments: Segment[] = [];
  /** The segment of this process: there once there is something to add. */
  #own: Promise<Segment> | undefined;
  /** One append after the other. */
  #appended: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, format: SegmentFormat, onWarning: (message: string) => void) {
    this.#folder = folder;
    this.#format = format;
    this.#onWarning = onWarning;
  }

  /** @throws HpdError `invalid_argument` where the folder can't be used */
  static async open(
    folder: string,
    dimension: number,
    precision: TeacherCachePrecision,
    onWarning: (message: string) => void,
  ): Promise<EmbeddingCache> {
    const cache = new EmbeddingCache(folder, segmentFormat(dimension, precision), onWarning);
    try {
      await makeFolder(folder);
      // Names begin with the time: the newest last, so that what was made again comes before what was damaged.
      const names = (await readdir(folder)).filter((name) => name.endsWith(segmentSuffix)).sort();
      for (const name of names) await cache.#load(join(folder, name));
    } catch (cause) {
      await cache.close();
      throw new HpdError("invalid_argument", `${folder} can't be used: ${fileReason(cause)}`, { cause });
    }
    return cache;
  }

  /** @param hash four words at `at` */
  has(hash: Uint32Array, at: number): boolean {
    return this.#index.find(hash, at) >= 0;
  }

  /**
   * @param hashes [count, 4]
   * @returns [count, dimension], and the places in it of embeddings that are not there or damaged: what stands there
   *   is undefined
   */
  async read(hashes: Uint32Array): Promise<{ embeddings: Float32Array; missing: number[] }> {
    const { dimension, element } = this.#format;
    const bytes = new Uint8Array((hashes.length / hashWords) * dimension * element);
    const missing: number[] = [];
    const wanted = new Map<Segment, { readonly places: number[]; readonly offsets: number[] }>();
    for (let place = 0; place * hashWords < hashes.length; place++) {
      const number = this.#index.find(hashes, place * hashWords);
      if (number < 0) {
        missing.push(place);
        continue;
      }
      const { segment, offset } = this.#locate(this.#rows[number]!);
      if (!wanted.has(segment)) wanted.set(segment, { places: [], offsets: [] });
      wanted.get(segment)!.places.push(place);
      wanted.get(segment)!.offsets.push(offset);
    }
    const size = rowSize(this.#format);
    for (const [{ handle, path }, { places, offsets }] of wanted) {
      const known = missing.length;
      const take = (index: number, row: Buffer): void => {
        const place = places[index]!;
        const elements = elementsOfRow(row, hashes.subarray(place * hashWords, (place + 1) * hashWords));
        if (elements === undefined) missing.push(place);
        else bytes.set(elements, place * dimension * element);
      };
      await readRecords(handle, path, { offsets, lengthOf: () => size, onRecord: take });
      const damaged = missing.length - known;
      if (damaged > 0) this.#onWarning(`${path}: ${damaged} embeddings are damaged; they are made again`);
    }
    return { embeddings: floatsOf(bytes, element), missing };
  }

  /**
   * @param hashes [count, 4]
   * @param embeddings [count, dimension]
   * @returns the embeddings as they are read back
   * @throws HpdError `invalid_argument` where the disk is full. What was added before stays.
   */
  append(hashes: Uint32Array, embeddings: Float32Array): Promise<Float32Array> {
    const bytes = elementBytes(this.#format, embeddings);
    const appended = this.#appended.then(() => this.#append(hashes, bytes));
    this.#appended = appended.catch(() => {});
    return appended.then(() => floatsOf(bytes, this.#format.element));
  }

  async close(): Promise<void> {
    await this.#appended;
    for (const { handle } of this.#segments) await handle.close();
  }

  async #append(hashes: Uint32Array, elements: Uint8Array): Promise<void> {
    this.#own ??= this.#create();
    const segment = await this.#own;
    const { bytes, rowsStart } = encodeBlock(this.#format, hashes, elements);
    try {
      await writeFully(segment.handle, bytes, segment.end, segment.path);
    } catch (error) {
      // Nothing of it is of use, and the disk may need the room.
      await segment.handle.truncate(segment.end).catch(() => {});
      throw error;
    }
    this.#know(segment, { count: hashes.length / hashWords, keys: hashes, rowsStart: segment.end + rowsStart });
    segment.end += bytes.length;
  }

  async #create(): Promise<Segment> {
    const name = segmentName(randomUUID().slice(0, 8));
    const path = join(this.#folder, name);
    const handle = await open(path, "wx+").catch((cause) => {
      throw new HpdError("invalid_argument", `${path} can't be made: ${fileReason(cause)}`, { cause });
    });
    const segment = { path, handle, end: segmentHeaderSize };
    this.#segments.push(segment);
    await writeFully(handle, encodeSegmentHeader(this.#format), 0, path);
    return segment;
  }

  async #load(path: string): Promise<void> {
    const handle = await open(path);
    const segment = { path, handle, end: 0 };
    this.#segments.push(segment);
    const onDamage = (problem: string) => this.#onWarning(`${path}: ${problem}; they are made again where needed`);
    for await (const block of blocksOf(handle, path, this.#format, onDamage)) this.#know(segment, block);
  }

  #know(segment: Segment, { count, keys, rowsStart }: Block): void {
    this.#blocks.push({ segment, firstRow: this.#rowCount, rowsStart });
    for (let row = 0; row < count; row++) {
      const number = this.#index.add(keys, row * hashWords);
      if (number === this.#rows.length) {
        const rows = new Uint32Array(2 * number);
        rows.set(this.#rows);
        this.#rows = rows;
      }
      this.#rows[number] = this.#rowCount++;
    }
  }

  #locate(row: number): { segment: Segment; offset: number } {
    let low = 0;
    let high = this.#blocks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#blocks[middle]!.firstRow <= row) low = middle;
      else high = middle;
    }
    const { segment, firstRow, rowsStart } = this.#blocks[low]!;
    return { segment, offset: rowsStart + (row - firstRow) * rowSize(this.#format) };
  }
}

function floatsOf(bytes: Uint8Array, element: SegmentFormat["element"]): Float32Array {
  const stored: Tensor =
    element === 2
      ? { dtype: "float16", shape: [], data: new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) }
      : { dtype: "float32", shape: [], data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) };
  return toFloat32(stored);
}
