/**
 * The values of a JSON file that are rows: the items of an array, or values one after the other, as in JSONL but on any
 * number of lines. One is in memory at a time, as text: what is between its ends is for `JSON.parse` to judge.
 */
import { HpdError } from "../errors.ts";
import { maxLineLength } from "./utf8.ts";

export interface JsonText {
  readonly text: string;
  /** Lines of the file, counted from 1; the last one included. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/**
 * - `start`: nothing has come yet; `next`: a value may begin, without an array around; `ended`: the array is closed
 * - `first`, `item`, `comma`: in the array, where an item or its end, an item, a comma or its end has to come
 * - `text`, `nested`, `plain`: in a string, in an object or array, in a number or a word
 */
type State = "start" | "next" | "ended" | "first" | "item" | "comma" | "text" | "nested" | "plain";

export class JsonSplitter {
  readonly #name: string;
  #state: State = "start";
  #inArray = false;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** The parts of the value in earlier pieces. */
  #parts: string[] = [];
  #size = 0;
  #line = 1;
  #firstLine = 1;

  /** @param name of the file, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /** @throws HpdError `corrupt_file` where no value can be */
  *read(piece: string): Generator<JsonText, void, undefined> {
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const character = piece[at]!;
      if (this.#state === "plain") {
        if (!isSpace(character) && character !== "," && character !== "]") continue;
        yield this.#endValue(piece.slice(start, at));
      } else if (this.#isInside()) {
        if (character === "\n") this.#line++;
        if (this.#follow(character)) yield this.#endValue(piece.slice(start, at + 1));
        continue;
      }
      if (character === "\n") this.#line++;
      if (isSpace(character) || !this.#begin(character)) continue;
      start = at;
      this.#firstLine = this.#line;
      this.#size = 0;
    }
    if (!this.#isInside()) return;
    this.#parts.push(piece.slice(start));
    this.#size += piece.length - start;
    if (this.#size > maxLineLength) throw this.#corrupt(this.#firstLine, `longer than ${maxLineLength} characters`);
  }

  /** @throws HpdError `corrupt_file` where a value or the array has no end */
  *end(): Generator<JsonText, void, undefined> {
    if (this.#state === "plain" && !this.#inArray) yield this.#endValue("");
    else if (this.#isInside()) throw this.#corrupt(this.#firstLine, "not JSON: a value has no end");
    else if (this.#inArray) throw this.#corrupt(this.#line, "not JSON: the array has no end");
  }

  #isInside(): boolean {
    return this.#state === "text" || this.#state === "nested" || this.#state === "plain";
  }

  /** One character more of a string, an object or an array. @returns whether it is the last one */
  #follow(character: string): boolean {
    if (this.#isEscaped) {
      this.#isEscaped = false;
    } else if (this.#inString) {
      if (character === "\\") this.#isEscaped = true;
      if (character === '"') this.#inString = false;
      return character === '"' && this.#depth === 0;
    } else if (character === '"') {
      this.#inString = true;
    } else if (character === "{" || character === "[") {
      this.#depth++;
    } else if (character === "}" || character === "]") {
      return --this.#depth === 0;
    }
    return false;
  }

  /** A character that is in no value. @returns whether a value begins with it */
  #begin(character: string): boolean {
    const state = this.#state;
    if (state === "start" && character === "[") {
      this.#inArray = true;
      this.#state = "first";
      return false;
    }
    if (character === "]" && (state === "first" || state === "comma")) {
      this.#inArray = false;
      this.#state = "ended";
      return false;
    }
    if (character === "," && state === "comma") {
      this.#state = "item";
      return false;
    }
    if (state === "ended") throw this.#corrupt(this.#line, "not JSON: something follows the end of the array");
    if (state === "comma" || ",]}".includes(character)) {
      const expected = state === "comma" ? "a comma or the end of the array" : "a value";
      throw this.#corrupt(this.#line, `not JSON: expected ${expected}, got ${JSON.stringify(character)}`);
    }
    this.#inString = character === '"';
    this.#depth = character === "{" || character === "[" ? 1 : 0;
    this.#state = this.#inString ? "text" : this.#depth > 0 ? "nested" : "plain";
    return true;
  }

  #endValue(rest: string): JsonText {
    const text = this.#parts.join("") + rest;
    this.#parts = [];
    this.#state = this.#inArray ? "comma" : "next";
    return { text, firstLine: this.#firstLine, lastLine: this.#line };
  }

  #corrupt(line: number, problem: string): HpdError {
    return new HpdError("corrupt_file", `${this.#name}, line ${line}: ${problem}`);
  }
}

function isSpace(character: string): boolean {
  return character === " " || character === "\n" || character === "\r" || character === "\t";
}
