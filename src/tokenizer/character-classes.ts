/**
 * The class of each code point in BERT's normalizer and pre-tokenizer, and Unicode normalization as Python's
 * `tokenizers` 0.23 does it. Its tables are older than a JavaScript engine's, so characters that Unicode assigned
 * since are left alone here as they are there.
 */
import {
  accentsRanges,
  chineseRanges,
  combiningRanges,
  punctuationRanges,
  removedRanges,
  whitespaceRanges,
} from "./character-tables.ts";
import { normalizeLinear } from "./combining-marks.ts";

export const characterClass = { word: 0, space: 1, punctuation: 2, single: 3, removed: 4 } as const;

/**
 * Whether a code unit is white space to Rust's `char::is_whitespace`: unlike JavaScript's `\s` with U+0085, without
 * U+FEFF.
 */
export function isWhiteSpace(unit: number): boolean {
  if (unit < 0x1680) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0xa0 || unit === 0x85;
  if (unit < 0x2000) return unit === 0x1680;
  if (unit <= 0x200a) return true;
  return unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f || unit === 0x3000;
}

/** Whether a text has any white space in it, as `isWhiteSpace` knows it. */
export function hasWhiteSpace(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (isWhiteSpace(text.charCodeAt(index))) return true;
  return false;
}

export interface CharacterClassOptions {
  /** Drops control characters before anything else: BertNormalizer's `clean_text`. */
  readonly cleanText: boolean;
  /** Makes every ideograph a word of its own: BertNormalizer's `handle_chinese_chars`. */
  readonly splitChinese: boolean;
}

/** The class of each code point, `[0x110000]`. A word ends before and after a `single` and a `punctuation`. */
export function characterClasses({ cleanText, splitChinese }: CharacterClassOptions): Uint8Array {
  return table(`classes ${cleanText} ${splitChinese}`, [
    [punctuationRanges, characterClass.punctuation],
    [whitespaceRanges, characterClass.space],
    ...(splitChinese ? [[chineseRanges, characterClass.single] as const] : []),
    ...(cleanText ? [[removedRanges, characterClass.removed] as const] : []),
  ]);
}

/** 1 for each code point that `strip_accents` drops after decomposition, `[0x110000]`. */
export function accentMarks(): Uint8Array {
  return table("accents", [[accentsRanges, 1]]);
}

/** 1 for each code point that the normalizer StripAccents drops, `[0x110000]`. */
export function combiningMarks(): Uint8Array {
  return table("combining", [[combiningRanges, 1]]);
}

/** All tokenizers of a process share their tables, of a megabyte each. */
const tables = new Map<string, Uint8Array>();

function table(name: string, values: readonly (readonly [ranges: string, value: number])[]): Uint8Array {
  let made = tables.get(name);
  if (made === undefined) {
    made = new Uint8Array(0x110000);
    for (const [ranges, value] of values) fill(made, ranges, value);
    tables.set(name, made);
  }
  return made;
}

function fill(target: Uint8Array, ranges: string, value: number): void {
  const numbers = ranges.split(" ").map((digits) => Number.parseInt(digits, 36));
  let position = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const start = position + numbers[index]!;
    position = start + numbers[index + 1]!;
    target.fill(value, start, position);
  }
}

/**
 * Characters that Unicode 17 decomposes or orders among combining marks, and the tables of `tokenizers` do not know:
 * as the content of a regular expression's class.
 */
const newerCanonical =
  "\\u07fd\\u0897-\\u089f\\u08ca-\\u08d3\\u09fe\\u0c3c\\u0d3b-\\u0d3c\\u0eba\\u1715\\u1abf-\\u1add\\u1ae0-\\u1aeb" +
  "\\u1df6-\\u1dfa\\ua82c\\u{105c9}\\u{105e4}\\u{10d24}-\\u{10d27}\\u{10d69}-\\u{10d6d}\\u{10eab}-\\u{10eac}" +
  "\\u{10efa}-\\u{10efb}\\u{10efd}-\\u{10eff}\\u{10f46}-\\u{10f50}\\u{10f82}-\\u{10f85}\\u{11070}\\u{1133b}" +
  "\\u{113ce}-\\u{113d0}\\u{1145e}\\u{11839}-\\u{1183a}\\u{1193d}-\\u{1193e}\\u{11943}\\u{119e0}\\u{11a34}\\u{11a47}" +
  "\\u{11a99}\\u{11d42}\\u{11d44}-\\u{11d45}\\u{11d97}\\u{11f41}-\\u{11f42}\\u{1612f}\\u{16ff0}-\\u{16ff1}\\u{1e08f}" +
  "\\u{1e130}-\\u{1e136}\\u{1e2ae}\\u{1e2ec}-\\u{1e2ef}\\u{1e4ec}-\\u{1e4ef}\\u{1e5ee}-\\u{1e5ef}\\u{1e6e3}\\u{1e6e6}" +
  "\\u{1e6ee}-\\u{1e6ef}\\u{1e6f5}\\u{11383}\\u{11385}\\u{1138e}\\u{11391}\\u{113c5}\\u{113c7}\\u{113c8}\\u{11938}" +
  "\\u{16121}-\\u{16128}\\u{16d68}-\\u{16d6a}";
const newerCompatibility =
  "\\u32ff\\ua7f1-\\ua7f4\\uab69\\u{10781}-\\u{107ba}\\u{1ccd6}-\\u{1ccf9}\\u{1e030}-\\u{1e06d}\\u{1f16c}\\u{1fbf0}-\\u{1fbf9}";

const newer = {
  canonical: new RegExp(`([${newerCanonical}])`, "u"),
  compatibility: new RegExp(`([${newerCanonical}${newerCompatibility}])`, "u"),
};

export type NormalizationForm = "NFC" | "NFD" | "NFKC" | "NFKD";

export function normalizeUnicode(text: string, form: NormalizationForm): string {
  const left = form.length === 4 ? newer.compatibility : newer.canonical;
  if (!left.test(text)) return normalizeLinear(text, form);
  // Split by a pattern with a group, every second piece is what the group matched.
  return text
    .split(left)
    .map((piece, index) => (index % 2 === 1 ? piece : normalizeLinear(piece, form)))
    .join("");
}

/** Lower case letter by letter, as Rust does it: JavaScript makes a capital sigma at a word's end a final one. */
export function lowercase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}
