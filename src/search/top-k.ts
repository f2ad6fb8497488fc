/** The k best of many scored candidates, for many queries at once: a heap each, in arrays of fixed size. */

/** `semantic_search` of sentence-transformers calls them `corpus_id` and `score`. */
export interface SearchHit {
  /** Position in the corpus. */
  readonly corpusId: number;
  readonly score: number;
}

/** What a search tells its hits to. */
export interface HitCollector {
  /** How many hits of a query it is likely to keep: by this a search settles on how to go about it. */
  readonly k: number;
  /** What a score must be above to get in. */
  threshold(query: number): number;
  /** A candidate whose score is above the threshold. Ids come in ascending order. */
  add(query: number, id: number, score: number): void;
}

export class TopK implements HitCollector {
  readonly k: number;
  /** `[queries, k]`: heaps with the worst hit at the root. */
  readonly #scores: Float32Array;
  readonly #ids: Uint32Array;
  readonly #sizes: Uint32Array;
  readonly #threshold: number;

  /** @param floor what scores below it do not matter */
  constructor(queries: number, k: number, floor = Number.NEGATIVE_INFINITY) {
    // A score that equals the floor matters, one that equals the threshold doesn't.
    this.#threshold = floor - Math.abs(floor) * 1e-6 - 1e-12;
    this.k = k;
    this.#scores = new Float32Array(queries * k);
    this.#ids = new Uint32Array(queries * k);
    this.#sizes = new Uint32Array(queries);
  }

  threshold(query: number): number {
    if (this.#sizes[query]! < this.k) return this.#threshold;
    return Math.max(this.#scores[query * this.k]!, this.#threshold);
  }

  /** Of equal scores the lower id stays. */
  add(query: number, id: number, score: number): void {
    const start = query * this.k;
    const size = this.#sizes[query]!;
    if (size < this.k) {
      this.#sizes[query] = size + 1;
      this.#siftUp(start, size, id, score);
    } else {
      this.#siftDown(start, size, id, score);
    }
  }

  /** The best first; of equal scores the lower id. */
  hits(query: number): SearchHit[] {
    const start = query * this.k;
    const hits = Array.from({ length: this.#sizes[query]! }, (_, place) => ({
      corpusId: this.#ids[start + place]!,
      score: this.#scores[start + place]!,
    }));
    return hits.sort((a, b) => b.score - a.score || a.corpusId - b.corpusId);
  }

  /** From a new leaf. */
  #siftUp(start: number, leaf: number, id: number, score: number): void {
    let place = leaf;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isWorse(id, score, start + parent)) break;
      this.#copy(start + parent, start + place);
      place = parent;
    }
    this.#set(start + place, id, score);
  }

  /** From the root, whose hit is dropped. */
  #siftDown(start: number, size: number, id: number, score: number): void {
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      const other = start + child + 1;
      if (child + 1 < size && this.#isWorse(this.#ids[other]!, this.#scores[other]!, start + child)) child++;
      if (this.#isWorse(id, score, start + child)) break;
      this.#copy(start + child, start + place);
      place = child;
    }
    this.#set(start + place, id, score);
  }

  #isWorse(id: number, score: number, at: number): boolean {
    return score < this.#scores[at]! || (score === this.#scores[at]! && id > this.#ids[at]!);
  }

  #copy(from: number, to: number): void {
    this.#set(to, this.#ids[from]!, this.#scores[from]!);
  }

  #set(at: number, id: number, score: number): void {
    this.#ids[at] = id;
    this.#scores[at] = score;
  }
}
