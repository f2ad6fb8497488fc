/**
 * GPT-2's pre-tokenizer: words by a pattern, each spelled in letters that stand for its bytes. Follows `ByteLevel` of
 * Python's `tokenizers` 0.23.
 */
import { isWhiteSpace } from "./character-classes.ts";
import { inUnicode16 } from "./unicode-16.ts";

/** The kinds of characters in the pattern. */
const kinds = { letter: 1, digit: 2, space: 3, other: 4 } as const;

/** The kind of each code point, 0 where none was looked for yet. All tokenizers of a process share it. */
let kindOf: Uint8Array | undefined;
const isLetter = /\p{L}/u;
const isDigit = /\p{N}/u;

const plainWord = /^ ?[!-~]*$/;

const contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

export class ByteLevel {
  readonly #letters = Uint16Array.from(byteLetters(), (letter) => letter.charCodeAt(0));
  readonly #spaceLetter = String.fromCharCode(this.#letters[0x20]!);
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder("utf-16le");

  /**
   * The words that the pattern gives, each spelled in the letters of its bytes:
   *
   *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
   *
   * An engine keeps an entry on its stack for each character of such a run, and a long one is more than that holds.
   */
  *words(text: string): Generator<string> {
    for (let start = 0; start < text.length; ) {
      const end = this.#wordEnd(text, start);
      yield this.spell(text.slice(start, end));
      start = end;
    }
  }

  /** A word in the letters of its bytes. */
  spell(word: string): string {
    // Most words: all stand for themselves but a space before them.
    if (plainWord.test(word)) return word.startsWith(" ") ? this.#spaceLetter + word.slice(1) : word;
    const bytes = this.#encoder.encode(word);
    const units = new Uint16Array(bytes.length);
    for (let index = 0; index < bytes.length; index++) units[index] = this.#letters[bytes[index]!]!;
    if (units.length < 64) return String.fromCharCode(...units);
    return this.#decoder.decode(units);
  }

  #wordEnd(text: string, start: number): number {
    const contraction = text[start] === "'" && contractions.find((each) => text.startsWith(each, start));
    if (contraction) return start + contraction.length;
    const first = text[start] === " " && start + 1 < text.length ? start + 1 : start;
    const kind = this.#kindAt(text, first);
    if (kind !== kinds.space) return this.#runEnd(text, first, kind);
    let end = start + 1;
    while (end < text.length && isWhiteSpace(text.charCodeAt(end))) end++;
    // The last white space before a word is left to it.
    return end < text.length && end - start > 1 ? end - 1 : end;
  }

  #runEnd(text: string, start: number, kind: number): number {
    let end = start;
    while (end < text.length && this.#kindAt(text, end) === kind) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
    return end;
  }

  #kindAt(text: string, index: number): number {
    const code = text.codePointAt(index)!;
    kindOf ??= new Uint8Array(0x110000);
    const known = kindOf[code]!;
    if (known !== 0) return known;
    const character = inUnicode16(String.fromCodePoint(code));
    const kind = isWhiteSpace(code)
      ? kinds.space
      : isLetter.test(character)
        ? kinds.letter
        : isDigit.test(character)
          ? kinds.digit
          : kinds.other;
    kindOf[code] = kind;
    return kind;
  }
}

/** GPT-2's letter for each byte: printable Latin-1 stands for itself, the rest for U+0100 and on. */
export function byteLetters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
}
