/** The entry `hpd/map`: two-dimensional maps of texts. */
export { buildMap, type MapOptions, type MapStage } from "./build-map.ts";
export { type MapHtmlOptions, mapHtml } from "./map-html.ts";
export { type NearestNeighbors, type NearestNeighborsOptions, nearestNeighbors } from "./nearest-neighbors.ts";
export type { MapGroup, MapTopic, TextMap } from "./text-map.ts";
export { type UmapOptions, umap } from "./umap/umap.ts";
export { classTfIdf } from "./words/class-tf-idf.ts";
