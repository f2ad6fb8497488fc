/**
 * The search for many strings at once, leftmost first and of those the longest, in time linear in the text whatever
 * the strings: Aho and Corasick's automaton over the text from its end, which tells for each position the longest
 * string that starts there.
 */
import { Automaton } from "./automaton.ts";

export interface Match {
  readonly start: number;
  readonly end: number;
  /** Its number among the strings. */
  readonly pattern: number;
}

export class LeftmostLongest {
  readonly #lengths: readonly number[];
  /** The automaton of the strings from their ends. */
  readonly #automaton: Automaton;
  /** 1 for each code unit that some string ends with. */
  readonly #last = new Uint8Array(0x10000);

  /** @param patterns different from each other, none of them empty */
  constructor(patterns: readonly string[]) {
    this.#lengths = patterns.map(({ length }) => length);
    for (const pattern of patterns) this.#last[pattern.charCodeAt(pattern.length - 1)] = 1;
    this.#automaton = new Automaton(patterns.map(reversed));
    if (this.#lengths.some((length) => length > 1000)) this.#automaton.complete();
  }

  *matches(text: string): Generator<Match> {
    // Positions where a string starts, the last one first.
    const starts: number[] = [];
    const patterns: number[] = [];
    let state = 0;
    for (let index = text.length - 1; index >= 0; index--) {
      const unit = text.charCodeAt(index);
      if (state === 0 && this.#last[unit] === 0) continue;
      state = this.#automaton.next(state, unit);
      const match = this.#automaton.match(state);
      if (match === 0) continue;
      starts.push(index);
      patterns.push(this.#automaton.index(match));
    }
    let position = 0;
    for (let at = starts.length - 1; at >= 0; at--) {
      const start = starts[at]!;
      if (start < position) continue;
      const pattern = patterns[at]!;
      position = start + this.#lengths[pattern]!;
      yield { start, end: position, pattern };
    }
  }
}

function reversed(text: string): string {
  const units = new Uint16Array(text.length);
  for (let index = 0; index < text.length; index++) units[text.length - 1 - index] = text.charCodeAt(index);
  let result = "";
  for (let start = 0; start < units.length; start += 4096) {
    result += String.fromCharCode(...units.subarray(start, start + 4096));
  }
  return result;
}
