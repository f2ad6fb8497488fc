/**
 * Equal texts lie at one place of a map, not each among neighbours that are all itself: each different text is placed once,
 * and the others are put around it.
 */
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt } from "../tensor/rows.ts";
import type { NearestNeighbors } from "./nearest-neighbors.ts";

export interface DistinctTexts {
  /** Of each different text where it comes first. */
  readonly firsts: Uint32Array;
  /** `[texts]`: which of the different ones each is. */
  readonly kinds: Uint32Array;
}

export function distinctTexts(texts: readonly string[]): DistinctTexts {
  const kindOf = new Map<string, number>();
  const firsts: number[] = [];
  const kinds = new Uint32Array(texts.length);
  for (const [index, text] of texts.entries()) {
    let kind = kindOf.get(text);
    if (kind === undefined) {
      kind = firsts.push(index) - 1;
      kindOf.set(text, kind);
    }
    kinds[index] = kind;
  }
  return { firsts: Uint32Array.from(firsts), kinds };
}

/** Of the different texts. */
export function distinctEmbeddings(embeddings: Embeddings, { firsts }: DistinctTexts): Embeddings {
  return rowsAt(embeddings, firsts);
}

/** From the different texts' to those of all. */
export function neighborsOfAll({ k, ...found }: NearestNeighbors, { firsts, kinds }: DistinctTexts): NearestNeighbors {
  const ids = new Uint32Array(kinds.length * k);
  const similarities = new Float32Array(kinds.length * k);
  for (const [text, kind] of kinds.entries()) {
    for (let rank = 0; rank < k; rank++) ids[text * k + rank] = firsts[found.ids[kind * k + rank]!]!;
    similarities.set(found.similarities.subarray(kind * k, (kind + 1) * k), text * k);
  }
  return { count: kinds.length, k, ids, similarities };
}

/** A turn that brings each next point farthest from those before. */
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

/**
 * `[texts, 2]` from `[different texts, 2]`: equal texts form a disc, as large as there are many.
 *
 * @param step between two of them, in units of the layout, where neighbours lie about 0.1 apart
 */
export function placesOfAll(places: Float32Array, { kinds }: DistinctTexts, step = 0.02): Float32Array {
  const seen = new Uint32Array(places.length / 2);
  const all = new Float32Array(2 * kinds.length);
  for (const [text, kind] of kinds.entries()) {
    const turn = seen[kind]!++;
    const radius = step * Math.sqrt(turn);
    all[2 * text] = places[2 * kind]! + radius * Math.cos(turn * goldenAngle);
    all[2 * text + 1] = places[2 * kind + 1]! + radius * Math.sin(turn * goldenAngle);
  }
  return all;
}
