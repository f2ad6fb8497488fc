/**
 * SentencePiece's compiled normalization rules, as in the `Precompiled` normalizer of XLM-RoBERTa's tokenizer.json:
 * a double-array trie over UTF-8 bytes, then the replacements, each ended by a zero byte. Follows the crate
 * `spm_precompiled` and its use in Python's `tokenizers` 0.23, quirks included: a character group of less than 6
 * bytes is replaced as a whole by the rule of its shortest prefix.
 */
import { HpdError } from "../errors.ts";

/** Made when it is needed: the first one of a process takes 18 ms. */
let graphemes: Intl.Segmenter | undefined;

const isPrintableAscii = /^[ -~]*$/;

export class PrecompiledNormalizer {
  readonly #trie: DataView;
  readonly #replacements: Uint8Array;
  readonly #cache = new Map<string, string | undefined>();
  /** Whether no rule is for a printable ASCII character, as usual. Each of them is a grapheme of its own. */
  readonly #leavesAscii: boolean;

  /** @throws HpdError `corrupt_file` where the rules are cut. */
  constructor(charsmap: string) {
    let bytes: Uint8Array;
    try {
      bytes = Uint8Array.from(atob(charsmap), (character) => character.charCodeAt(0));
    } catch (cause) {
      throw new HpdError("corrupt_file", "tokenizer.json: precompiled_charsmap should be base64", { cause });
    }
    const size = bytes.length < 4 ? -1 : new DataView(bytes.buffer).getUint32(0, true);
    if (size < 4 || size % 4 !== 0 || size + 4 > bytes.length) {
      throw new HpdError("corrupt_file", `tokenizer.json: precompiled_charsmap of ${bytes.length} bytes is cut`);
    }
    this.#trie = new DataView(bytes.buffer, 4, size);
    this.#replacements = bytes.subarray(4 + size);
    requireShort(this.#replacements);
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));
    this.#leavesAscii = printable.every((character) => this.#replacement(character) === undefined);
  }

  normalize(text: string): string {
    if (this.#leavesAscii && isPrintableAscii.test(text)) return text;
    graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
    let result = "";
    for (const { segment } of graphemes.segment(text)) {
      const whole = utf8Length(segment) < 6 ? this.#replacement(segment) : undefined;
      if (whole !== undefined) result += whole;
      else if (segment.length === 1) result += segment;
      else for (const character of segment) result += this.#replacement(character) ?? character;
    }
    return result;
  }

  #replacement(piece: string): string | undefined {
    if (this.#cache.has(piece)) return this.#cache.get(piece);
    const start = this.#shortestMatch(new TextEncoder().encode(piece));
    let found: string | undefined;
    if (start !== undefined) {
      const end = this.#replacements.indexOf(0, start);
      found = new TextDecoder().decode(this.#replacements.subarray(start, end < 0 ? undefined : end));
    }
    if (this.#cache.size >= 4096) this.#cache.clear();
    this.#cache.set(piece, found);
    return found;
  }

  #shortestMatch(bytes: Uint8Array): number | undefined {
    let node = offset(this.#unit(0));
    for (const byte of bytes) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = this.#unit(node);
      // The label of a unit: a leaf, whose highest bit is set, has none that a byte could equal.
      if ((unit & 0x800000ff) !== byte) return undefined;
      node ^= offset(unit);
      if ((unit >>> 8) & 1) return this.#unit(node) & 0x7fffffff;
    }
    return undefined;
  }

  /** A unit of the trie. A damaged one may point outside, where no unit has a label, so that the search ends. */
  #unit(index: number): number {
    const position = index * 4;
    return index >= 0 && position < this.#trie.byteLength ? this.#trie.getUint32(position, true) : 0x80000000;
  }
}

/** Far above the 54 bytes that the longest replacement of Unicode has. */
const maxReplacementLength = 1000;

/** Maximum length of a replacement: with megabytes for a character, a short text would fill the memory. */
function requireShort(replacements: Uint8Array): void {
  let start = 0;
  for (let end = 0; end <= replacements.length; end++) {
    if (end < replacements.length && replacements[end] !== 0) continue;
    if (end - start > maxReplacementLength) {
      throw new HpdError(
        "unsupported",
        `tokenizer.json: a precompiled_charsmap with a replacement of ${end - start} bytes is not supported: ` +
          `at most ${maxReplacementLength}`,
      );
    }
    start = end + 1;
  }
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}
