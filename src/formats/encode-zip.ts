/**
 * Writes a zip archive whose members are stored as they are; `openZip` reads it.
 * Source: PKWARE's APPNOTE.TXT 6.3.10, section 4.3. Limits: no zip64, so less than 4 GiB and 65,535 members; ASCII names.
 */

export function encodeZip(members: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let size = 0;
  const add = (list: Uint8Array[], ...bytes: Uint8Array[]): void => {
    list.push(...bytes);
    for (const { length } of bytes) size += length;
  };
  for (const [name, data] of members) {
    const nameBytes = new TextEncoder().encode(name);
    // Version 1.0 of the format, no flags, no compression, midnight of 1 January 1980.
    const common = [...u16(10, 0, 0, 0, 0x21), ...u32(crc32(data), data.length, data.length), ...u16(name.length, 0)];
    directory.push(
      Uint8Array.from([...u32(0x02014b50), ...u16(10), ...common, ...u16(0, 0, 0), ...u32(0, size)]),
      nameBytes,
    );
    add(parts, Uint8Array.from([...u32(0x04034b50), ...common]), nameBytes, data);
  }
  const start = size;
  add(parts, ...directory);
  const { size: count } = members;
  add(parts, Uint8Array.from([...u32(0x06054b50), ...u16(0, 0, count, count), ...u32(size - start, start), ...u16(0)]));
  const archive = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function u16(...values: number[]): number[] {
  return values.flatMap((value) => [value & 0xff, value >>> 8]);
}

function u32(...values: number[]): number[] {
  return values.flatMap((value) => u16(value & 0xffff, value >>> 16));
}

/** The checksum of zip: the polynomial 0xedb88320, lowest bit first. */
function crc32(data: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  let crc = 0xffffffff;
  for (const byte of data) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
