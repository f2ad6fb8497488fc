/** The entry `hpd/cluster`: groups of embeddings. */

export type { EmbeddingStream } from "../search/blocks.ts";
export {
  type AgglomerativeClusteringOptions,
  type AgglomerativeClusteringResult,
  agglomerativeClustering,
} from "./agglomerative-clustering.ts";
export { type CommunityDetectionOptions, communityDetection } from "./community-detection.ts";
export { type KMeansOptions, kMeans } from "./k-means.ts";
export type { KMeansResult } from "./k-means-result.ts";
export {
  type DuplicateOf,
  type NearDuplicateDecision,
  type NearDuplicateGroup,
  type NearDuplicates,
  type NearDuplicatesOptions,
  removeNearDuplicates,
  streamNearDuplicates,
} from "./near-duplicates.ts";
export type { Linkage } from "./nearest-neighbor-chain.ts";
