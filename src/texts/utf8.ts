/** Bytes as text: strict UTF-8, because a file in another encoding would give vectors of other words. */
import { HpdError } from "../errors.ts";
import { LineCounter } from "./line-counter.ts";

/** UTF-16 code units of a line: a longer one is no text that anything here has a use for, and would fill the memory. */
export const maxLineLength = 64 * 1024 * 1024;

/** A byte-order mark at the beginning is no part of the text. */
export class Utf8Decoder {
  readonly #name: string;
  readonly #lines: LineCounter;
  /** The beginning of a character whose other bytes are to come. */
  #cut: Uint8Array = new Uint8Array();
  #isFirst: boolean;

  /** @param isStart whether it is the beginning of a file that comes first */
  constructor(name: string, isReturnEnd: boolean, isStart = true) {
    this.#name = name;
    this.#isFirst = isStart;
    this.#lines = new LineCounter(isReturnEnd);
  }

  /**
   * The text of the next bytes, as far as it is sound; what isn't ends in an error when all before it was taken.
   *
   * @throws HpdError `corrupt_file` with the line
   */
  *decode(chunk: Uint8Array): Generator<string, void, undefined> {
    const bytes = this.#cut.length === 0 ? chunk : Buffer.concat([this.#cut, chunk]);
    if (this.#isFirst && bytes.length > 1 && (isUtf16(bytes) || isUtf16(bytes.subarray(0, 2).toReversed()))) {
      throw this.#corrupt("it is UTF-16: save it as UTF-8");
    }
    const end = bytes.length - cutCharacter(bytes);
    this.#cut = bytes.slice(end);
    const whole = bytes.subarray(0, end);
    const piece = strict(whole);
    yield* this.#checked(piece ?? strict(whole.subarray(0, soundLength(whole)))!);
    if (piece === undefined) throw this.#corrupt("not UTF-8 text: save it as UTF-8");
  }

  /** @throws HpdError `corrupt_file` where the last character lacks bytes */
  end(): void {
    if (this.#cut.length > 0) throw this.#corrupt("not UTF-8 text, its last character is cut");
  }

  *#checked(decoded: string): Generator<string, void, undefined> {
    const piece = this.#isFirst && decoded.startsWith("\ufeff") ? decoded.slice(1) : decoded;
    if (decoded !== "") this.#isFirst = false;
    const nul = piece.indexOf("\0");
    const text = nul < 0 ? piece : piece.slice(0, nul);
    this.#lines.count(text);
    if (nul >= 0) throw this.#corrupt("not a text file, it holds a NUL character");
    if (this.#lines.length > maxLineLength) throw this.#corrupt(`is longer than ${maxLineLength} characters`);
    if (text !== "") yield text;
  }

  #corrupt(problem: string): HpdError {
    return new HpdError("corrupt_file", `${this.#name}, line ${this.#lines.line}: ${problem}`);
  }
}

function isUtf16(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xfe;
}

/** @returns undefined where it is no UTF-8 */
function strict(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes of a character at the end that lacks others; 0 where there is none, or what stands there is no UTF-8. */
function cutCharacter(bytes: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const byte = bytes[bytes.length - length]!;
    if (byte >= 0xc0) return length < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? length : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/** The number of bytes before the first invalid character of invalid UTF-8, by bisection. */
function soundLength(bytes: Uint8Array): number {
  let sound = 0;
  let unsound = bytes.length;
  while (unsound - sound > 1) {
    const middle = (sound + unsound) >> 1;
    const part = bytes.subarray(0, middle);
    if (strict(part.subarray(0, middle - cutCharacter(part))) !== undefined) sound = middle;
    else unsound = middle;
  }
  return sound - cutCharacter(bytes.subarray(0, sound));
}
