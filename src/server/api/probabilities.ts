/** Scores of a cross-encoder as numbers between 0 and 1. */
import { activate } from "../../cross-encoder/activations.ts";

/**
 * As text-embeddings-inference makes them, whatever activation the model names: sigmoid of one score, softmax of several.
 *
 * @param raw leave them as they are
 */
export function probabilities(scores: Float32Array, raw: boolean): Float32Array {
  const copy = scores.slice();
  if (!raw) activate(copy, copy.length === 1 ? "sigmoid" : "softmax");
  return copy;
}
