/** The entry `hpd/search`: semantic search, paraphrase mining, reranking. */
export type { ParaphrasePair } from "./best-pairs.ts";
export { type MaximalMarginalRelevanceOptions, maximalMarginalRelevance } from "./maximal-marginal-relevance.ts";
export { type ParaphraseMiningOptions, paraphraseMining } from "./paraphrase-mining.ts";
export { type EmbeddingsAt, type QuantizedSearchOptions, semanticSearchQuantized } from "./quantized-search.ts";
export { type ReciprocalRankFusionOptions, reciprocalRankFusion } from "./reciprocal-rank-fusion.ts";
export { type Corpus, type SemanticSearchOptions, semanticSearch } from "./semantic-search.ts";
export type { SearchHit } from "./top-k.ts";
