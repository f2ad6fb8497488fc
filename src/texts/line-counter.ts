/**
 * The line of a text at which reading has come, piece by piece. A line ends in LF or CRLF and, in tables, in CR alone,
 * too.
 */

export class LineCounter {
  /** The line of what comes next, counted from 1. */
  line = 1;
  /** UTF-16 code units of that line so far. */
  length = 0;
  readonly #isReturnEnd: boolean;
  #afterReturn = false;

  constructor(isReturnEnd: boolean) {
    this.#isReturnEnd = isReturnEnd;
  }

  count(piece: string): void {
    let lastEnd = -1;
    if (this.#isReturnEnd && (this.#afterReturn || piece.includes("\r"))) {
      for (let at = 0; at < piece.length; at++) {
        const unit = piece.charCodeAt(at);
        // The second half of a CRLF ends no second line.
        if (unit === carriageReturn || (unit === lineFeed && !this.#afterReturn)) this.line++;
        if (unit === carriageReturn || unit === lineFeed) lastEnd = at;
        this.#afterReturn = unit === carriageReturn;
      }
    } else {
      for (let at = piece.indexOf("\n"); at >= 0; at = piece.indexOf("\n", at + 1)) {
        this.line++;
        lastEnd = at;
      }
    }
    this.length = lastEnd < 0 ? this.length + piece.length : piece.length - lastEnd - 1;
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
