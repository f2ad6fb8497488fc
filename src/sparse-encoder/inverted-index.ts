/**
 * Exact search over sparse embeddings: for each dimension the documents in which it is active, so that a query looks at
 * those of its own dimensions alone. It is in memory, and made once for many searches.
 */
import { requireOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { type SearchHit, TopK } from "../search/top-k.ts";
import { SparseEmbeddings } from "./sparse-embeddings.ts";
import { asSparseEmbeddings, length, type SparseLike } from "./sparse-similarity.ts";

export interface InvertedIndexOptions {
  /** Default: `dot`, by which sparse encoders are trained. */
  readonly similarityFunction?: "dot" | "cosine" | undefined;
}

export interface SparseSearchOptions {
  /** Maximum number of hits per query. Default: 10. */
  readonly topK?: number | undefined;
  /** Stops the search; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const indexOptions: OptionTable<InvertedIndexOptions> = { similarityFunction: "string" };
const searchOptions: OptionTable<SparseSearchOptions> = { topK: "number", signal: "signal" };

export class InvertedIndex {
  /** Number of documents. */
  readonly count: number;
  readonly dimension: number;
  readonly #isCosine: boolean;
  /** `[dimension + 1]`: the places of each dimension in the two arrays below. */
  readonly #offsets: Float64Array;
  readonly #documents: Uint32Array;
  readonly #values: Float32Array;

  /** @throws HpdError `invalid_argument` for anything but sparse embeddings */
  constructor(embeddings: SparseEmbeddings, options: InvertedIndexOptions = {}) {
    const given = checkedOptions("InvertedIndex", options, indexOptions);
    const { similarityFunction = "dot" } = given;
    requireOneOf("similarityFunction", similarityFunction, ["dot", "cosine"]);
    if (!(embeddings instanceof SparseEmbeddings)) {
      throw new HpdError(
        "invalid_argument",
        "an InvertedIndex should be made of SparseEmbeddings, those of several texts",
      );
    }
    this.count = embeddings.count;
    this.dimension = embeddings.dimension;
    this.#isCosine = similarityFunction === "cosine";
    const offsets = new Float64Array(this.dimension + 1);
    for (const index of embeddings.indices) offsets[index + 1]!++;
    for (let index = 0; index < this.dimension; index++) offsets[index + 1]! += offsets[index]!;
    this.#documents = new Uint32Array(embeddings.indices.length);
    this.#values = new Float32Array(embeddings.indices.length);
    const next = offsets.slice();
    for (let document = 0; document < this.count; document++) {
      const row = embeddings.row(document);
      const scale = this.#isCosine ? 1 / Math.max(length(row), 1e-12) : 1;
      for (let at = 0; at < row.indices.length; at++) {
        const place = next[row.indices[at]!]!++;
        this.#documents[place] = document;
        this.#values[place] = row.values[at]! * scale;
      }
    }
    this.#offsets = offsets;
  }

  /**
   * The hits of each query, best first, of equal score the one with the lower position first. Documents that share no
   * active dimension with a query are no hits of it. Yields to the event loop.
   *
   * @throws HpdError `invalid_argument` for another dimension or other invalid arguments; the signal's reason
   */
  async search(queries: SparseLike, options: SparseSearchOptions = {}): Promise<SearchHit[][]> {
    const { topK = 10, signal } = checkedOptions("search", options, searchOptions);
    requirePositiveInteger("topK", topK);
    const rows = asSparseEmbeddings(queries, this.dimension);
    const yielder = new Yielder(signal);
    const scores = new Float64Array(this.count);
    const found: SearchHit[][] = [];
    for (const { indices, values } of rows) {
      scores.fill(0);
      const isHit = new Uint8Array(this.count);
      const norm = this.#isCosine ? Math.max(length({ indices, values }), 1e-12) : 1;
      for (let at = 0; at < indices.length; at++) {
        const [start, end] = [this.#offsets[indices[at]!]!, this.#offsets[indices[at]! + 1]!];
        const weight = values[at]! / norm;
        for (let place = start; place < end; place++) {
          const document = this.#documents[place]!;
          scores[document]! += weight * this.#values[place]!;
          isHit[document] = 1;
        }
      }
      const best = new TopK(1, Math.min(topK, this.count));
      for (let document = 0; document < this.count; document++) {
        if (isHit[document] === 1 && scores[document]! > best.threshold(0)) best.add(0, document, scores[document]!);
      }
      found.push(best.hits(0));
      if (yielder.isDue) await yielder.yield();
    }
    return found;
  }
}
