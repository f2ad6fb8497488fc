import { expect, test } from "vitest";
import { writeFully } from "../../src/files/write-fully.ts";

test("more than Node writes at a time is written in several pieces", async () => {
  const size = 5 * 2 ** 29 + 3;
  let end = 7;
  const handle = {
    async write(bytes: Uint8Array, offset: number, length: number, position: number) {
      if (length > 2 ** 31 - 1) throw new RangeError('The value of "length" is out of range');
      expect([offset, position]).toEqual([end - 7, end]);
      expect(offset + length).toBeLessThanOrEqual(bytes.length);
      end += length;
      return { bytesWritten: length };
    },
  };
  // Nothing reads it, so it takes no memory.
  await writeFully(handle as never, new Uint8Array(size), 7, "file");
  expect(end).toBe(7 + size);
});
