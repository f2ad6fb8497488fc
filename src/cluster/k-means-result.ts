/** The clusters that k-means finds. */
import type { Embeddings } from "../tensor/embeddings.ts";

export interface KMeansResult {
  /** `[count]`: the cluster of each embedding, 0 to `clusters` - 1. */
  readonly labels: Int32Array;
  /** `[clusters, dimension]`. A cluster may be empty where fewer embeddings differ than there are clusters. */
  readonly centroids: Embeddings;
  /** Sum of squared distances to the nearest centroids; by cosine of the scaled embeddings, so 2 (1 - cosine) each. */
  readonly inertia: number;
  /** Passes over all embeddings; `mini-batch`: batches. */
  readonly iterations: number;
}
