/** The entry `hpd/search`: what is most alike, among many. */
export type { ParaphrasePair } from "./best-pairs.ts";
export { type ParaphraseMiningOptions, paraphraseMining } from "./paraphrase-mining.ts";
export { type Corpus, type SemanticSearchOptions, semanticSearch } from "./semantic-search.ts";
export type { SearchHit } from "./top-k.ts";
