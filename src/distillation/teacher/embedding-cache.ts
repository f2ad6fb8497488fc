/**
 * Embeddings of one teacher on the disk, by the text's hash: shards in a folder, see `shard.ts`. Each process that adds
 * to it has a shard of its own, so that several may use a folder at once; what others add meanwhile isn't seen.
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
import { toFloat16, toFloat32 } from "../../tensor/convert.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { HashIndex } from "../corpus/hash-index.ts";
import { hashWords } from "../corpus/text-hash.ts";
import {
  type Block,
  blocksOf,
  elementsOfRow,
  encodeBlock,
  encodeShardHeader,
  rowSize,
  type ShardFormat,
  shardHeaderSize,
} from "./shard.ts";
import type { TeacherCachePrecision } from "./teacher-options.ts";

interface Shard {
  readonly path: string;
  readonly handle: FileHandle;
  /** End of the last whole block, where the next one is written. */
  end: number;
}

interface KnownBlock {
  readonly shard: Shard;
  /** Rows of all blocks before it. */
  readonly firstRow: number;
  readonly rowsStart: number;
}

const suffix = ".embeddings";

export class EmbeddingCache {
  readonly #folder: string;
  readonly #format: ShardFormat;
  readonly #onWarning: (message: string) => void;
  readonly #index = new HashIndex();
  /** Row of each hash among those of all blocks; the last one of a text that has several. */
  #rows = new Uint32Array(1024);
  #rowCount = 0;
  readonly #blocks: KnownBlock[] = [];
  readonly #shards: Shard[] = [];
  /** The shard of this process: there once there is something to add. */
  #own: Promise<Shard> | undefined;
  /** One append after the other. */
  #appended: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, format: ShardFormat, onWarning: (message: string) => void) {
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
    const cache = new EmbeddingCache(folder, { dimension, element: precision === "float16" ? 2 : 4 }, onWarning);
    try {
      await makeFolder(folder);
      // Names begin with the time: the newest last, so that what was made again comes before what was damaged.
      const names = (await readdir(folder)).filter((name) => name.endsWith(suffix)).sort();
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
    const wanted = new Map<Shard, { readonly places: number[]; readonly offsets: number[] }>();
    for (let place = 0; place * hashWords < hashes.length; place++) {
      const number = this.#index.find(hashes, place * hashWords);
      if (number < 0) {
        missing.push(place);
        continue;
      }
      const { shard, offset } = this.#locate(this.#rows[number]!);
      if (!wanted.has(shard)) wanted.set(shard, { places: [], offsets: [] });
      wanted.get(shard)!.places.push(place);
      wanted.get(shard)!.offsets.push(offset);
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
    const stored = this.#format.element === 2 ? toFloat16(embeddings) : embeddings;
    const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
    const appended = this.#appended.then(() => this.#append(hashes, bytes));
    this.#appended = appended.catch(() => {});
    return appended.then(() => floatsOf(bytes, this.#format.element));
  }

  async close(): Promise<void> {
    await this.#appended;
    for (const { handle } of this.#shards) await handle.close();
  }

  async #append(hashes: Uint32Array, elements: Uint8Array): Promise<void> {
    this.#own ??= this.#create();
    const shard = await this.#own;
    const { bytes, rowsStart } = encodeBlock(this.#format, hashes, elements);
    try {
      await writeFully(shard.handle, bytes, shard.end, shard.path);
    } catch (error) {
      // Nothing of it is of use, and the disk may need the room.
      await shard.handle.truncate(shard.end).catch(() => {});
      throw error;
    }
    this.#know(shard, { count: hashes.length / hashWords, keys: hashes, rowsStart: shard.end + rowsStart });
    shard.end += bytes.length;
  }

  async #create(): Promise<Shard> {
    const name = `${String(Date.now()).padStart(15, "0")}-${randomUUID().slice(0, 8)}${suffix}`;
    const path = join(this.#folder, name);
    const handle = await open(path, "wx+").catch((cause) => {
      throw new HpdError("invalid_argument", `${path} can't be made: ${fileReason(cause)}`, { cause });
    });
    const shard = { path, handle, end: shardHeaderSize };
    this.#shards.push(shard);
    await writeFully(handle, encodeShardHeader(this.#format), 0, path);
    return shard;
  }

  async #load(path: string): Promise<void> {
    const handle = await open(path);
    const shard = { path, handle, end: 0 };
    this.#shards.push(shard);
    const onDamage = (problem: string) => this.#onWarning(`${path}: ${problem}; they are made again where needed`);
    for await (const block of blocksOf(handle, path, this.#format, onDamage)) this.#know(shard, block);
  }

  #know(shard: Shard, { count, keys, rowsStart }: Block): void {
    this.#blocks.push({ shard, firstRow: this.#rowCount, rowsStart });
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

  #locate(row: number): { shard: Shard; offset: number } {
    let low = 0;
    let high = this.#blocks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#blocks[middle]!.firstRow <= row) low = middle;
      else high = middle;
    }
    const { shard, firstRow, rowsStart } = this.#blocks[low]!;
    return { shard, offset: rowsStart + (row - firstRow) * rowSize(this.#format) };
  }
}

function floatsOf(bytes: Uint8Array, element: ShardFormat["element"]): Float32Array {
  const stored: Tensor =
    element === 2
      ? { dtype: "float16", shape: [], data: new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) }
      : { dtype: "float32", shape: [], data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) };
  return toFloat32(stored);
}
