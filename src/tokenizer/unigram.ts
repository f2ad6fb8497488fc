/**
 * Unigram: the segmentation of a word with the highest sum of scores. Follows `Unigram::encode_optimized` of Python's
 * `tokenizers` 0.23, unknown characters next to each other being one unknown token.
 */
import { BestPath } from "./best-path.ts";
import { Trie } from "./trie.ts";

export interface UnigramOptions {
  /** `[piece, score]` in the order of their ids. */
  readonly pieces: readonly (readonly [string, number])[];
  readonly unknownId: number;
}

export class Unigram {
  readonly #trie = new Trie();
  readonly #scores: Float64Array;
  readonly #unknownId: number;
  readonly #unknownScore: number;
  /** Code units of the longest piece. */
  readonly longestPiece: number;

  constructor({ pieces, unknownId }: UnigramOptions) {
    // A character outside the BMP, known or not, is two code units.
    let longest = 2;
    let lowest = Number.POSITIVE_INFINITY;
    this.#scores = new Float64Array(pieces.length);
    for (const [id, [piece, score]] of pieces.entries()) {
      this.#trie.add(piece, id);
      this.#scores[id] = score;
      longest = Math.max(longest, piece.length);
      lowest = Math.min(lowest, score);
    }
    this.longestPiece = longest;
    this.#unknownId = unknownId;
    this.#unknownScore = lowest - 10;
  }

  /** Ids of a word: all, or the first ones, at least `limit` of them. */
  encode(word: string, limit: number): number[] {
    const size = word.length;
    const path = new BestPath();
    let scores = new Float64Array(256);
    const offer = (start: number, end: number, id: number, score: number): void => {
      if (end >= scores.length) scores = longer(scores, end);
      const sum = score + scores[start]!;
      if (path.reached(end) && sum <= scores[end]!) return;
      scores[end] = sum;
      path.set(start, end, id);
    };
    let check = 4 * (limit + this.longestPiece);
    let width = 1;
    for (let start = 0; start < size; start += width) {
      if (start >= check) {
        const ids = this.#ids(path, path.settled(start, this.longestPiece));
        if (ids.length >= limit) return ids;
        check = 2 * start;
      }
      width = word.codePointAt(start)! > 0xffff ? 2 : 1;
      let single = false;
      let node = 0;
      for (let end = start; end < size; ) {
        node = this.#trie.step(node, word.charCodeAt(end));
        if (node < 0) break;
        end++;
        const id = this.#trie.value(node);
        if (id < 0) continue;
        offer(start, end, id, this.#scores[id]!);
        if (end - start === width) single = true;
      }
      if (!single) offer(start, start + width, this.#unknownId, this.#unknownScore);
    }
    return this.#ids(path, size);
  }

  #ids(path: BestPath, place: number): number[] {
    const pieces = path.pieces(place);
    return pieces.filter((id, index) => id !== this.#unknownId || pieces[index - 1] !== id);
  }
}

function longer(array: Float64Array<ArrayBuffer>, index: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(Math.max(index + 1, 2 * array.length));
  result.set(array);
  return result;
}
