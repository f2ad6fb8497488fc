/**
 * The search for the matches of a `Split` pattern: of a backtracking engine the results, in a time that grows with the
 * text alone.
 *
 * What follows an atom from a position on does not depend on how the position was reached. So for each atom the last
 * row of positions is kept from which the rest of its alternative fails; they are not tried again, from this start or a
 * later one. The end of a run of one set's characters is kept too, so that a long run is walked through once.
 */
import type { Alternative, Atom } from "./split-pattern.ts";
import { inUnicode16 } from "./unicode-16.ts";

/** Bit by bit whether a code point is in a set; the last bit says that it was looked at. */
const known = 1 << 30;
const setsOfPage = 30;

class CharacterSets {
  readonly #sets: RegExp[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #pages: Int32Array[] = [];

  /** The number of a set. */
  add({ set, ignoreCase }: Atom): number {
    const key = `${ignoreCase} ${set}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#sets.length;
      this.#numbers.set(key, number);
      this.#sets.push(new RegExp(`^${set}$`, ignoreCase ? "iu" : "u"));
      if (number % setsOfPage === 0) this.#pages.push(new Int32Array(0x110000));
    }
    return number;
  }

  has(number: number, code: number): boolean {
    const page = Math.floor(number / setsOfPage);
    let bits = this.#pages[page]![code]!;
    if (bits === 0) {
      const character = inUnicode16(String.fromCodePoint(code));
      bits = known;
      for (let bit = 0; bit < setsOfPage; bit++) {
        if (this.#sets[page * setsOfPage + bit]?.test(character)) bits |= 1 << bit;
      }
      this.#pages[page]![code] = bits;
    }
    return (bits & (1 << (number % setsOfPage))) !== 0;
  }
}

interface Step extends Atom {
  readonly number: number;
  /** Start and end of the last run of the set's characters. */
  runStart: number;
  runEnd: number;
  /** The positions from which the atoms after this one fail, both ends included. */
  failsFrom: number;
  failsTo: number;
}

export class SplitMatcher {
  readonly #sets = new CharacterSets();
  readonly #alternatives: readonly (readonly Step[])[];
  #text = "";
  /** The match that `next` found. */
  start = 0;
  end = 0;

  constructor(alternatives: readonly Alternative[]) {
    this.#alternatives = alternatives.map((atoms) =>
      atoms.map((atom) => ({
        ...atom,
        number: this.#sets.add(atom),
        runStart: 0,
        runEnd: -1,
        failsFrom: 0,
        failsTo: -1,
      })),
    );
  }

  /** The positions `[start, end)` of all matches, from left to right; none is empty. */
  matches(text: string): (readonly [number, number])[] {
    const found: [number, number][] = [];
    for (this.begin(text); this.next(); ) found.push([this.start, this.end]);
    return found;
  }

  /** Takes a text, in place of the one before, of which `next` finds the first match then. */
  begin(text: string): void {
    this.#text = text;
    this.start = 0;
    this.end = 0;
    for (const steps of this.#alternatives) {
      for (const step of steps) {
        step.runStart = 0;
        step.runEnd = -1;
        step.failsFrom = 0;
        step.failsTo = -1;
      }
    }
  }

  /** Finds the next match, into `start` and `end`; false where there is none. */
  next(): boolean {
    const text = this.#text;
    for (let start = this.end; start < text.length; start += widthAt(text, start)) {
      const end = this.#matchAt(start);
      if (end <= start) continue;
      this.start = start;
      this.end = end;
      return true;
    }
    // A long text isn't kept until the next one comes.
    this.begin("");
    return false;
  }

  /** The end of the match at a position, or -1. */
  #matchAt(start: number): number {
    for (const steps of this.#alternatives) {
      const end = this.#follow(steps, 0, start);
      if (end >= 0) return end;
    }
    return -1;
  }

  /** The end of what `steps` match from the `index`th on, or -1. Never deeper than a pattern has atoms. */
  #follow(steps: readonly Step[], index: number, place: number): number {
    if (index === steps.length) return place;
    const step = steps[index]!;
    if (step.look !== undefined) {
      const isNext = place < this.#text.length && this.#sets.has(step.number, this.#text.codePointAt(place)!);
      return isNext === (step.look === "is next") ? this.#follow(steps, index + 1, place) : -1;
    }
    if (step.most === Number.POSITIVE_INFINITY) return this.#followRun(steps, index, place);
    // A bounded number of characters: their positions, the longest row first.
    const places = [place];
    for (let count = 0; count < step.most; count++) {
      const at = places[count]!;
      if (at >= this.#text.length || !this.#sets.has(step.number, this.#text.codePointAt(at)!)) break;
      places.push(at + widthAt(this.#text, at));
    }
    for (let count = places.length - 1; count >= step.least; count--) {
      const end = this.#follow(steps, index + 1, places[count]!);
      if (end >= 0) return end;
      if (step.possessive) return -1;
    }
    return -1;
  }

  #followRun(steps: readonly Step[], index: number, place: number): number {
    const step = steps[index]!;
    const text = this.#text;
    if (place < step.runStart || place > step.runEnd) {
      let end = place;
      while (end < text.length && this.#sets.has(step.number, text.codePointAt(end)!)) {
        end += widthAt(text, end);
        // A run that was walked through before, from a position on the right of this one.
        if (end === step.runStart && step.runEnd > end) end = step.runEnd;
      }
      step.runStart = place;
      step.runEnd = end;
    }
    let least = place;
    for (let count = 0; count < step.least; count++) {
      if (least >= step.runEnd) return -1;
      least += widthAt(text, least);
    }
    const last = step.runEnd;
    if (step.possessive) return this.#follow(steps, index + 1, last);
    for (let at = last; at >= least; ) {
      if (at >= step.failsFrom && at <= step.failsTo) {
        at = step.failsFrom - 1;
        if (at >= least && isLowSurrogate(text, at)) at--;
        continue;
      }
      const end = this.#follow(steps, index + 1, at);
      if (end >= 0) return end;
      // Next to the known ones, or a row of its own.
      const after = at + widthAt(text, at);
      if (step.failsTo >= step.failsFrom && after >= step.failsFrom && at < step.failsFrom) step.failsFrom = at;
      else [step.failsFrom, step.failsTo] = [at, at];
      at--;
      if (at >= least && isLowSurrogate(text, at)) at--;
    }
    return -1;
  }
}

function widthAt(text: string, place: number): number {
  return text.codePointAt(place)! > 0xffff ? 2 : 1;
}

function isLowSurrogate(text: string, place: number): boolean {
  const unit = text.charCodeAt(place);
  return unit >= 0xdc00 && unit < 0xe000 && place > 0;
}
