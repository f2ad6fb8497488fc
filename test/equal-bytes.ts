/**
 * A shortcut for `toEqual`: typed arrays of one kind with the same bytes are equal. Vitest lists
 * their indices as texts and compares one by one, which took more time than what was tested. Others are compared as ever.
 */
import { expect } from "vitest";

function equalBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  return bytesOf(a).equals(bytesOf(b)) || undefined;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

expect.addEqualityTesters([equalBytes]);
