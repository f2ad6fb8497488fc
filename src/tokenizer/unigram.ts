/**
 * Unigram: the segmentation of a word with the highest sum of scores. Follows `Unigram::encode_optimized` of Python's
 * `tokenizers` 0.23, unknown characters next to each other being one unknown token, or their bytes.
 */
import { Automaton } from "./automaton.ts";
import { BestPath } from "./best-path.ts";

const encoder = new TextEncoder();

export interface UnigramOptions {
  /** `[piece, score]` in the order of their ids. */
  readonly pieces: readonly (readonly [string, number])[];
  readonly unknownId: number;
  /** The ids of the 256 bytes, for which unknown characters stand then. */
  readonly byteIds?: readonly number[] | undefined;
}

export class Unigram {
  readonly #automaton: Automaton;
  readonly #scores: Float64Array;
  readonly #lengths: Uint16Array;
  readonly #unknownId: number;
  readonly #unknownPiece: string;
  readonly #unknownScore: number;
  readonly #byteIds: readonly number[] | undefined;
  /** Code units of the longest piece. */
  readonly longestPiece: number;

  /** @param options with no piece of more than 65,535 code units */
  constructor({ pieces, unknownId, byteIds }: UnigramOptions) {
    this.#byteIds = byteIds;
    this.#unknownPiece = pieces[unknownId]![0];
    this.#automaton = new Automaton(pieces.map(([piece]) => piece));
    this.#scores = Float64Array.from(pieces, ([, score]) => score);
    this.#lengths = Uint16Array.from(pieces, ([piece]) => piece.length);
    this.longestPiece = this.#lengths.reduce((longest, length) => Math.max(longest, length), 2);
    this.#unknownId = unknownId;
    this.#unknownScore = this.#scores.reduce((lowest, score) => Math.min(lowest, score), Number.POSITIVE_INFINITY) - 10;
  }

  /** Ids of a word: all, or the first ones, at least `limit` of them. */
  encode(word: string, limit: number): number[] {
    const automaton = this.#automaton;
    const size = word.length;
    const path = new BestPath();
    let scores = new Float64Array(256);
    let check = 4 * (limit + this.longestPiece);
    let state = 0;
    for (let end = 0; end < size; ) {
      if (end >= check) {
        const ids = this.#ids(path, path.settled(end, this.longestPiece), word);
        if (ids.length >= limit) return ids;
        check = 2 * end;
      }
      const width = word.codePointAt(end)! > 0xffff ? 2 : 1;
      for (let unit = 0; unit < width; unit++) state = automaton.next(state, word.charCodeAt(end++));
      let best = Number.NEGATIVE_INFINITY;
      let shortest = 0;
      if (end >= scores.length) scores = longer(scores, end);
      // The longest first; of equal sums the first one counts.
      for (let match = automaton.match(state); match !== 0; match = automaton.shorterMatch(match)) {
        const id = automaton.index(match);
        shortest = this.#lengths[id]!;
        const sum = this.#scores[id]! + scores[end - shortest]!;
        if (!path.reached(end) || sum > best) {
          best = sum;
          path.set(end - shortest, end, id);
        }
      }
      const sum = this.#unknownScore + scores[end - width]!;
      if (shortest !== width && (shortest === 0 || sum > best)) {
        best = sum;
        path.set(end - width, end, this.#unknownId);
      }
      scores[end] = best;
    }
    return this.#ids(path, size, word);
  }

  #ids(path: BestPath, place: number, word: string): number[] {
    const pieces = path.pieces(place);
    const byteIds = this.#byteIds;
    if (byteIds === undefined || !pieces.includes(this.#unknownId)) {
      return pieces.filter((id, index) => id !== this.#unknownId || pieces[index - 1] !== id);
    }
    const ids: number[] = [];
    const ends = path.ends(place);
    for (let index = 0; index < pieces.length; index++) {
      const id = pieces[index]!;
      if (id !== this.#unknownId) {
        ids.push(id);
        continue;
      }
      const start = index === 0 ? 0 : ends[index - 1]!;
      while (pieces[index + 1] === id) index++;
      const unknown = word.slice(start, ends[index]);
      // The unknown token may be spelled out in the text.
      if (unknown === this.#unknownPiece) ids.push(id);
      else for (const byte of encoder.encode(unknown)) ids.push(byteIds[byte]!);
    }
    return ids;
  }
}

function longer(array: Float64Array<ArrayBuffer>, index: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(Math.max(index + 1, 2 * array.length));
  result.set(array);
  return result;
}
