/** The entry `hpd/cluster`: groups of embeddings. */
export type { EmbeddingStream } from "./blocks.ts";
export { type CommunityDetectionOptions, communityDetection } from "./community-detection.ts";
export { type KMeansOptions, type KMeansResult, kMeans } from "./k-means.ts";
export {
  type DuplicateOf,
  type NearDuplicateDecision,
  type NearDuplicateGroup,
  type NearDuplicates,
  type NearDuplicatesOptions,
  removeNearDuplicates,
  streamNearDuplicates,
} from "./near-duplicates.ts";
