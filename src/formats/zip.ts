/**
 * The files inside a zip archive whose members are stored uncompressed, read by range: opening reads only the central
 * directory. Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (zip64).
 *
 * Limits: one disk, no compression, no encryption, nothing before or after the archive. Checksums are not compared:
 * PyTorch does not either, and has an option not to write them.
 */
import { HpdError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

export interface ZipMember {
  readonly size: number;
  /** Exactly `length` bytes from `offset` of the member. @throws HpdError `corrupt_file` where they are not inside. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

interface DirectoryRange {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

/** A file in the archive, as the directory says. */
interface Entry {
  /** The bytes of the name, each as one character. */
  readonly name: string;
  /** Offset of the local header. */
  readonly offset: number;
  readonly size: number;
}

/** Sizes of the records without their fields of variable length. */
const entrySize = 46;
const localSize = 30;
const endSize = 22;
const locatorSize = 20;
const end64Size = 56;
const maxCommentBytes = 0xffff;
/** Maximum bytes of the directory, some 100,000 members; PyTorch writes one a storage. */
const maxDirectoryBytes = 16 * 2 ** 20;

/**
 * The members by name, in the order of the directory. A name is its bytes, each as one character: ASCII is itself.
 * @throws HpdError `corrupt_file`; `unsupported` for an archive beyond the limits above.
 */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, ZipMember>> {
  const directory = await findDirectory(source);
  const bytes = await source.read(directory.offset, directory.size);
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let index = 0; index < directory.count; index++) {
    const { length, ...entry } = readEntry(source, bytes.subarray(at), index);
    if (members.has(entry.name)) throw corrupt(source, `${entry.name} is in it twice`);
    if (entry.offset + localSize + entry.name.length + entry.size > directory.offset) {
      throw corrupt(source, `${entry.name} reaches past its end`);
    }
    members.set(entry.name, memberOf(source, entry, directory.offset));
    at += length;
  }
  if (at !== bytes.length) throw corrupt(source, `its directory has ${bytes.length - at} bytes too many`);
  return members;
}

/** An entry of the directory, at the start of `bytes`; `length` is its own. */
function readEntry(source: ByteSource, bytes: Uint8Array, index: number): Entry & { readonly length: number } {
  const view = viewOf(bytes);
  if (bytes.length < entrySize || view.getUint32(0, true) !== 0x02014b50) {
    throw corrupt(source, `entry ${index} of its directory is damaged`);
  }
  const nameEnd = entrySize + view.getUint16(28, true);
  const extraEnd = nameEnd + view.getUint16(30, true);
  const length = extraEnd + view.getUint16(32, true);
  if (length > bytes.length) throw corrupt(source, `entry ${index} of its directory is cut`);
  const name = textOf(bytes.subarray(entrySize, nameEnd));
  const isEncrypted = (view.getUint16(8, true) & 1) !== 0;
  const method = view.getUint16(10, true);
  if (isEncrypted || method !== 0) {
    throw new HpdError(
      "unsupported",
      `${source.name}: ${name} is ${isEncrypted ? "encrypted" : `compressed (method ${method})`}; ` +
        "expected members stored as they are, as torch.save writes them",
    );
  }
  const { size, storedSize, offset } = sizesOf(source, name, view, zip64Field(bytes.subarray(nameEnd, extraEnd)));
  if (size !== storedSize) throw corrupt(source, `${name} has ${size} bytes, of which ${storedSize} are stored`);
  return { name, offset, size, length };
}

/** Reads the end records; with zip64 those count. */
async function findDirectory(source: ByteSource): Promise<DirectoryRange> {
  const tailSize = Math.min(source.size, locatorSize + endSize + maxCommentBytes);
  const tailOffset = source.size - tailSize;
  const tail = await source.read(tailOffset, tailSize);
  const view = viewOf(tail);
  let end = tailSize - endSize;
  const isEnd = (at: number) =>
    view.getUint32(at, true) === 0x06054b50 && at + endSize + view.getUint16(at + 20, true) === tailSize;
  while (end >= 0 && !isEnd(end)) end--;
  if (end < 0) throw corrupt(source, "it has no end record. It may be cut or a Git LFS pointer: get it again");
  let last = tailOffset + end;
  let range = {
    offset: view.getUint32(end + 16, true),
    size: view.getUint32(end + 12, true),
    count: view.getUint16(end + 10, true),
  };
  let disks = view.getUint16(end + 4, true);
  const locator = end - locatorSize;
  if (locator >= 0 && view.getUint32(locator, true) === 0x07064b50) {
    last = exact(source, view.getBigUint64(locator + 8, true));
    if (last + end64Size > tailOffset + locator) throw corrupt(source, "its zip64 end record lies outside");
    const end64 = viewOf(await source.read(last, end64Size));
    if (end64.getUint32(0, true) !== 0x06064b50) throw corrupt(source, "its zip64 end record is missing");
    range = {
      offset: exact(source, end64.getBigUint64(48, true)),
      size: exact(source, end64.getBigUint64(40, true)),
      count: exact(source, end64.getBigUint64(32, true)),
    };
    disks = end64.getUint32(16, true);
  }
  if (disks !== 0) throw new HpdError("unsupported", `${source.name} is a part of a zip archive of several disks`);
  if (range.offset + range.size !== last) {
    throw corrupt(source, `its directory of ${range.size} bytes should end at ${last}, it begins at ${range.offset}`);
  }
  if (range.size > maxDirectoryBytes) {
    throw new HpdError(
      "unsupported",
      `${source.name}: its zip directory has ${range.size} bytes, expected at most ${maxDirectoryBytes}`,
    );
  }
  return range;
}

/** The sizes and the offset of an entry; those that are 2^32 - 1 stand in its zip64 field. */
function sizesOf(source: ByteSource, name: string, entry: DataView, long: DataView) {
  let used = 0;
  const widen = (value: number): number => {
    if (value !== 0xffffffff) return value;
    if (used + 8 > long.byteLength) throw corrupt(source, `${name} lacks its zip64 sizes`);
    used += 8;
    return exact(source, long.getBigUint64(used - 8, true));
  };
  const size = widen(entry.getUint32(24, true));
  const storedSize = widen(entry.getUint32(20, true));
  const offset = widen(entry.getUint32(42, true));
  return { size, storedSize, offset };
}

/** The values of the zip64 extra field, empty without one. */
function zip64Field(extra: Uint8Array): DataView {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) return viewOf(extra.subarray(at + 4, end));
    at = end;
  }
  return viewOf(new Uint8Array());
}

