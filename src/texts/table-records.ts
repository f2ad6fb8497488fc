/**
 * The records of CSV and TSV, as Python's `csv` and pandas divide them: a record ends in LF, CRLF or CR, each for
 * itself, since a file may come from several systems; a cell that begins with a quotation mark goes on to the next
 * single one, line ends included, and what stands behind that is a part of it. Lines with nothing on them are no
 * records.
 *
 * Own code, because csv-parse takes one kind of line end for the whole file, or counts lines wrongly with several, and
 * stops at the first record that is not as it should be.
 */
import { HpdError } from "../errors.ts";
import { maxLineLength } from "./utf8.ts";

export interface TableRecord {
  /** The cells, at most one more than `mostCells`. */
  readonly cells: readonly string[];
  /** The record as it came, without the line end. */
  readonly raw: string;
  /** Lines of the file, counted from 1; the last one included. */
  readonly firstLine: number;
  readonly lastLine: number;
}

type State = "recordStart" | "cellStart" | "cell" | "quoted" | "quoteInQuoted";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quotationMark = 0x22;

export class TableParser {
  /** Further cells of a record are not kept. */
  mostCells = 100_000;
  readonly #name: string;
  readonly #delimiter: number;
  readonly #hasQuotes: boolean;
  #state: State = "recordStart";
  #cells: string[] = [];
  /** The parts of the cell and of the record in earlier pieces. */
  #cell: string[] = [];
  #raw: string[] = [];
  #size = 0;
  #line = 1;
  #firstLine = 1;
  #quoteLine = 1;
  #afterReturn = false;

  /** @param name of the file, for messages */
  constructor(name: string, delimiter: "," | "\t", hasQuotes: boolean) {
    this.#name = name;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#hasQuotes = hasQuotes;
  }

  /** @throws HpdError `corrupt_file` for a record that is longer than any text */
  *read(piece: string): Generator<TableRecord, void, undefined> {
    let cellStart = 0;
    let recordStart = 0;
    for (let at = 0; at < piece.length; at++) {
      const unit = piece.charCodeAt(at);
      const isSecondHalf = unit === lineFeed && this.#afterReturn;
      const isLineEnd = unit === lineFeed || unit === carriageReturn;
      this.#afterReturn = unit === carriageReturn;
      if (isLineEnd && !isSecondHalf) this.#line++;
      if (this.#state === "quoted") {
        if (unit !== quotationMark) continue;
        this.#cell.push(piece.slice(cellStart, at));
        cellStart = at + 1;
        this.#state = "quoteInQuoted";
      } else if (isLineEnd) {
        if (this.#state !== "recordStart") {
          this.#endCell(piece.slice(cellStart, at));
          this.#raw.push(piece.slice(recordStart, at));
          yield this.#endRecord(this.#line - 1);
        }
        this.#firstLine = this.#line;
        this.#size = 0;
        cellStart = at + 1;
        recordStart = at + 1;
      } else if (unit === this.#delimiter) {
        this.#endCell(piece.slice(cellStart, at));
        cellStart = at + 1;
        this.#state = "cellStart";
      } else if (unit === quotationMark && this.#hasQuotes && this.#state !== "cell") {
        // The second of two stands for one, which is the first character of what follows.
        if (this.#state !== "quoteInQuoted") {
          this.#quoteLine = this.#line;
          cellStart = at + 1;
        }
        this.#state = "quoted";
      } else {
        this.#state = "cell";
      }
    }
    this.#cell.push(piece.slice(cellStart));
    this.#raw.push(piece.slice(recordStart));
    this.#size += piece.length - recordStart;
    if (this.#state === "quoted" && this.#size > maxLineLength) throw this.#unclosed();
    if (this.#size > maxLineLength) throw this.#corrupt(this.#firstLine, `longer than ${maxLineLength} characters`);
  }

  /** @throws HpdError `corrupt_file` where a quotation mark is not closed */
  *end(): Generator<TableRecord, void, undefined> {
    if (this.#state === "quoted") throw this.#unclosed();
    if (this.#state === "recordStart") return;
    this.#endCell("");
    yield this.#endRecord(this.#line);
  }

  #endCell(rest: string): void {
    if (this.#cells.length <= this.mostCells) this.#cells.push(this.#cell.join("") + rest);
    this.#cell = [];
  }

  #endRecord(lastLine: number): TableRecord {
    const record = { cells: this.#cells, raw: this.#raw.join(""), firstLine: this.#firstLine, lastLine };
    this.#cells = [];
    this.#raw = [];
    this.#state = "recordStart";
    return record;
  }

  #unclosed(): HpdError {
    return this.#corrupt(this.#quoteLine, "a cell begins with a quotation mark that is never closed");
  }

  #corrupt(line: number, problem: string): HpdError {
    return new HpdError("corrupt_file", `${this.#name}, line ${line}: ${problem}`);
  }
}
