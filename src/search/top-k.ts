/** The k best of many scored candidates, for many queries at once: a heap for each query, in arrays of fixed size. */

/** `semantic_search` of sentence-transformers calls them `corpus_id` and `score`. */
export interface SearchHit {
  /** Position in the corpus. */
  readonly corpusId: number;
  readonly score: number;
}

/** Receives the hits of a search. */
export interface HitCollector {
  /** Number of hits per query that it is likely to keep: a search chooses its group size by it. */
  readonly k: number;
  /** Whether it keeps the best hit of a query alone. */
  readonly keepsOne?: boolean;
  /** The score that a hit of the query must exceed. */
  threshold(query: number): number;
  /** Adds a candidate whose score exceeds the threshold. Ids come in ascending order. */
  add(query: number, id: number, score: number): void;
}

export class TopK implements HitCollector {
  readonly k: number;
  readonly keepsOne: boolean;
  /** `[queries, k]`: heaps with the worst hit at the root. */
  readonly #scores: Float32Array;
  readonly #ids: Uint32Array;
  readonly #sizes: Uint32Array;
  readonly #threshold: number;

  /** @param floor scores below it may be left out */
  constructor(queries: number, k: number, floor = Number.NEGATIVE_INFINITY) {
    // A score that equals the floor is kept, one that equals the threshold isn't.
    this.#threshold = floor - Math.abs(floor) * 1e-6 - 1e-12;
    this.k = k;
    this.keepsOne = k === 1;
    this.#scores = new Float32Array(queries * k);
    this.#ids = new Uint32Array(queries * k);
    this.#sizes = new Uint32Array(queries);
  }

  threshold(query: number): number {
    if (this.#sizes[query]! < this.k) return this.#threshold;
    return Math.max(this.#scores[query * this.k]!, this.#threshold);
  }

  /** Adds a candidate. Of equal scores the lower id stays. */
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

  /** The hits of a query, best first; of equal scores the lower id first. */
  hits(query: number): SearchHit[] {
    const start = query * this.k;
    const end = start + this.#sizes[query]!;
    const hits: SearchHit[] = [];
    // Array.from takes several times as long.
    for (let at = start; at < end; at++) hits.push({ corpusId: this.#ids[at]!, score: this.#scores[at]! });
    return hits.sort((a, b) => b.score - a.score || a.corpusId - b.corpusId);
  }

  /** Inserts a hit at a new leaf. */
  #siftUp(start: number, leaf: number, id: number, score: number): void {
    let slot = leaf;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (!this.#isWorse(id, score, start + parent)) break;
      this.#copy(start + parent, start + slot);
      slot = parent;
    }
    this.#set(start + slot, id, score);
  }

  /** Inserts a hit at the root, whose hit is dropped. */
  #siftDown(start: number, size: number, id: number, score: number): void {
    let slot = 0;
    for (let child = 1; child < size; child = 2 * slot + 1) {
      const other = start + child + 1;
      if (child + 1 < size && this.#isWorse(this.#ids[other]!, this.#scores[other]!, start + child)) child++;
      if (this.#isWorse(id, score, start + child)) break;
      this.#copy(start + child, start + slot);
      slot = child;
    }
    this.#set(start + slot, id, score);
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
