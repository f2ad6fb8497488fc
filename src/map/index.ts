/** The entry `hpd/map`: a picture of many texts. */
export { buildMap, type MapGroup, type MapOptions, type MapStage, type MapTopic, type TextMap } from "./build-map.ts";
export { type MapHtmlOptions, mapHtml } from "./map-html.ts";
export { type NearestNeighbors, nearestNeighbors } from "./nearest-neighbors.ts";
export { type UmapOptions, umap } from "./umap/umap.ts";
export { classTfIdf } from "./words/class-tf-idf.ts";