/**
 * The member of an entry. Its local header, whose length the directory does not say, is read with the first bytes.
 *
 * @param end offset at which all members end
 */
function memberOf(source: ByteSource, { name, offset: header, size }: Entry, end: number): ZipMember {
  async function dataOffset(): Promise<number> {
    const bytes = await source.read(header, localSize + name.length);
    const view = viewOf(bytes);
    if (view.getUint32(0, true) !== 0x04034b50 || textOf(bytes.subarray(localSize)) !== name) {
      throw corrupt(source, `${name} is not at ${header}, where its directory says`);
    }
    const offset = header + bytes.length + view.getUint16(28, true);
    if (view.getUint16(26, true) !== name.length || offset + size > end) {
      throw corrupt(source, `${name} reaches past its end`);
    }
    return offset;
  }
  let start: number | undefined;
  return {
    size,
    async read(offset, length) {
      if (offset + length > size) {
        throw corrupt(source, `${name} has ${size} bytes, ${length} from ${offset} were asked for`);
      }
      start ??= await dataOffset();
      return source.read(start + offset, length);
    },
  };
}

function corrupt(source: ByteSource, problem: string): HpdError {
  return new HpdError("corrupt_file", `${source.name} is not a valid zip archive: ${problem}`);
}

function exact(source: ByteSource, value: bigint): number {
  if (value > BigInt(source.size)) throw corrupt(source, `a size or offset of ${value} is beyond its end`);
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
