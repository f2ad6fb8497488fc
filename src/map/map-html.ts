/** The HTML page of a map. */

import { kindOf } from "../common/arguments.ts";
import { grouped } from "../common/numbers.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { cut } from "./cut.ts";
import { mapPage } from "./page/page.ts";
import type { TextMap } from "./text-map.ts";

/** Maximum UTF-16 units of a text in the page. */
const longestText = 4000;
/** Neighbours of a text that the page lists. */
const listedNeighbors = 8;
/** Largest coordinate in the page. */
const largest = 65_535;

export interface MapHtmlOptions {
  /** Heading of the page. Default: `Map of texts`. */
  readonly title?: string | undefined;
}

const mapHtmlOptions: OptionTable<MapHtmlOptions> = { title: "string" };

/** One HTML file that needs no other file and no network. Texts longer than 4,000 UTF-16 units are cut, and say so. */
export function mapHtml(map: TextMap, options: MapHtmlOptions = {}): string {
  const { title = "Map of texts" } = checkedOptions("mapHtml", options, mapHtmlOptions);
  if (!ArrayBuffer.isView(map?.coordinates)) {
    throw new HpdError("invalid_argument", `map should be what buildMap gives, got ${kindOf(map)}`);
  }
  const { texts, coordinates, topicOf, clusters, topics, neighbors } = map;
  const pageCoordinates = pageTransform(coordinates);
  const positions = new Uint16Array(coordinates.length);
  for (let text = 0; text < texts.length; text++) {
    positions.set(pageCoordinates(coordinates[2 * text]!, coordinates[2 * text + 1]!), 2 * text);
  }
  const k = Math.min(listedNeighbors, neighbors.k);
  const first = (_: unknown, index: number) => Math.floor(index / k) * neighbors.k + (index % k);
  const listed = Array.from({ length: texts.length * k }, first);
  return mapPage({
    title,
    texts: texts.map(kept),
    positions,
    topicOf: Uint16Array.from(topicOf),
    clusters,
    topics,
    k,
    neighbors: Uint32Array.from(listed, (at) => neighbors.ids[at]!),
    similarities: Uint8Array.from(listed, (at) =>
      Math.round(255 * Math.max(0, Math.min(1, neighbors.similarities[at]!))),
    ),
  });
}

/** The transform from coordinates of a map to those of the page: centred, 0 to `largest`, y downwards. */
function pageTransform(coordinates: Float32Array): (x: number, y: number) => [number, number] {
  const along = (axis: number) => {
    let [low, high] = [Infinity, -Infinity];
    for (let at = axis; at < coordinates.length; at += 2) {
      low = Math.min(low, coordinates[at]!);
      high = Math.max(high, coordinates[at]!);
    }
    return { middle: (low + high) / 2, side: high - low };
  };
  const [x, y] = [along(0), along(1)];
  const scale = largest / (Math.max(x.side, y.side) || 1);
  const inside = (value: number) => Math.max(0, Math.min(largest, Math.round(value + largest / 2)));
  return (atX, atY) => [inside((atX - x.middle) * scale), inside((y.middle - atY) * scale)];
}

function kept(text: string): string {
  if (text.length <= longestText) return text;
  return `${cut(text, longestText).trimEnd()}… (cut: ${grouped(text.length)} characters)`;
}
