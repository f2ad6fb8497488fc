/** Batches of distillation: one column of texts, and the embedding that each should have. */
import type { Batch } from "../../../src/training/learner/learner.ts";

/** @param targets [texts, dimension], row-major */
export function targetBatch(ids: readonly Int32Array[], targets: Float32Array, dimension = 8): Batch {
  return {
    columns: [ids],
    labels: { target: { dtype: "float32", shape: [ids.length, dimension], data: targets } },
  };
}

export const idsOf = ({ columns }: Batch): readonly Int32Array[] => columns[0]!;

export const targetsOf = ({ labels }: Batch): Float32Array => labels.target!.data;
