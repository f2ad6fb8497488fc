/**
 * UMAP to two dimensions: neighbours stay neighbours. Source: McInnes, Healy, Melville, arXiv 1802.03426, and umap-learn,
 * whose defaults these are, but for the start, see `principal-plane.ts`. Why it is here and not a package's: see
 * docs/decisions/2026-11-25-maps.md.
 */

import { checkedOptions, type Hints, type OptionTable } from "../../common/options.ts";
import type { Progress } from "../../common/progress.ts";
import { Yielder } from "../../common/yielder.ts";
import { HpdError } from "../../errors.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import type { NearestNeighbors } from "../nearest-neighbors.ts";
import { fitCurve } from "./curve.ts";
import { fuzzyGraph } from "./fuzzy-graph.ts";
import { optimizeLayout } from "./optimize-layout.ts";
import { principalPlane } from "./principal-plane.ts";

export interface UmapOptions {
  /** How close points may come to each other, 0 to 1. Lower: tighter clumps. Default: 0.1. */
  readonly minDist?: number | undefined;
  /** Default: 500, and 200 for more than 10,000 points. */
  readonly epochs?: number | undefined;
  /** Equal seeds give equal maps. Default: 0. */
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

/** What umap-learn has under other names. */
const umapHints: Hints = { nEpochs: "epochs is its name here", randomState: "seed is its name here" };

const manyPoints = 10_000;

/**
 * Lets the event loop turn as it goes.
 *
 * @param neighbors of the embeddings, by `nearestNeighbors`
 * @returns `[count, 2]`
 * @throws HpdError `invalid_argument`; the signal's reason when it aborts
 */
export async function umap(
  embeddings: Embeddings,
  neighbors: NearestNeighbors,
  options: UmapOptions = {},
): Promise<Float32Array> {
  const { minDist = 0.1, seed = 0, onProgress, signal } = checkedOptions("umap", options, umapOptions, umapHints);
  const { count, k, ids, similarities } = neighbors;
  if (count !== embeddings.count) {
    throw new HpdError("invalid_argument", `${embeddings.count} embeddings with neighbours of ${count}`);
  }
  const { epochs = count > manyPoints ? 200 : 500 } = options;
  if (!Number.isSafeInteger(epochs) || epochs < 0) {
    throw new HpdError("invalid_argument", `epochs should be an integer, got ${String(epochs)}`);
  }
  const curve = fitCurve(minDist);
  const yielder = new Yielder(signal);
  const positions = await principalPlane(embeddings, seed, yielder);
  // Rounding can take a cosine above 1.
  const distances = similarities.map((similarity) => Math.max(0, 1 - similarity));
  const graph = await fuzzyGraph(count, k, ids, distances, yielder);
  const onEpoch = onProgress && ((done: number) => onProgress({ stage: "layout", done, total: epochs }));
  await optimizeLayout(graph, positions, { ...curve, epochs, seed, yielder, onEpoch });
  return positions;
}
