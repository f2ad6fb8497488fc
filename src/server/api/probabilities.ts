/** Scores of a cross-encoder as numbers between 0 and 1. */
import { activate } from "../../cross-encoder/activations.ts";

/**
 * The sigmoid of one score or the softmax of several, as in text-embeddings-inference, whatever activation the model names.
 *
 * @param raw whether to return the scores unchanged
 */
export function probabilities(scores: Float32Array, raw: boolean): Float32Array {
  const copy = scores.slice();
  if (!raw) activate(copy, copy.length === 1 ? "sigmoid" : "softmax");
  return copy;
}
