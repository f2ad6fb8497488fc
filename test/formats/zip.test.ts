/** Archives that lie about themselves. */
import { describe, expect, test } from "vitest";
import { openZip } from "../../src/formats/zip.ts";
import { buildZip, bytes, type EndRecord, type Member } from "./build-checkpoint.ts";
import { recordedSource } from "./recorded-source.ts";

const a = { name: "m/a", data: Uint8Array.of(1, 2, 3, 4) };
const b = { name: "m/b", data: Uint8Array.of(5) };
const openAndRead = async (archive: Uint8Array) => {
  const members = await openZip(recordedSource("archive", archive));
  return Promise.all([...members].map(async ([name, member]) => [name, [...(await member.read(0, member.size))]]));
};

test.each<EndRecord>([{}, { zip64: true }, { comment: 300 }, { comment: 0xffff }])("read with %j", async (end) => {
  expect(await openAndRead(buildZip([a, b], end))).toEqual([
    ["m/a", [1, 2, 3, 4]],
    ["m/b", [5]],
  ]);
});

test("only the directory is read until a member is, and of that only what is asked for", async () => {
  const large = { name: "m/large", data: new Uint8Array(200_000).fill(7) };
  const source = recordedSource("archive", buildZip([large, a], { zip64: true }));
  const members = await openZip(source);
  expect(source.reads.every(([offset]) => offset > 130_000)).toBe(true);
  source.reads.length = 0;
  expect([...(await members.get("m/large")!.read(100_000, 2))]).toEqual([7, 7]);
  expect(source.reads.map(([, length]) => length)).toEqual([30 + 7, 2]);
});

describe("refused", () => {
  test.each<[string, Member[], EndRecord, string]>([
    ["compression", [{ ...a, method: 8 }], {}, "unsupported"],
    ["encryption", [{ ...a, flags: 1 }], {}, "unsupported"],
    ["several disks", [a], { disk: 1 }, "unsupported"],
    ["several disks in zip64", [a], { disk: 1, zip64: true }, "unsupported"],
    ["a name twice", [a, a], {}, "corrupt_file"],
    ["more entries than there are", [a], { count: 2 }, "corrupt_file"],
    ["more entries than fit", [a], { count: 2 ** 52, zip64: true }, "corrupt_file"],
    ["2^64 - 1 entries", [a], { count: -1, zip64: true }, "corrupt_file"],
    ["fewer entries than there are", [a, b], { count: 1 }, "corrupt_file"],
    ["a directory past the end", [a], { size: 0xfffffff0 }, "corrupt_file"],
    ["a directory of 2^62 bytes", [a], { size: 2 ** 62, zip64: true }, "corrupt_file"],
    ["a directory from 2^62 on", [a], { offset: 2 ** 62, zip64: true }, "corrupt_file"],
    ["a directory elsewhere", [a], { offset: 0 }, "corrupt_file"],
    ["stored bytes other than bytes", [{ ...a, size: 5 }], {}, "corrupt_file"],
    ["a member past the directory", [{ ...a, size: 400, storedSize: 400 }], {}, "corrupt_file"],
    ["a member over the directory", [{ ...a, size: 12, storedSize: 12 }], {}, "corrupt_file"],
    ["a member of 2^63 bytes", [{ ...a, size: 2 ** 63, storedSize: 2 ** 63 }], { zip64: true }, "corrupt_file"],
    ["a member from 2^63 on", [{ ...a, offset: 2 ** 63 }], { zip64: true }, "corrupt_file"],
    ["a member in the directory", [{ ...a, offset: 60 }], {}, "corrupt_file"],
    ["a member inside another", [a, { ...b, offset: 3 }], {}, "corrupt_file"],
    ["a member that is another", [a, { ...b, offset: 0 }], {}, "corrupt_file"],
    ["another name in the member", [{ ...a, localName: "m/c" }], {}, "corrupt_file"],
    ["a longer name in the member", [{ ...a, localName: "m/a/b" }], {}, "corrupt_file"],
  ])("%s", async (_, members, end, code) => {
    await expect(openAndRead(buildZip(members, end))).rejects.toMatchObject({ code });
  });

  test.each([
    ["nothing", []],
    ["an end record alone that is cut", bytes(4, 0x06054b50, 0)],
    ["bytes before the archive", [0, ...buildZip([a])]],
    ["bytes after the archive", [...buildZip([a]), 0]],
    ["the pointer of Git LFS", [...Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")]],
  ])("%s", async (_, archive) => {
    await expect(openAndRead(Uint8Array.from(archive))).rejects.toMatchObject({ code: "corrupt_file" });
  });

  test("compression is named by its method", async () => {
    await expect(openAndRead(buildZip([{ ...a, method: 8 }]))).rejects.toThrow("m/a is compressed (method 8)");
  });

  test("a large directory is not read", async () => {
    const size = 100 * 2 ** 20;
    const tail = [...bytes(4, 0x06054b50, 0), ...bytes(2, 0, 0), ...bytes(4, size, 0), ...bytes(2, 0)];
    const source = recordedSource("archive", Uint8Array.from(tail));
    let most = 0;
    const read = async (_: number, length: number) => {
      most = Math.max(most, length);
      const read = new Uint8Array(length);
      read.set(tail, length - tail.length);
      return read;
    };
    const opened = openZip({ ...source, size: size + tail.length, read });
    await expect(opened).rejects.toMatchObject({ code: "unsupported" });
    expect(most).toBeLessThan(70_000);
  });
});
