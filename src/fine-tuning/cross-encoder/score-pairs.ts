/** The scores of pairs by a model that is being trained. */
import type { Learner } from "../../training/learner/learner.ts";
import type { ScorePairs } from "./evaluator.ts";
import type { PairEncoder } from "./pair-encoder.ts";

/** @param batchSize pairs at once; those of like length go together */
export function scoreWith(learner: Learner, encoder: PairEncoder, batchSize: number): ScorePairs {
  return async (pairs) => {
    const { dimension } = learner;
    const scores = new Float32Array(pairs.length * dimension);
    const { columns, types } = await encoder.encodePairs([pairs]);
    const ids = columns[0]!;
    const byLength = ids.map((_, index) => index).sort((a, b) => ids[a]!.length - ids[b]!.length);
    for (let start = 0; start < byLength.length; start += batchSize) {
      const indices = byLength.slice(start, start + batchSize);
      const own = types && indices.map((index) => types[0]![index]!);
      const batch = await learner.embed(
        indices.map((index) => ids[index]!),
        own,
      );
      for (const [row, index] of indices.entries()) {
        scores.set(batch.subarray(row * dimension, (row + 1) * dimension), index * dimension);
      }
    }
    return scores;
  };
}
