/** A map of texts. */
import type { NearestNeighbors } from "./nearest-neighbors.ts";

export interface TextMap {
  readonly texts: readonly string[];
  /** `[texts, 2]`: x and y. */
  readonly coordinates: Float32Array;
  /** Clusters, the largest first. */
  readonly clusters: readonly MapGroup[];
  /** Parts of clusters, the largest first. */
  readonly topics: readonly MapTopic[];
  /** `[texts]`: indices into `topics`. */
  readonly topicOf: Uint32Array;
  /** Neighbours of each text, all of them distinct from it and from one another. */
  readonly neighbors: NearestNeighbors;
}

export interface MapGroup {
  /** Terms of its name, the most specific first. */
  readonly terms: readonly string[];
  readonly size: number;
  /** Index of the text in its middle. */
  readonly center: number;
}

export interface MapTopic extends MapGroup {
  /** Index into `clusters`. */
  readonly cluster: number;
}
