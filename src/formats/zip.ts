/**
 * The files inside a zip archive whose members are stored uncompressed, read by range: opening reads only the central
 * directory. Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (zip64).
 *
 * Limits: one disk, no compression, no encryption, nothing before or after the archive. Checksums are not compared:
 * PyTorch does not either, and can be told not to write them.
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

const endSize = 22;
const locatorSize = 20;
const end64Size = 56;
const longestComment = 0xffff;
/** Some 100,000 members; PyTorch writes one a storage. */
const largestDirectory = 16 * 2 ** 20;

/**
 * The members by name, in the order of the directory. A name is its bytes, each as one character: ASCII is itself.
 * @throws HpdError `corrupt_file`; `unsupported` for an archive beyond the limits above.
 */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, ZipMember>> {
  const directory = await findDirectory(source);
  const bytes = await source.read(directory.offset, directory.size);
  const view = viewOf(bytes);
  const members = new Map<string, ZipMember>();
  let at = 0;
  for (let index = 0; index < directory.count; index++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw corrupt(source, `entry ${index} of its directory is damaged`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > bytes.length) throw corrupt(source, `entry ${index} of its directory is cut`);
    const nameBytes = bytes.subarray(at + 46, at + 46 + nameLength);
    const name = textOf(nameBytes);
    if (members.has(name)) throw corrupt(source, `${name} is in it twice`);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    if ((flags & 1) !== 0 || method !== 0) {
      throw new HpdError(
        "unsupported",
        `${source.name}: ${name} is ${flags & 1 ? "encrypted" : `compressed (method ${method})`}; ` +
          "expected members stored as they are, as torch.save writes them",
      );
    }
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const { size, storedSize, offset } = entrySizes(source, name, view, at, extra);
    if (size !== storedSize) throw corrupt(source, `${name} has ${size} bytes, of which ${storedSize} are stored`);
    if (offset + 30 + nameLength + size > directory.offset) throw corrupt(source, `${name} reaches past its end`);
    members.set(name, member(source, nameBytes.slice(), offset, size, directory.offset));
    at = next;
  }
  if (at !== bytes.length) throw corrupt(source, `its directory has ${bytes.length - at} bytes too many`);
  return members;
}

/** Reads the end records; with zip64 those count. */
async function findDirectory(source: ByteSource): Promise<DirectoryRange> {
  const tailSize = Math.min(source.size, locatorSize + endSize + longestComment);
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
  if (range.size > largestDirectory) {
    throw new HpdError(
      "unsupported",
      `${source.name}: its zip directory has ${range.size} bytes, more than ${largestDirectory}`,
    );
  }
  return range;
}

/** Of an entry of the directory, with what its zip64 extra field says instead. */
function entrySizes(source: ByteSource, name: string, view: DataView, at: number, extra: Uint8Array) {
  const long = zip64Field(extra);
  let used = 0;
  const widen = (value: number): number => {
    if (value !== 0xffffffff) return value;
    if (used + 8 > long.byteLength) throw corrupt(source, `${name} lacks its zip64 sizes`);
    used += 8;
    return exact(source, long.getBigUint64(used - 8, true));
  };
  const size = widen(view.getUint32(at + 24, true));
  const storedSize = widen(view.getUint32(at + 20, true));
  const offset = widen(view.getUint32(at + 42, true));
  return { size, storedSize, offset };
}

function zip64Field(extra: Uint8Array): DataView {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) return viewOf(extra.subarray(at + 4, end));
    at = end;
  }
  return viewOf(new Uint8Array());
}

/** The local header, whose length the directory does not tell, is read with the first bytes asked for. */
function member(source: ByteSource, name: Uint8Array, header: number, size: number, end: number): ZipMember {
  async function dataOffset(): Promise<number> {
    const bytes = await source.read(header, 30 + name.length);
    const view = viewOf(bytes);
    if (view.getUint32(0, true) !== 0x04034b50 || textOf(bytes.subarray(30)) !== textOf(name)) {
      throw corrupt(source, `${textOf(name)} is not at ${header}, where its directory says`);
    }
    const offset = header + bytes.length + view.getUint16(28, true);
    if (view.getUint16(26, true) !== name.length || offset + size > end) {
      throw corrupt(source, `${textOf(name)} reaches past its end`);
    }
    return offset;
  }
  let start: number | undefined;
  return {
    size,
    async read(offset, length) {
      if (offset + length > size) {
        throw corrupt(source, `${textOf(name)} has ${size} bytes, ${length} from ${offset} were asked for`);
      }
      start ??= await dataOffset();
      return source.read(start + offset, length);
    },
  };
}

function corrupt(source: ByteSource, problem: string): HpdError {
  return new HpdError("corrupt_file", `${source.name} is not a sound zip archive: ${problem}`);
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
