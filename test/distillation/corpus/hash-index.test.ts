import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HashIndex } from "../../../src/distillation/corpus/hash-index.ts";
import { writeTextHash } from "../../../src/distillation/corpus/text-hash.ts";

test("numbers texts as a map does", () => {
  // Few different ones, so that many come again; a hundred thousand, so that the table grows.
  const texts = fc.array(fc.nat(200).map(String), { maxLength: 1000 });
  fc.assert(fc.property(texts, (texts) => numbersAsMap(texts)));
  numbersAsMap(Array.from({ length: 100_000 }, (_, index) => String((index * 7919) % 70_001)));
});

function numbersAsMap(texts: readonly string[]): void {
  const index = new HashIndex();
  const numbers = new Map<string, number>();
  const hash = new Uint32Array(4);
  let different = 0;
  for (const text of texts) {
    writeTextHash(text, hash, 0);
    if (index.find(hash, 0) !== (numbers.get(text) ?? -1)) different++;
    if (!numbers.has(text)) numbers.set(text, numbers.size);
    if (index.add(hash, 0) !== numbers.get(text)) different++;
    if (index.hash(numbers.get(text)!).join() !== hash.join()) different++;
  }
  expect(different).toBe(0);
}

test("hashes that differ in one word only are told apart", () => {
  const index = new HashIndex();
  const hashes = [0, 1, 2, 3].map((word) => new Uint32Array(4).fill(1, word, word + 1));
  expect(hashes.map((hash) => index.add(hash, 0))).toEqual([0, 1, 2, 3]);
  expect(hashes.map((hash) => index.find(hash, 0))).toEqual([0, 1, 2, 3]);
  expect(index.find(new Uint32Array(4), 0)).toBe(-1);
});

test("a hash is the first half of the text's SHA-256", () => {
  const hash = new Uint32Array(6);
  writeTextHash("é🎸", hash, 1);
  const bytes = Buffer.from(hash.buffer, 4, 16).toString("hex");
  expect(bytes).toBe(createHash("sha256").update("é🎸").digest("hex").slice(0, 32));
  expect([hash[0], hash[5]]).toEqual([0, 0]);
});
