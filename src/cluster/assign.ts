/** Assigns each point to its nearest centroid, the step that k-means spends its time in: an exact search. */
import type { Yielder } from "../common/yielder.ts";
import { FloatSearch } from "../search/float-search.ts";
import { TopK } from "../search/top-k.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";

export interface Assignment {
  /** `[count]`: the centroid of each point; the first of equally near ones. */
  readonly labels: Int32Array;
  /** `[count]`: squared distance to it. */
  readonly squaredDistances: Float64Array;
}

const pointsAtOnce = 2048;

/** Assigns points to centroids. It starts threads when they pay, so it must be disposed. */
export class Assigner {
  readonly #search: FloatSearch;

  constructor(dimension: number, yielder: Yielder) {
    this.#search = new FloatSearch("euclidean", dimension, yielder);
  }

  /** @throws HpdError `invalid_argument` for a number that is not finite */
  async assign(points: Embeddings, centroids: Embeddings): Promise<Assignment> {
    const { count } = points;
    const labels = new Int32Array(count);
    const squaredDistances = new Float64Array(count);
    for (let start = 0; start < count; start += pointsAtOnce) {
      const end = Math.min(start + pointsAtOnce, count);
      const some = rowsBetween(points, start, end);
      const nearest = new TopK(some.count, 1);
      await this.#search.search(some, centroids, 0, nearest);
      for (let point = start; point < end; point++) {
        const [hit] = nearest.hits(point - start);
        labels[point] = hit!.corpusId;
        squaredDistances[point] = hit!.score ** 2;
      }
    }
    return { labels, squaredDistances };
  }

  dispose(): Promise<void> {
    return this.#search.dispose();
  }
}
