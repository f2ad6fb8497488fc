/**
 * A rotation of embeddings after which their first numbers tell as much as can be of which embeddings are near. All numbers
 * together keep every similarity, as rotations do. Steps are Adam's, along the turns of two dimensions (Absil et al.,
 * Optimization Algorithms on Matrix Manifolds, section 4.1).
 */
import { createSession } from "#runtime";
import type { Random } from "../random.ts";
import type { Session } from "../runtime/session.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsAt } from "../tensor/rows.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { maskValue } from "../training/losses/mask-value.ts";
import { adamW, stepScale, torchAdamW } from "../training/optimizer/adamw.ts";
import { rotationStep } from "./rotation-step.ts";

export interface RotationSettings {
  /** The numbers of dimensions to which embeddings will be cut. */
  readonly dimensions: readonly number[];
  readonly steps: number;
  readonly batchSize: number;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  onStep(done: number): void;
}

const rate = 3e-3;
const warmup = 50;

/**
 * @param embeddings of length 1
 * @param start [dimension, dimension]: a rotation, whose rows are the new dimensions
 * @returns another
 * @throws the signal's reason
 */
export async function learnRotation(
  embeddings: Embeddings,
  start: Float32Array,
  { dimensions, steps, batchSize, random, signal, onStep }: RotationSettings,
): Promise<Float32Array> {
  const { dimension } = embeddings;
  const model = rotationStep(dimension, dimensions);
  const session = await createSession(
    { model, weights: new Uint8Array(0), weightsLocation: "none", lookups: [] },
    { workers: 1 },
  );
  try {
    const own = new Float32Array(batchSize * batchSize);
    for (let at = 0; at < batchSize; at++) own[at * (batchSize + 1)] = maskValue;
    const size = dimension * dimension;
    const moments = { first: new Float64Array(size), second: new Float64Array(size) };
    const order = Uint32Array.from({ length: embeddings.count }, (_, index) => index);
    let rotation = start.slice();
    let turn = new Float32Array(size);
    let next = order.length;
    for (let step = 1; ; step++) {
      signal?.throwIfAborted();
      if (next + batchSize > order.length) {
        random.shuffle(order);
        next = 0;
      }
      const batch = rowsAt(embeddings, order.subarray(next, next + batchSize));
      next += batchSize;
      const { turned, slopes } = await stepOf(session, batch, { own: own.slice(), rotation, turn });
      if (step > steps) return turned;
      const now = rate * Math.min(1, step / warmup) * (1 - (step - 1) / steps);
      rotation = turned;
      turn = new Float32Array(size);
      const scale = { factor: 1, decay: 0, ...stepScale(torchAdamW, now, step) };
      adamW({ parameters: turn, ...moments }, { offset: 0, gradients: slopes }, torchAdamW, scale);
      onStep(step);
    }
  } finally {
    await session.dispose();
  }
}

/** One run of the step. All buffers are moved. */
async function stepOf(
  session: Session,
  { data, count, dimension }: Embeddings,
  { own, rotation, turn }: Record<"own" | "rotation" | "turn", Float32Array>,
): Promise<{ readonly turned: Float32Array<ArrayBuffer>; readonly slopes: Float32Array }> {
  const tensor = (values: Float32Array, rows: number, columns: number): Tensor<"float32"> => ({
    dtype: "float32",
    shape: [rows, columns],
    data: values,
  });
  const outputs = await session.run({
    embeddings: tensor(data, count, dimension),
    own: tensor(own, count, count),
    rotation: tensor(rotation, dimension, dimension),
    turn: tensor(turn, dimension, dimension),
  });
  return { turned: outputs.turned!.data as Float32Array<ArrayBuffer>, slopes: outputs.slopes!.data as Float32Array };
}
