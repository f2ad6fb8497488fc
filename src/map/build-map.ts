/**
 * Builds a map of texts from their embeddings: neighbours, two dimensions, clusters and their topics, names. Clusters
 * are found on the map, so that each is one region of it; see `density-clusters.ts`.
 */
import { requirePositiveInteger, requireStrings } from "../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import type { Progress } from "../common/progress.ts";
import { HpdError } from "../errors.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { shortened } from "./cut.ts";
import { type DensityClusters, densityClusters, type LabelledPoints } from "./density-clusters.ts";
import { distinctEmbeddings, distinctTexts, neighborsOfAll, positionsOfAll } from "./distinct-texts.ts";
import { nearestNeighbors } from "./nearest-neighbors.ts";
import type { MapGroup, TextMap } from "./text-map.ts";
import { umap } from "./umap/umap.ts";
import { clusterNames } from "./words/cluster-names.ts";
import { type TextTerms, textTerms } from "./words/text-terms.ts";

export type MapStage = "neighbors" | "layout" | "names";

export interface MapOptions {
  /** Maximum number of clusters. Default: the cube root of the number of texts. */
  readonly clusters?: number | undefined;
  /**
   * Neighbours of a text, itself included (`n_neighbors` of umap-learn): 2 or more; more show more of the whole.
   * Default: 15.
   */
  readonly neighbors?: number | undefined;
  /** Minimum distance of points, `min_dist` of umap-learn, 0 to 1. Default: 0.1. */
  readonly minDist?: number | undefined;
  /** Seed of the random numbers; equal seeds give equal maps. Default: 0. */
  readonly seed?: number | undefined;
  readonly onProgress?: ((progress: Progress<MapStage, number>) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const mapOptions: OptionTable<MapOptions> = {
  clusters: "number",
  neighbors: "number",
  minDist: "number",
  seed: "number",
  onProgress: "function",
  signal: "signal",
};

/**
 * Builds a map. Yields to the event loop; single steps take up to 0.2 s. The exact search for neighbours takes time
 * with the square of the number of texts.
 *
 * @param embeddings `[texts, dimension]`
 * @throws HpdError `invalid_argument` for no text, another number of embeddings and invalid options; the signal's
 *   reason when it aborts
 */
export async function buildMap(
  texts: readonly string[],
  embeddings: EmbeddingsLike,
  options: MapOptions = {},
): Promise<TextMap> {
  checkedOptions("buildMap", options, mapOptions);
  requireStrings("texts", texts);
  const { clusters = defaultClusters(texts.length), neighbors = 15, minDist, seed, onProgress, signal } = options;
  requirePositiveInteger("clusters", clusters);
  requirePositiveInteger("neighbors", neighbors);
  if (neighbors < 2)
    throw new HpdError("invalid_argument", "neighbors should be 2 or more, since the text itself counts, got 1");
  if (texts.length === 0) throw new HpdError("invalid_argument", "expected at least one text, got none");
  const given = asEmbeddings(embeddings);
  if (texts.length !== given.count) {
    throw new HpdError(
      "invalid_argument",
      `expected an embedding for each of ${texts.length} texts, got ${given.count}`,
    );
  }
  const distinct = distinctTexts(texts);
  const different = distinctEmbeddings(given, distinct);
  const nearest = await nearestNeighbors(different, neighbors - 1, {
    onProgress,
    signal,
  });
  const layout = await umap(different, nearest, {
    ...(minDist !== undefined && { minDist }),
    ...(seed !== undefined && { seed }),
    onProgress,
    signal,
  });
  onProgress?.({ stage: "names", done: 0, total: 1 });
  // Equal texts are in one cluster: for it they all lie at one point.
  const density = densityClusters(positionsOfAll(layout, distinct, 0));
  const terms = await textTerms(texts, signal);
  const groups = groupsOf(texts, terms, density, clusters);
  onProgress?.({ stage: "names", done: 1, total: 1 });
  return {
    texts,
    coordinates: positionsOfAll(layout, distinct),
    neighbors: neighborsOfAll(nearest, distinct),
    ...groups,
  };
}

function defaultClusters(texts: number): number {
  return Math.max(1, Math.round(Math.cbrt(texts)));
}

function groupsOf(texts: readonly string[], terms: TextTerms, density: DensityClusters, clusters: number) {
  const named = (points: LabelledPoints): MapGroup[] => {
    const names = clusterNames(terms, points.labels, points.sizes.length);
    return points.sizes.map((size, index) => ({
      // A group whose texts share no words is named after its first text.
      terms: names[index]!.length > 0 ? names[index]! : [shortened(texts[points.labels.indexOf(index)]!, 40)],
      size,
      center: points.centers[index]!,
    }));
  };
  const coarse = density.assign(clusters);
  const fine = density.assign(density.most);
  const topics = named(fine).map((topic, index) => ({ ...topic, cluster: coarse.labels[fine.labels.indexOf(index)]! }));
  return { clusters: named(coarse), topics, topicOf: fine.labels };
}
