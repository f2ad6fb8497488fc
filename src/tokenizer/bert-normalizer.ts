/**
 * BERT's normalizer and pre-tokenizer on one word: what the fast path does with a word that is not plain ASCII, and
 * the whole of it for a text. Follows `BertNormalizer` and `BertPreTokenizer` of Python's `tokenizers` 0.23.
 */
import { accentMarks, characterClass, characterClasses, lowercase, normalizeUnicode } from "./character-classes.ts";

export interface BertNormalizerOptions {
  readonly cleanText: boolean;
  readonly splitChinese: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

export class BertNormalizer {
  readonly options: BertNormalizerOptions;
  /** Class of each code point, see `characterClass`. */
  readonly classes: Uint8Array;
  readonly #accents: Uint8Array;

  constructor(options: BertNormalizerOptions) {
    this.options = options;
    this.classes = characterClasses(options);
    this.#accents = accentMarks();
  }

  /** The whole normalizer. */
  normalize(text: string): string {
    let spaced = "";
    for (const character of text) {
      const kind = this.classes[character.codePointAt(0)!];
      if (kind === characterClass.single) spaced += ` ${character} `;
      else if (kind === characterClass.space && this.options.cleanText) spaced += " ";
      else if (kind !== characterClass.removed) spaced += character;
    }
    return this.normalizeWord(spaced);
  }

  /** The steps after the ones that `classes` tell of: accents and case. */
  normalizeWord(word: string): string {
    let result = word;
    if (this.options.stripAccents) {
      result = "";
      for (const character of normalizeUnicode(word, "NFD")) {
        if (this.#accents[character.codePointAt(0)!] === 0) result += character;
      }
    }
    return this.options.lowercase ? lowercase(result) : result;
  }
}

/** Words of normalized text: white space parts them, a punctuation character is one of its own. */
export function* bertPreTokenize(text: string, classes: Uint8Array): Generator<string> {
  let start = 0;
  let index = 0;
  for (const character of text) {
    const kind = classes[character.codePointAt(0)!];
    const next = index + character.length;
    if (kind === characterClass.space || kind === characterClass.punctuation) {
      if (index > start) yield text.slice(start, index);
      if (kind === characterClass.punctuation) yield character;
      start = next;
    }
    index = next;
  }
  if (index > start) yield text.slice(start);
}
