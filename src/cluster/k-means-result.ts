/** Clusters by k-means. */
import type { Embeddings } from "../tensor/embeddings.ts";

export interface KMeansResult {
  /** `[count]`: the cluster of each embedding, 0 to `clusters` - 1. */
  readonly labels: Int32Array;
  /** `[clusters, dimension]`. A cluster may be empty if there are fewer distinct embeddings than clusters. */
  readonly centroids: Embeddings;
  /** Sum of squared distances to the nearest centroids; for cosine those of scaled embeddings, 2 (1 - cosine). */
  readonly inertia: number;
  /** Passes over all embeddings; batches for `mini-batch`. */
  readonly iterations: number;
}
