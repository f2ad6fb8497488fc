/**
 * The class of each code point in BERT's normalizer and pre-tokenizer, and Unicode normalization as Python's
 * `tokenizers` 0.23 does it. Its tables are older than a JavaScript engine's, so characters that Unicode assigned
 * since are left alone here as they are there.
 */
import {
  accentsRanges,
  chineseRanges,
  punctuationRanges,
  removedRanges,
  whitespaceRanges,
} from "./character-tables.ts";

export const characterClass = { word: 0, space: 1, punctuation: 2, single: 3, removed: 4 } as const;

/** Rust's `char::is_whitespace`, unlike JavaScript's `\s`: with U+0085, without U+FEFF. */
export const whitespace = /\p{White_Space}/u;

export interface CharacterClassOptions {
  /** Drops control characters before anything else: BertNormalizer's `clean_text`. */
  readonly cleanText: boolean;
  /** Makes every ideograph a word of its own: BertNormalizer's `handle_chinese_chars`. */
  readonly splitChinese: boolean;
}

/** The class of each code point, `[0x110000]`. A word ends before and after a `single` and a `punctuation`. */
export function characterClasses(options: CharacterClassOptions): Uint8Array {
  const classes = new Uint8Array(0x110000);
  fill(classes, punctuationRanges, characterClass.punctuation);
  fill(classes, whitespaceRanges, characterClass.space);
  if (options.splitChinese) fill(classes, chineseRanges, characterClass.single);
  if (options.cleanText) fill(classes, removedRanges, characterClass.removed);
  return classes;
}

/** 1 for each code point that `strip_accents` drops after decomposition, `[0x110000]`. */
export function accentMarks(): Uint8Array {
  const marks = new Uint8Array(0x110000);
  fill(marks, accentsRanges, 1);
  return marks;
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

/** Characters that decompose in Unicode 17 and not in the tables of `tokenizers`. */
const newerCanonical =
  /[\u{105c9}\u{105e4}\u{11383}\u{11385}\u{1138e}\u{11391}\u{113c5}\u{113c7}\u{113c8}\u{11938}\u{16121}-\u{16128}\u{16d68}-\u{16d6a}]/u;
const newerCompatibility =
  /[\u32ff\ua7f1-\ua7f4\uab69\u{105c9}\u{105e4}\u{10781}-\u{107ba}\u{11383}\u{11385}\u{1138e}\u{11391}\u{113c5}\u{113c7}\u{113c8}\u{11938}\u{16121}-\u{16128}\u{16d68}-\u{16d6a}\u{1ccd6}-\u{1ccf9}\u{1e030}-\u{1e06d}\u{1f16c}\u{1fbf0}-\u{1fbf9}]/u;

export type NormalizationForm = "NFC" | "NFD" | "NFKC" | "NFKD";

export function normalizeUnicode(text: string, form: NormalizationForm): string {
  const newer = form.length === 4 ? newerCompatibility : newerCanonical;
  if (!newer.test(text)) return text.normalize(form);
  return text
    .split(new RegExp(`(${newer.source})`, "u"))
    .map((piece, index) => (index % 2 === 1 ? piece : piece.normalize(form)))
    .join("");
}

/** Lower case letter by letter, as Rust does it: JavaScript makes a capital sigma at a word's end a final one. */
export function lowercase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}
