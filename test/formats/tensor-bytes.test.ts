import { expect, test } from "vitest";
import { elementsOfBytes } from "../../src/formats/tensor-bytes.ts";

test("elements of bytes that lie anywhere in their buffer, which stays as it is", () => {
  for (let offset = 0; offset < 8; offset++) {
    const bytes = new Uint8Array(offset + 16 + 3).fill(255);
    bytes.set(new Uint8Array(BigInt64Array.of(-2n, 5n).buffer), offset);
    const before = bytes.slice();
    const elements = elementsOfBytes("int64", bytes.subarray(offset, offset + 16), "x");
    expect(elements).toEqual(BigInt64Array.of(-2n, 5n));
    // A copy only where the alignment doesn't allow more.
    expect(elements.buffer === bytes.buffer).toBe(offset === 0);
    expect(bytes).toEqual(before);
  }
});
