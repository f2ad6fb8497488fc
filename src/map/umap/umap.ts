/**
 * UMAP to two dimensions. Source: McInnes, Healy, Melville, arXiv 1802.03426, and umap-learn,
 * with its defaults except for the initial layout, see `principal-plane.ts`. Why no package is used:
 * docs/decisions/2026-11-25-maps.md.
 */
import { requireObject } from "../../common/arguments.ts";
import { checkedOptions, type Hints, type OptionTable } from "../../common/options.ts";
import type { Progress } from "../../common/progress.ts";
import { Yielder } from "../../common/yielder.ts";
import { HpdError } from "../../errors.ts";
import { asEmbeddings, type EmbeddingsLike } from "../../similarity/as-embeddings.ts";
import type { NearestNeighbors } from "../nearest-neighbors.ts";
import { fitCurve } from "./curve.ts";
import { fuzzyGraph } from "./fuzzy-graph.ts";
import { optimizeLayout } from "./optimize-layout.ts";
import { principalPlane } from "./principal-plane.ts";

export interface UmapOptions {
  /** Minimum distance of points, 0 to 1. Lower values give tighter clumps. Default: 0.1. */
  readonly minDist?: number | undefined;
  /** Number of epochs. Default: 500, and 200 for more than 10,000 points. */
  readonly epochs?: number | undefined;
  /** Seed of the random numbers; equal seeds give equal maps. Default: 0. */
  readonly seed?: number | undefined;
  readonly onProgress?: ((progress: Progress<"layout", number>) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const umapOptions: OptionTable<UmapOptions> = {
  minDist: "number",
  epochs: "number",
  seed: "number",
  onProgress: "function",
  signal: "signal",
};

/** Hints for names of options in umap-learn. */
const umapHints: Hints = { nEpochs: "epochs is its name here", randomState: "seed is its name here" };

const manyPoints = 10_000;

/**
 * Lays embeddings out in two dimensions; yields to the event loop.
 *
 * @param neighbors by `nearestNeighbors` of the embeddings
 * @returns `[count, 2]`
 * @throws HpdError `invalid_argument`; the signal's reason when it aborts
 */
export async function umap(
  embeddings: EmbeddingsLike,
  neighbors: NearestNeighbors,
  options: UmapOptions = {},
): Promise<Float32Array> {
  const { minDist = 0.1, seed = 0, onProgress, signal } = checkedOptions("umap", options, umapOptions, umapHints);
  const given = asEmbeddings(embeddings);
  requireObject("neighbors", neighbors, "what nearestNeighbors gives of the embeddings");
  const { count, k, ids, similarities } = neighbors;
  if (count !== given.count) {
    throw new HpdError("invalid_argument", `expected neighbors of ${given.count} embeddings, got those of ${count}`);
  }
  const { epochs = count > manyPoints ? 200 : 500 } = options;
  if (!Number.isSafeInteger(epochs) || epochs < 0) {
    throw new HpdError("invalid_argument", `epochs should be an integer, got ${String(epochs)}`);
  }
  const curve = fitCurve(minDist);
  const yielder = new Yielder(signal);
  const positions = await principalPlane(given, seed, yielder);
  // A cosine may exceed 1 by rounding.
  const distances = similarities.map((similarity) => Math.max(0, 1 - similarity));
  const graph = await fuzzyGraph({ count, k, ids, distances }, yielder);
  const onEpoch = onProgress && ((done: number) => onProgress({ stage: "layout", done, total: epochs }));
  await optimizeLayout(graph, positions, { ...curve, epochs, seed, yielder, onEpoch });
  return positions;
}
