/** The entry `hpd/passage-index`: an index of files and documents, searched by meaning and by words. For Node. */
export { buildIndex } from "./build/build-index.ts";
export {
  type BuildOptions,
  type BuildProgress,
  type BuildReport,
  type Others,
  othersChoices,
} from "./build/build-options.ts";
export { type ChunkTextOptions, chunkText, type TextChunk } from "./chunk-text.ts";
export { type IndexDescription, type IndexPrecision, indexPrecisions } from "./description.ts";
export type { PassageDocument } from "./documents/document.ts";
export type { WriteOptions, WriteReport } from "./documents/write-documents.ts";
export { type ExportOptions, type ExportReport, exportIndex, type QdrantOptions } from "./export/export-index.ts";
export type { FieldConditions, Filter, MetadataScalar } from "./filter.ts";
export type { CreateOptions, OpenOptions } from "./query/open-options.ts";
export type { PassageHit } from "./query/passage-hit.ts";
export { PassageIndex } from "./query/passage-index.ts";
export { type SearchMode, type SearchOptions, searchModes } from "./query/search-options.ts";
export type { Metadata, MetadataField, Passage } from "./store.ts";
export { embedTable } from "./table/embed-table.ts";
export {
  type EmbedTableOptions,
  type EmbedTableReport,
  type TableVectorType,
  tableVectorTypes,
} from "./table/table-options.ts";
