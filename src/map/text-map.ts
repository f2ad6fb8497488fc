/** A map of texts. */
import type { NearestNeighbors } from "./nearest-neighbors.ts";

export interface TextMap {
  readonly texts: readonly string[];
  /** `[texts, 2]` */
  readonly coordinates: Float32Array;
  /** The largest first. */
  readonly clusters: readonly MapGroup[];
  /** Parts of clusters, the largest first. */
  readonly topics: readonly MapTopic[];
  /** `[texts]`: indices into `topics`. */
  readonly topicOf: Uint32Array;
  /** Of each text among those that differ from it and from each other. */
  readonly neighbors: NearestNeighbors;
}

export interface MapGroup {
  /** Of its name, the most telling first. */
  readonly terms: readonly string[];
  readonly size: number;
  /** The text in the middle of it. */
  readonly center: number;
}

export interface MapTopic extends MapGroup {
  /** Index into `clusters`. */
  readonly cluster: number;
}
