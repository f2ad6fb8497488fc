/**
 * The parts of files that make a shard. A shard is a range of bytes of all files put one behind the other; the rows that
 * begin in the range are its rows. So sizes alone say which files a shard reads, and where.
 */
import type { StoredFile } from "../../storage/stored-file.ts";

export interface Part {
  readonly file: StoredFile;
  /** The range in which its rows begin, in bytes of the file: from here to before `end`. */
  readonly start: number;
  readonly end: number;
}

/** @param shard from 0 to before `shards` */
export function partsOf(files: readonly StoredFile[], shard: number, shards: number): Part[] {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const border = (index: number) => Number((BigInt(total) * BigInt(index)) / BigInt(shards));
  const [first, last] = [border(shard), border(shard + 1)];
  const parts: Part[] = [];
  let at = 0;
  for (const file of files) {
    const start = Math.max(first, at) - at;
    const end = Math.min(last, at + file.size) - at;
    if (start < end) parts.push({ file, start, end });
    at += file.size;
  }
  return parts;
}
