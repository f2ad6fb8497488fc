/**
 * The general path: added tokens, normalizer, pre-tokenizer and model one after the other, as `TokenizerImpl` of
 * Python's `tokenizers` 0.23 does it.
 */
import { type AddedToken, AddedTokenSplitter } from "./added-token-splitter.ts";
import { BaseTokenizer, type BaseTokenizerOptions } from "./base-tokenizer.ts";
import { hasWhiteSpace, isWhiteSpace } from "./character-classes.ts";
import { type EncodedPair, encodePair } from "./encode-pair.ts";
import type { Normalizer } from "./normalizers.ts";
import type { PreTokenizer } from "./pre-tokenizers.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Maximum words of the cache, which is emptied when it is full. */
const cacheSize = 1 << 15;
const maxCachedWordLength = 64;

export interface WordModel {
  /** Ids of a word: all, or the first ones, at least `limit` of them. */
  encode(word: string, limit: number): readonly number[];
}

export interface PipelineTokenizerOptions extends BaseTokenizerOptions {
  readonly normalize: Normalizer;
  readonly preTokenize: PreTokenizer;
  /** Whether no id depends on what follows the next space. */
  readonly isSeparable: boolean;
  readonly model: WordModel;
  /** The end of a long text that is cut off. */
  readonly truncationSide: "left" | "right";
  /** Whether special tokens in a text are treated as plain text. */
  readonly splitSpecialTokens: boolean;
}

export class PipelineTokenizer extends BaseTokenizer implements Tokenizer {
  readonly #options: PipelineTokenizerOptions;
  readonly #rawTokens: AddedTokenSplitter;
  readonly #normalizedTokens: AddedTokenSplitter;
  /** Whether the ids of a text up to a space do not depend on what follows. */
  readonly #separable: boolean;
  readonly #cache = new Map<string, readonly number[]>();

  constructor(options: PipelineTokenizerOptions) {
    super(options);
    const { addedTokens, normalize, splitSpecialTokens } = options;
    this.#options = options;
    const passedOver = ({ special }: AddedToken): boolean => splitSpecialTokens && special;
    const raw = addedTokens.filter((token) => !token.normalized);
    const normalized = addedTokens.filter((token) => token.normalized);
    this.#rawTokens = new AddedTokenSplitter(raw, (content) => content, passedOver);
    this.#normalizedTokens = new AddedTokenSplitter(normalized, normalize, passedOver);
    this.#separable =
      options.isSeparable && ![...this.#rawTokens.spellings, ...this.#normalizedTokens.spellings].some(hasWhiteSpace);
  }

  encode(text: string, maxLength = this.maxLength): Int32Array {
    const { prefix, suffix, truncationSide } = this.#options;
    const limit = maxLength - prefix.length - suffix.length;
    const whole = withoutLoneSurrogates(text);
    const ids =
      truncationSide === "right"
        ? this.#firstIds(whole, limit).slice(0, limit)
        : lastOf(this.#contentIds(whole, Number.POSITIVE_INFINITY), limit);
    const result = new Int32Array(prefix.length + ids.length + suffix.length);
    result.set(prefix);
    result.set(ids, prefix.length);
    result.set(suffix, prefix.length + ids.length);
    return result;
  }

  encodePair(first: string, second: string, maxLength = this.maxLength): EncodedPair {
    const { pairTemplate, tokenTypes, truncationSide } = this.#options;
    const contentIds = (text: string, limit: number) => this.#firstIds(withoutLoneSurrogates(text), limit);
    return encodePair({ template: pairTemplate, tokenTypes, truncationSide, contentIds }, first, second, maxLength);
  }

  /**
   * The first ids of a text, at least `limit` of them. A long text is encoded up to a space, twice as far each time,
   * until that gives enough: no supported normalizer or pre-tokenizer changes text before white space because of what
   * follows, so the ids of the part are the first ids of the whole, unless an added token itself contains white space.
   */
  #firstIds(text: string, limit: number): readonly number[] {
    for (let length = 8 * limit + 64; this.#separable && length < text.length; length *= 2) {
      const cut = startOfSpace(text, length);
      if (cut === undefined) break;
      const ids = this.#contentIds(text.slice(0, cut), limit);
      if (ids.length >= limit) return ids;
      length = Math.max(length, cut);
    }
    return this.#contentIds(text, limit);
  }

  /** All ids, or the first ones, at least `limit` of them. */
  #contentIds(text: string, limit: number): readonly number[] {
    const { normalize, preTokenize } = this.#options;
    const ids: number[] = [];
    let isFirst = true;
    for (const raw of this.#rawTokens.split(text)) {
      if (ids.length >= limit) return ids;
      if (typeof raw === "number") {
        isFirst = false;
        ids.push(raw);
        continue;
      }
      for (const section of this.#normalizedTokens.split(normalize(raw))) {
        if (ids.length >= limit) return ids;
        if (typeof section === "number") {
          isFirst = false;
          ids.push(section);
          continue;
        }
        for (const word of preTokenize(section, isFirst)) {
          if (ids.length >= limit) return ids;
          for (const id of this.#wordIds(word, limit - ids.length)) ids.push(id);
        }
        isFirst = false;
      }
    }
    return ids;
  }

  #wordIds(word: string, limit: number): readonly number[] {
    const { model } = this.#options;
    if (word.length > maxCachedWordLength) return model.encode(word, limit);
    const known = this.#cache.get(word);
    if (known !== undefined) return known;
    const ids = model.encode(word, Number.POSITIVE_INFINITY);
    if (this.#cache.size >= cacheSize) this.#cache.clear();
    // A copy: a slice would keep the text that it was cut from.
    this.#cache.set([...word].join(""), ids);
    return ids;
  }
}

const loneSurrogate = /\p{Surrogate}/gu;

function withoutLoneSurrogates(text: string): string {
  return text.replace(loneSurrogate, "\ufffd");
}

/** Characters that form one grapheme with whatever follows, even a space (`Grapheme_Cluster_Break=Prepend`). */
const prepended =
  /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u{110bd}\u{110cd}\u{111c2}\u{111c3}\u{113d1}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]/u;

function lastOf(ids: readonly number[], count: number): readonly number[] {
  return count >= ids.length ? ids : ids.slice(ids.length - count);
}

/** The first space at or after `from` that has no white space before it, or undefined. */
function startOfSpace(text: string, from: number): number | undefined {
  for (let index = text.indexOf(" ", from); index >= 0; index = text.indexOf(" ", index + 1)) {
    if (!isWhiteSpace(text.charCodeAt(index - 1)) && !prepended.test(text.slice(index - 2, index))) return index;
  }
  return undefined;
}
