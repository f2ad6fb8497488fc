/** What a terminal obeys is written out; all else stays. */
import { expect, test } from "vitest";
import { printable, printableLine } from "../../src/common/printable.ts";

test.each([
  ["\u001b[31mred\u0007", "\\u001b[31mred\\u0007"],
  ["\u009b31m", "\\u009b31m"],
  ["over\rwritten", "over\\u000dwritten"],
  ["\b\0\u007f", "\\u0008\\u0000\\u007f"],
  ["user\u202etxt.exe", "user\\u202etxt.exe"],
  ["\u2066isolated\u2069", "\\u2066isolated\\u2069"],
  ["\u2028", "\\u2028"],
])("%j", (text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(printableLine(text)).toBe(shown);
});

test("lines and tabs stay, but for what stands on one line", () => {
  expect(printable("a\r\nb\tc\n")).toBe("a\nb\tc\n");
  expect(printableLine("a\r\nb\tc")).toBe("a\\u000d\\nb\\tc");
});

test.each(["e\u0301é ñ 漢字 עברית العربية 👩‍👩‍👧", "\u200f\u061c", "back\\slash"])("%j stays", (text) => {
  expect(printable(text)).toBe(text);
  expect(printableLine(text)).toBe(text);
});
