/**
 * The fast path for BERT's tokenizers: BertNormalizer, BertPreTokenizer, WordPiece and special tokens around, in one
 * pass over the text that stops with the last id wanted. It takes a word from the text as it stands, looks it up in
 * a cache, and normalizes only a word that the cache lacks.
 *
 * That equals normalizing the whole text first: white space, removed characters, ideographs and punctuation are
 * classified by the raw characters, decomposition and case act inside a word only, and a word in which they create a
 * boundary (`≮` decomposes to `<` and a stroke) is split again.
 */
import type { AddedToken } from "./added-token-splitter.ts";
import { BaseTokenizer, type BaseTokenizerOptions } from "./base-tokenizer.ts";
import { type BertNormalizer, bertPreTokenize } from "./bert-normalizer.ts";
import { characterClass } from "./character-classes.ts";
import { type EncodedPair, encodePair } from "./encode-pair.ts";
import type { PairTemplate } from "./pair-template.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { Trie } from "./trie.ts";
import type { WordPiece } from "./word-piece.ts";

/**
 * The word cache: `cacheSize` slots, a word replacing the one that was in its slot, so that it needs no bookkeeping.
 * Two flat arrays, a length and then the units or ids, because following pointers took most of the time.
 */
const cacheSize = 1 << 16;
const slotUnits = 16;
const slotIds = 8;

export interface WordPieceTokenizerOptions extends BaseTokenizerOptions {
  readonly normalizer: BertNormalizer;
  readonly model: WordPiece;
  /** Added tokens, none normalized or `single_word`, each starting with ASCII punctuation. */
  readonly addedTokens: readonly AddedToken[];
}

export class WordPieceTokenizer extends BaseTokenizer implements Tokenizer {
  readonly #normalizer: BertNormalizer;
  readonly #model: WordPiece;
  readonly #suffix: readonly number[];
  readonly #prefixLength: number;
  readonly #pairTemplate: () => PairTemplate;
  readonly #tokenTypes: boolean;
  /** Maximum ids of the current text before the suffix. */
  #limit = 0;
  /** The added tokens, by their indices in the options. */
  readonly #search = new Trie();
  readonly #addedTokens: readonly AddedToken[];
  readonly #cachedWords = new Uint16Array(cacheSize * slotUnits);
  readonly #cachedIds = new Int32Array(cacheSize * slotIds);
  /** The ids of the current text, and their number. */
  #ids = new Int32Array(64);
  #count = 0;

  constructor(options: WordPieceTokenizerOptions) {
    super(options);
    this.#normalizer = options.normalizer;
    this.#model = options.model;
    this.#suffix = options.suffix;
    this.#prefixLength = options.prefix.length;
    this.#pairTemplate = options.pairTemplate;
    this.#tokenTypes = options.tokenTypes;
    for (const id of options.prefix) this.#append(id);
    this.#addedTokens = options.addedTokens;
    for (const [index, { content }] of options.addedTokens.entries()) this.#search.add(content, index);
  }

