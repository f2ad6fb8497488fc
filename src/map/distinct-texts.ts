/**
 * Distinct texts, for which a map is computed: equal texts would be one another's only neighbours. Each distinct text
 * is placed once, and its copies are put around it.
 */
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt } from "../tensor/rows.ts";
import type { NearestNeighbors } from "./nearest-neighbors.ts";

export interface DistinctTexts {
  /** `[distinct]`: the index at which each distinct text comes first. */
  readonly firsts: Uint32Array;
  /** `[texts]`: the distinct text that each text is, as `return_inverse` of numpy.unique. */
  readonly inverse: Uint32Array;
}

export function distinctTexts(texts: readonly string[]): DistinctTexts {
  const distinctOf = new Map<string, number>();
  const firsts: number[] = [];
  const inverse = new Uint32Array(texts.length);
  for (const [index, text] of texts.entries()) {
    let distinct = distinctOf.get(text);
    if (distinct === undefined) {
      distinct = firsts.push(index) - 1;
      distinctOf.set(text, distinct);
    }
    inverse[index] = distinct;
  }
  return { firsts: Uint32Array.from(firsts), inverse };
}

/** The embeddings of the distinct texts. */
export function distinctEmbeddings(embeddings: Embeddings, { firsts }: DistinctTexts): Embeddings {
  return rowsAt(embeddings, firsts);
}

/** The neighbours of all texts, from those of the distinct texts. */
export function neighborsOfAll(
  { k, ...found }: NearestNeighbors,
  { firsts, inverse }: DistinctTexts,
): NearestNeighbors {
  const ids = new Uint32Array(inverse.length * k);
  const similarities = new Float32Array(inverse.length * k);
  for (const [text, distinct] of inverse.entries()) {
    for (let rank = 0; rank < k; rank++) ids[text * k + rank] = firsts[found.ids[distinct * k + rank]!]!;
    similarities.set(found.similarities.subarray(distinct * k, (distinct + 1) * k), text * k);
  }
  return { count: inverse.length, k, ids, similarities };
}

/** The angle between two successive copies of a text, by which each lies far from those before. */
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

/**
 * The positions of all texts, from those of the distinct texts: copies of a text form a disc.
 *
 * @param positions `[distinct, 2]`
 * @param step between two copies, in units of the layout, where neighbours lie about 0.1 apart
 * @returns `[texts, 2]`
 */
export function positionsOfAll(positions: Float32Array, { inverse }: DistinctTexts, step = 0.02): Float32Array {
  const seen = new Uint32Array(positions.length / 2);
  const all = new Float32Array(2 * inverse.length);
  for (const [text, distinct] of inverse.entries()) {
    const copy = seen[distinct]!++;
    const radius = step * Math.sqrt(copy);
    all[2 * text] = positions[2 * distinct]! + radius * Math.cos(copy * goldenAngle);
    all[2 * text + 1] = positions[2 * distinct + 1]! + radius * Math.sin(copy * goldenAngle);
  }
  return all;
}
