/** The terms of a text: its words, and pairs of adjacent words. */
import type { StopWords } from "./stop-words.ts";

/** Maximum UTF-16 units of a text that are analysed. */
const analysedLength = 10_000;

/** A segmenter of words; slow to create. */
export function wordSegmenter(): Intl.Segmenter {
  return new Intl.Segmenter(undefined, { granularity: "word" });
}

/**
 * Words as they are written, without possessive endings ("India's" is India); `undefined` where punctuation ends a
 * phrase.
 */
export function wordsOf(text: string, segmenter: Intl.Segmenter): (string | undefined)[] {
  const words: (string | undefined)[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text.slice(0, analysedLength))) {
    if (isWordLike) words.push(segment.replaceAll("’", "'").replace(/'s$/i, ""));
    else if (segment.trim() !== "" && segment !== "-") words.push(undefined);
  }
  return words;
}

export interface Term {
  /** The term in lower case, by which terms are compared. */
  readonly key: string;
  readonly written: string;
}

/** The terms of a text without repetitions, stop words, numbers and single letters. */
export function termsOf(words: readonly (string | undefined)[], stopWords: StopWords): Term[] {
  const terms = new Map<string, string>();
  let before: Term | undefined;
  for (const written of words) {
    const key = written?.toLowerCase();
    if (written === undefined || key === undefined || !isWord(key) || stopWords.has(key)) {
      before = undefined;
      continue;
    }
    terms.set(key, written);
    if (before && before.key !== key) terms.set(`${before.key} ${key}`, `${before.written} ${written}`);
    before = { key, written };
  }
  return [...terms].map(([key, written]) => ({ key, written }));
}

/** Whether a key is no number and no single letter of an alphabet; a single Chinese character is a word. */
function isWord(key: string): boolean {
  if (!/\p{L}/u.test(key)) return false;
  return key.length > 1 || !/[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(key);
}
