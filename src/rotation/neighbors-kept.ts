/** The share of neighbours by whole embeddings that cut ones find, too. */
import { Projector } from "../distillation/projection/projector.ts";
import { semanticSearch } from "../search/semantic-search.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";
import type { CutResult } from "./options.ts";

const neighbors = 10;

/**
 * @param embeddings of length 1
 * @param measured number of the first texts, whose neighbours among all are looked at
 * @param rotation [dimension, dimension]
 * @throws the signal's reason
 */
export async function neighborsKept(
  embeddings: Embeddings,
  measured: number,
  rotation: Float32Array,
  cuts: readonly number[],
  signal: AbortSignal | undefined,
): Promise<CutResult[]> {
  const whole = await nearest(embeddings, measured, signal);
  const rotated = await rotatedBy(embeddings, rotation);
  const results: CutResult[] = [];
  for (const dimensions of cuts) {
    results.push({
      dimensions,
      before: await keptBy(embeddings, dimensions),
      after: await keptBy(rotated, dimensions),
    });
  }
  return results;

  async function keptBy(all: Embeddings, dimensions: number): Promise<number> {
    const found = await nearest(cut(all, dimensions), measured, signal);
    const kept = found.reduce((sum, ids, text) => sum + [...ids].filter((id) => whole[text]!.has(id)).length, 0);
    return kept / whole.reduce((sum, { size }) => sum + size, 0);
  }
}

/** The texts nearest to each of the first ones, without itself. */
async function nearest(all: Embeddings, count: number, signal: AbortSignal | undefined): Promise<Set<number>[]> {
  const hits = await semanticSearch(rowsBetween(all, 0, count), all, { topK: neighbors + 1, signal });
  return hits.map((each, text) => {
    const others = each.flatMap(({ corpusId }) => (corpusId === text ? [] : [corpusId]));
    return new Set(others.slice(0, neighbors));
  });
}

function cut(all: Embeddings, dimensions: number): Embeddings {
  const data = new Float32Array(all.count * dimensions);
  for (let row = 0; row < all.count; row++) data.set(all.row(row).subarray(0, dimensions), row * dimensions);
  return new Embeddings(data, all.count, dimensions);
}

async function rotatedBy({ data, count, dimension }: Embeddings, rotation: Float32Array): Promise<Embeddings> {
  const projector = await Projector.create({ components: rotation, dimension, teacherDimension: dimension });
  try {
    return new Embeddings(await projector.project(data.slice()), count, dimension);
  } finally {
    await projector.dispose();
  }
}
