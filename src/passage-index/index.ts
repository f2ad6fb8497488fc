/** The entry `hpd/passage-index`: an index of files, searched by meaning and by words. For Node. */
export { buildIndex } from "./build/build-index.ts";
export {
  type BuildOptions,
  type BuildProgress,
  type BuildReport,
  type Others,
  othersChoices,
} from "./build/build-options.ts";
export { type IndexDescription, type IndexPrecision, indexPrecisions } from "./description.ts";
export type { FieldConditions, Filter, MetadataScalar } from "./filter.ts";
export {
  type OpenOptions,
  type PassageHit,
  PassageIndex,
  type SearchMode,
  type SearchOptions,
  searchModes,
} from "./query/passage-index.ts";
export type { Metadata, MetadataField, Passage } from "./store.ts";
