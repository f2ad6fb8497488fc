/** What the page shows, as it travels inside the page: JSON, zipped, in base64. */

export interface MapData {
  readonly title: string;
  readonly texts: readonly string[];
  /** `[texts, 2]`, each from 0 to 65,535, y downwards; both axes have the same scale. */
  readonly positions: Uint16Array;
  /** The topic of each text. */
  readonly topicOf: Uint16Array;
  readonly clusters: readonly Group[];
  /** Parts of clusters. */
  readonly topics: readonly (Group & { readonly cluster: number })[];
  /** Neighbours of each text. */
  readonly k: number;
  /** `[texts, k]`, the nearest first. */
  readonly neighbors: Uint32Array;
  /** `[texts, k]`: cosine x 255. */
  readonly similarities: Uint8Array;
}

export interface Group {
  readonly terms: readonly string[];
  readonly size: number;
  /** The text in the middle of it. */
  readonly center: number;
}

/** Typed arrays as base64. */
export type PackedMap = { readonly [K in keyof MapData]: MapData[K] extends ArrayBufferView ? string : MapData[K] };

export async function unpack(zipped: string): Promise<MapData> {
  const stream = new Blob([bytesOf(zipped)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const packed: PackedMap = await new Response(stream).json();
  return {
    ...packed,
    positions: new Uint16Array(bytesOf(packed.positions).buffer),
    topicOf: new Uint16Array(bytesOf(packed.topicOf).buffer),
    neighbors: new Uint32Array(bytesOf(packed.neighbors).buffer),
    similarities: bytesOf(packed.similarities),
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
  return bytes;
}
