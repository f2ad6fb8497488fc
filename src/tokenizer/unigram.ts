/**
 * Unigram: the segmentation of a word with the highest sum of scores. Follows `Unigram::encode_optimized` of Python's
 * `tokenizers` 0.23, unknown characters next to each other being one unknown token.
 */

export interface UnigramOptions {
  /** `[piece, score]` in the order of their ids. */
  readonly pieces: readonly (readonly [string, number])[];
  readonly unknownId: number;
}

export class Unigram {
  readonly #ids = new Map<string, number>();
  readonly #scores: Float64Array;
  readonly #unknownId: number;
  readonly #unknownScore: number;
  /** Code units of the longest piece. */
  readonly longestPiece: number;

  constructor({ pieces, unknownId }: UnigramOptions) {
    let longest = 1;
    let lowest = Number.POSITIVE_INFINITY;
    this.#scores = new Float64Array(pieces.length);
    for (const [id, [piece, score]] of pieces.entries()) {
      this.#ids.set(piece, id);
      this.#scores[id] = score;
      longest = Math.max(longest, piece.length);
      lowest = Math.min(lowest, score);
    }
    this.longestPiece = longest;
    this.#unknownId = unknownId;
    this.#unknownScore = lowest - 10;
  }

  encode(word: string): number[] {
    const size = word.length;
    const scores = new Float64Array(size + 1);
    const starts = new Int32Array(size + 1).fill(-1);
    const ids = new Int32Array(size + 1);
    const offer = (start: number, end: number, id: number, score: number): void => {
      const sum = score + scores[start]!;
      if (starts[end] !== -1 && sum <= scores[end]!) return;
      scores[end] = sum;
      starts[end] = start;
      ids[end] = id;
    };
    let width = 1;
    for (let start = 0; start < size; start += width) {
      width = word.codePointAt(start)! > 0xffff ? 2 : 1;
      let single = false;
      const last = Math.min(size, start + this.longestPiece);
      for (let end = start + 1; end <= last; end++) {
        const id = this.#ids.get(word.slice(start, end));
        if (id === undefined) continue;
        offer(start, end, id, this.#scores[id]!);
        if (end - start === width) single = true;
      }
      if (!single) offer(start, start + width, this.#unknownId, this.#unknownScore);
    }
    const path: number[] = [];
    for (let end = size; end > 0; end = starts[end]!) {
      const id = ids[end]!;
      if (id !== this.#unknownId || path.at(-1) !== id) path.push(id);
    }
    return path.reverse();
  }
}
