/** The data of a map's page, which lies in the page as JSON, zipped, in base64. */
import type { MapGroup, MapTopic } from "../text-map.ts";

export interface MapData {
  readonly title: string;
  readonly texts: readonly string[];
  /** `[texts, 2]`, each from 0 to 65,535, y downwards; both axes have the same scale. */
  readonly positions: Uint16Array;
  /** The topic of each text. */
  readonly topicOf: Uint16Array;
  readonly clusters: readonly MapGroup[];
  /** Parts of clusters. */
  readonly topics: readonly MapTopic[];
  /** Neighbours of each text. */
  readonly k: number;
  /** `[texts, k]`, the nearest first. */
  readonly neighbors: Uint32Array;
  /** `[texts, k]`: cosine x 255. */
  readonly similarities: Uint8Array;
}

/** Typed arrays as base64. */
export type PackedMap = { readonly [K in keyof MapData]: MapData[K] extends ArrayBufferView ? string : MapData[K] };
