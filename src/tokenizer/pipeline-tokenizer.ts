/**
 * The general path: added tokens, normalizer, pre-tokenizer and model one after the other, as `TokenizerImpl` of
 * Python's `tokenizers` 0.23 does it.
 */
import { type AddedToken, AddedTokenSplitter } from "./added-tokens.ts";
import type { Normalizer } from "./normalizers.ts";
import type { PreTokenizer } from "./pre-tokenizers.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Words in the cache; it is emptied when it is full. */
const cacheSize = 1 << 15;
const longestCachedWord = 64;

export interface WordModel {
  encode(word: string): readonly number[];
  /** Code units of the longest piece. */
  readonly longestPiece: number;
}

export interface PipelineTokenizerOptions {
  readonly addedTokens: readonly AddedToken[];
  readonly normalize: Normalizer;
  readonly preTokenize: PreTokenizer;
  readonly model: WordModel;
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  readonly maxLength: number;
  readonly padId: number;
  readonly vocabularySize: number;
}

export class PipelineTokenizer implements Tokenizer {
  readonly maxLength: number;
  readonly padId: number;
  readonly vocabularySize: number;
  readonly #options: PipelineTokenizerOptions;
  readonly #rawTokens: AddedTokenSplitter;
  readonly #normalizedTokens: AddedTokenSplitter;
  /** Most ids of the text at hand between prefix and suffix. */
  #limit = 0;
  /** Code units of a word that are looked at. */
  #longestWord = 0;
  /** Whether text may be cut before a space without a change to what is on the left. */
  readonly #separable: boolean;
  readonly #cache = new Map<string, readonly number[]>();

  constructor(options: PipelineTokenizerOptions) {
    const { addedTokens, normalize } = options;
    this.maxLength = options.maxLength;
    this.padId = options.padId;
    this.vocabularySize = options.vocabularySize;
    this.#options = options;
    this.#rawTokens = new AddedTokenSplitter(
      addedTokens.filter((token) => !token.normalized),
      (content) => content,
    );
    this.#normalizedTokens = new AddedTokenSplitter(
      addedTokens.filter((token) => token.normalized),
      normalize,
    );
    this.#separable = addedTokens.every(({ content }) => !/\p{White_Space}/u.test(content));
  }

  encode(text: string, maxLength = this.maxLength): Int32Array {
    const { prefix, suffix, model } = this.#options;
    this.#limit = maxLength - prefix.length - suffix.length;
    // `maxLength` ids cover at most this many characters once; the second half keeps the cut away from them. A word
    // that is cached is whole, for texts of another length.
    this.#longestWord = Math.max(longestCachedWord, 2 * maxLength * model.longestPiece);
    const ids = this.#contentIds(text.replace(loneSurrogate, "\ufffd"));
    return Int32Array.from([...prefix, ...ids.slice(0, this.#limit), ...suffix]);
  }

  /**
   * At least the ids wanted. A long text is encoded up to a space, twice as far each time, until it gives enough:
   * no supported normalizer or pre-tokenizer joins or changes what is left of white space because of what follows,
   * so the ids of the part are the first ids of the whole. Not so where an added token itself holds white space.
   */
  #contentIds(text: string): readonly number[] {
    for (let length = 8 * this.#limit + 8; this.#separable && length < text.length; length *= 2) {
      const cut = startOfSpace(text, length);
      if (cut === undefined) break;
      const ids = this.#encodeAll(text.slice(0, cut));
      if (ids.length >= this.#limit) return ids;
      length = Math.max(length, cut);
    }
    return this.#encodeAll(text);
  }

  #encodeAll(text: string): readonly number[] {
    const { normalize, preTokenize } = this.#options;
    const ids: number[] = [];
    for (const raw of this.#rawTokens.split(text)) {
      if (typeof raw === "number") {
        ids.push(raw);
        continue;
      }
      for (const section of this.#normalizedTokens.split(normalize(raw))) {
        if (typeof section === "number") {
          ids.push(section);
          continue;
        }
        for (const word of preTokenize(section)) {
          if (ids.length >= this.#limit) return ids;
          for (const id of this.#wordIds(word)) ids.push(id);
        }
      }
    }
    return ids;
  }

  #wordIds(word: string): readonly number[] {
    const known = this.#cache.get(word);
    if (known !== undefined) return known;
    // A word beyond any sense is cut. What is cut off lies so far behind the last id wanted that no merge or
    // better path was ever seen to reach back; Python would spend minutes on it.
    const ids = this.#options.model.encode(word.slice(0, this.#longestWord));
    if (word.length <= longestCachedWord) {
      if (this.#cache.size >= cacheSize) this.#cache.clear();
      // Spelled anew: a slice would keep the text that it was cut from.
      this.#cache.set([...word].join(""), ids);
    }
    return ids;
  }
}

const loneSurrogate = /\p{Surrogate}/gu;

/** The first space at or after `from` that has no white space before it, or undefined. */
function startOfSpace(text: string, from: number): number | undefined {
  for (let index = text.indexOf(" ", from); index >= 0; index = text.indexOf(" ", index + 1)) {
    if (!/\p{White_Space}/u.test(text[index - 1]!)) return index;
  }
  return undefined;
}
