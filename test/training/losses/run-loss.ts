/** The loss of a batch by its embeddings, as the learner computes it of several columns. */
import { InPlaceSession } from "../../../src/runtime/node/in-place-session.ts";
import type { Labels } from "../../../src/training/data/training-set.ts";
import { lossModel } from "../../../src/training/learner/loss-model.ts";
import { perRowInput } from "../../../src/training/learner/program.ts";
import type { Loss } from "../../../src/training/losses/loss.ts";

/**
 * @param embeddings [columns, rows, dimension]
 * @param isMean whether it takes 1 / rows
 * @returns its value, and the gradients by each column: [rows, dimension]
 */
export async function runLoss(
  loss: Loss,
  embeddings: readonly (readonly (readonly number[])[])[],
  labels: Labels,
  isMean = true,
): Promise<{ value: number; gradients: Float32Array[] }> {
  const [rows, dimension] = [embeddings[0]!.length, embeddings[0]![0]!.length];
  const shape = [rows, dimension];
  const prepared = Object.entries(loss.prepare(labels, rows, { layers: 0, random: undefined }));
  const graph = lossModel({ loss, columns: embeddings.length }, { dimension, layers: 0 });
  const session = await InPlaceSession.create(graph, 1);
  const value = new Float32Array(1);
  const gradients = embeddings.map(() => new Float32Array(rows * dimension));
  const named = (name: string, data: readonly Float32Array[]) =>
    data.map((data, index) => [`${name} ${index}`, { dtype: "float32", shape, data } as const] as const);
  try {
    await session.run(
      Object.fromEntries([
        ...named(
          "column",
          embeddings.map((column) => Float32Array.from(column.flat())),
        ),
        ...prepared.map(([name, tensor]) => [`loss ${name}`, tensor] as const),
        ...(isMean
          ? [[perRowInput, { dtype: "float32", shape: [], data: Float32Array.of(1 / rows) } as const] as const]
          : []),
      ]),
      { loss: { dtype: "float32", shape: [], data: value }, ...Object.fromEntries(named("gradient", gradients)) },
    );
  } finally {
    await session.release();
  }
  return { value: value[0]!, gradients };
}