  encode(text: string, maxLength = this.maxLength): Int32Array {
    const { classes } = this.#normalizer;
    const limit = maxLength - this.#suffix.length;
    this.#limit = limit;
    this.#count = this.#prefixLength;
    let start = 0;
    let hash = 0;
    // What came before removed characters inside the current word.
    let head = "";
    let position = 0;
    const { length } = text;
    while (position < length && this.#count < limit) {
      let code = text.charCodeAt(position);
      let width = 1;
      if (code >= 0xd800 && code < 0xe000) {
        code = text.codePointAt(position)!;
        if (code >= 0x10000) width = 2;
        else if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
      }
      const kind = classes[code]!;
      if (kind === characterClass.word) {
        hash = (Math.imul(hash, 31) + code) | 0;
        position += width;
        continue;
      }
      if (kind === characterClass.removed) {
        head += text.slice(start, position);
        position += width;
        start = position;
        continue;
      }
      if (head !== "") this.#pushWord(head + text.slice(start, position));
      else if (position > start) this.#pushSlice(text, start, position, hash);
      if (kind !== characterClass.space) {
        const added = this.#addedAt(text, position);
        if (added !== undefined) {
          this.#push(added.id);
          width = added.content.length;
        } else {
          this.#pushSlice(text, position, position + width, code);
        }
      }
      position += width;
      start = position;
      head = "";
      hash = 0;
    }
    if (this.#count < limit) {
      if (head !== "") this.#pushWord(head + text.slice(start));
      else if (position > start) this.#pushSlice(text, start, position, hash);
    }
    for (const id of this.#suffix) this.#append(id);
    return this.#ids.slice(0, this.#count);
  }

  encodePair(first: string, second: string, maxLength = this.maxLength): EncodedPair {
    const around = this.#prefixLength + this.#suffix.length;
    const options = {
      template: this.#pairTemplate,
      tokenTypes: this.#tokenTypes,
      truncationSide: "right",
      contentIds: (text: string, limit: number) => {
        const ids = this.encode(text, Math.min(limit + around, Number.MAX_SAFE_INTEGER));
        return ids.subarray(this.#prefixLength, ids.length - this.#suffix.length);
      },
    } as const;
    return encodePair(options, first, second, maxLength);
  }

  /** The longest added token that starts at a position. */
  #addedAt(text: string, position: number): AddedToken | undefined {
    let found = -1;
    let node = 0;
    for (let at = position; at < text.length; at++) {
      node = this.#search.step(node, text.charCodeAt(at));
      if (node < 0) break;
      const index = this.#search.value(node);
      if (index >= 0) found = index;
    }
    return found < 0 ? undefined : this.#addedTokens[found];
  }

  /** The ids of `text.slice(start, end)`, made without that slice where the cache has them. */
  #pushSlice(text: string, start: number, end: number, hash: number): void {
    const slot = (hash ^ (hash >>> 15)) & (cacheSize - 1);
    const length = end - start;
    if (this.#holds(slot, text, start, length)) {
      const first = slot * slotIds + 1;
      const last = first + this.#cachedIds[first - 1]!;
      for (let index = first; index < last; index++) this.#push(this.#cachedIds[index]!);
      return;
    }
    const ids = this.#pushWord(text.slice(start, end));
    if (length >= slotUnits || ids.length >= slotIds) return;
    this.#cachedWords[slot * slotUnits] = length;
    for (let index = 0; index < length; index++) {
      this.#cachedWords[slot * slotUnits + 1 + index] = text.charCodeAt(start + index);
    }
    this.#cachedIds[slot * slotIds] = ids.length;
    this.#cachedIds.set(ids, slot * slotIds + 1);
  }

  #holds(slot: number, text: string, start: number, length: number): boolean {
    const words = this.#cachedWords;
    const first = slot * slotUnits;
    if (words[first] !== length) return false;
    for (let index = 0; index < length; index++) {
      if (words[first + 1 + index] !== text.charCodeAt(start + index)) return false;
    }
    return true;
  }

  #pushWord(word: string): readonly number[] {
    if (isPlain(word)) {
      // Nothing to decompose and nothing to split.
      const ids = this.#model.encode(this.#normalizer.options.lowercase ? word.toLowerCase() : word);
      for (const id of ids) this.#push(id);
      return ids;
    }
    const ids: number[] = [];
    for (const piece of bertPreTokenize(this.#normalizer.normalizeWord(word), this.#normalizer.classes)) {
      // As many as are wanted, and as many as the cache looks at.
      if (ids.length >= slotIds && this.#count + ids.length >= this.#limit) break;
      for (const id of this.#model.encode(piece)) ids.push(id);
    }
    for (const id of ids) this.#push(id);
    return ids;
  }

  #push(id: number): void {
    if (this.#count < this.#limit) this.#append(id);
  }

  #append(id: number): void {
    if (this.#count === this.#ids.length) {
      const longer = new Int32Array(2 * this.#count);
      longer.set(this.#ids);
      this.#ids = longer;
    }
    this.#ids[this.#count++] = id;
  }
}

/** Whether this is one word whatever the normalizer: ASCII letters and digits, or one ASCII character. */
function isPlain(word: string): boolean {
  if (word.length === 1) return word > " " && word <= "~";
  for (let index = 0; index < word.length; index++) {
    const unit = word.charCodeAt(index);
    const lower = unit | 0x20;
    if (!(lower >= 0x61 && lower <= 0x7a && unit < 0x80) && !(unit >= 0x30 && unit <= 0x39)) return false;
  }
  return true;
}
