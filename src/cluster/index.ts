/** The entry `hpd/cluster`: groups of embeddings. */
export { type KMeansOptions, type KMeansResult, kMeans } from "./k-means.ts";
