/** Unpacks the data of the page. */
import type { MapData, PackedMap } from "../map-data.ts";

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
