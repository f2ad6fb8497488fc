/** The terms of a text: its words, and each two that stand side by side. */
import type { StopWords } from "./stop-words.ts";

/** Of a longer text this much is looked at. */
const lookedAt = 10_000;

/** Built once: it is slow to make. */
export function wordSegmenter(): Intl.Segmenter {
  return new Intl.Segmenter(undefined, { granularity: "word" });
}

/**
 * Words as they are written, without apostrophes' endings ("India's" is India), numbers and single letters; `undefined`
 * where punctuation ends a phrase.
 */
export function wordsOf(text: string, segmenter: Intl.Segmenter): (string | undefined)[] {
  const words: (string | undefined)[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text.slice(0, lookedAt))) {
    if (isWordLike) words.push(segment.replaceAll("’", "'").replace(/'s$/i, ""));
    else if (segment.trim() !== "" && segment !== "-") words.push(undefined);
  }
  return words;
}

export interface Term {
  /** Lower case: what counts as the same. */
  readonly key: string;
  readonly written: string;
}

/** Each once, however often the text has it. */
export function termsOf(words: readonly (string | undefined)[], stopWords: StopWords): Term[] {
  const terms = new Map<string, string>();
  let before: Term | undefined;
  for (const written of words) {
    const key = written?.toLowerCase();
    if (written === undefined || key === undefined || !isTelling(key) || stopWords.has(key)) {
      before = undefined;
      continue;
    }
    terms.set(key, written);
    if (before && before.key !== key) terms.set(`${before.key} ${key}`, `${before.written} ${written}`);
    before = { key, written };
  }
  return [...terms].map(([key, written]) => ({ key, written }));
}

/** No number, and no single letter of an alphabet: one of Chinese is a word. */
function isTelling(key: string): boolean {
  if (!/\p{L}/u.test(key)) return false;
  return key.length > 1 || !/[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(key);
}
