/** Zip archives and pickles as torch.save writes them, and as it never would. */

export interface Member {
  name: string;
  data: Uint8Array;
  method?: number;
  flags?: number;
  /** What the directory says instead of the truth. */
  size?: number;
  storedSize?: number;
  offset?: number;
  /** What is written at the beginning of the member instead of its name. */
  localName?: string;
}

export interface EndRecord {
  zip64?: boolean;
  count?: number;
  size?: number;
  offset?: number;
  disk?: number;
  comment?: number;
}

const utf8 = new TextEncoder();

/** With `zip64`, sizes and offsets are in the 64-bit fields and the 32-bit ones say so. */
export function buildZip(members: readonly Member[], end: EndRecord = {}): Uint8Array {
  const zip64 = end.zip64 ?? false;
  const limit = (value: number) => (zip64 ? 0xffffffff : value);
  const body: number[] = [];
  const directory: number[] = [];
  for (const member of members) {
    const { name, data, method = 0, flags = 0 } = member;
    const offset = member.offset ?? body.length;
    const size = member.size ?? data.length;
    const storedSize = member.storedSize ?? data.length;
    const local = utf8.encode(member.localName ?? name);
    const padding = [0x46, 0x42, 2, 0, 0x5a, 0x5a];
    body.push(...bytes(4, 0x04034b50), ...bytes(2, 0, flags, method, 0, 0), ...bytes(4, 0, data.length, data.length));
    body.push(...bytes(2, local.length, padding.length), ...local, ...padding);
    for (const byte of data) body.push(byte);
    const extra = zip64 ? [...bytes(2, 0x4242, 1), 9, ...bytes(2, 1, 24), ...bytes(8, size, storedSize, offset)] : [];
    directory.push(...bytes(4, 0x02014b50), ...bytes(2, 0, 0, flags, method, 0, 0));
    directory.push(...bytes(4, 0, limit(storedSize), limit(size)), ...bytes(2, utf8.encode(name).length, extra.length));
    directory.push(...bytes(2, 0, 0, 0), ...bytes(4, 0, limit(offset)), ...utf8.encode(name), ...extra);
  }
  const { count = members.length, size = directory.length, offset = body.length, disk = 0, comment = 0 } = end;
  const all = [...body, ...directory];
  if (zip64) {
    const record = all.length;
    all.push(...bytes(4, 0x06064b50), ...bytes(8, 44), ...bytes(2, 0, 0), ...bytes(4, disk, 0));
    all.push(...bytes(8, count, count, size, offset), ...bytes(4, 0x07064b50, 0), ...bytes(8, record), ...bytes(4, 1));
  }
  all.push(...bytes(4, 0x06054b50), ...bytes(2, disk, 0, zip64 ? 0xffff : count, zip64 ? 0xffff : count));
  all.push(...bytes(4, limit(size), limit(offset)), ...bytes(2, comment), ...new Array<number>(comment).fill(0x20));
  return Uint8Array.from(all);
}

/** The members that a checkpoint of this pickle and these storages has. */
export function checkpointMembers(pickle: Uint8Array, storages: Record<string, Uint8Array>): Member[] {
  const storage = Object.entries(storages).map(([key, data]) => ({ name: `model/data/${key}`, data }));
  const byteorder = { name: "model/byteorder", data: utf8.encode("little") };
  return [{ name: "model/data.pkl", data: pickle }, byteorder, ...storage];
}

/** Little-endian numbers of a width. */
export function bytes(width: 1 | 2 | 4 | 8, ...values: (number | bigint)[]): number[] {
  return values.flatMap((value) =>
    Array.from({ length: width }, (_, index) => Number((BigInt(value) >> BigInt(8 * index)) & 255n)),
  );
}

/** Opcodes of a pickle; each is a list of bytes, to be joined with `pickleOf`. */
export const op = {
  global: (module: string, name: string) => [0x63, ...utf8.encode(`${module}\n${name}\n`)],
  text: (value: string) => [0x58, ...bytes(4, utf8.encode(value).length), ...utf8.encode(value)],
  integer: (value: number | bigint) => [0x8a, 8, ...bytes(8, value)],
  tuple: (...items: number[][]) => [0x28, ...items.flat(), 0x74],
  dict: (...items: number[][]) => [0x7d, 0x28, ...items.flat(), 0x75],
  call: (callable: number[], ...args: number[][]) => [...callable, ...op.tuple(...args), 0x52],
  storage: (type: string, key: string, length: number | bigint) => [
    ...op.tuple(op.text("storage"), op.global("torch", type), op.text(key), op.text("cpu"), op.integer(length)),
    0x51,
  ],
  tensor: (storage: number[], offset: number | bigint, shape: number[][], strides: number[][], ...rest: number[][]) =>
    op.call(
      op.global("torch._utils", "_rebuild_tensor_v2"),
      storage,
      op.integer(offset),
      op.tuple(...shape),
      op.tuple(...strides),
      [0x89],
      [0x7d],
      ...rest,
    ),
};

export function pickleOf(...operations: number[][]): Uint8Array {
  return Uint8Array.from([0x80, 2, ...operations.flat(), 0x2e]);
}
