/** Compiled rules of our own: texts of ASCII alone are left as they are only where no rule is for them. */
import { expect, test } from "vitest";
import { PrecompiledNormalizer } from "../../src/tokenizer/precompiled-normalizer.ts";

/** Rules that replace one byte. The units of the trie: https://github.com/s-yata/darts-clone */
function rulesFor(byte: number, replacement: string): string {
  const units = new Uint32Array(0x200);
  const isBeforeLeaf = 1 << 8;
  const leaf = 0x80000000;
  const offset = (value: number) => value << 10;
  units[0] = offset(0x100);
  units[0x100 ^ byte] = offset(1) | isBeforeLeaf | byte;
  units[0x100 ^ byte ^ 1] = leaf;
  const bytes = [...Uint8Array.from([0, units.byteLength >> 8, 0, 0]), ...new Uint8Array(units.buffer)];
  return btoa(String.fromCharCode(...bytes, ...new TextEncoder().encode(`${replacement}\0`)));
}

test.each([
  ["a", "b", "a cat\u0301", "b cbt\u0301"],
  ["~", "", "a~b", "ab"],
  ["\u0007", " ", "a\u0007b", "a b"],
  ["b", "c", "a cat", "a cat"],
])("%j becomes %j", (character, replacement, text, expected) => {
  const normalizer = new PrecompiledNormalizer(rulesFor(character.charCodeAt(0), replacement));
  expect(normalizer.normalize(text)).toBe(expected);
  expect(normalizer.normalize("é")).toBe("é");
});
