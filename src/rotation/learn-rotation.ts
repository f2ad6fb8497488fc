/**
 * A rotation of embeddings after which their first numbers tell as much as can be of which embeddings are near. All numbers
 * together keep every similarity, as rotations do. Steps are Adam's, along the turns of two dimensions (Absil et al.,
 * Optimization Algorithms on Matrix Manifolds, section 4.1).
 */
import { createSession } from "#runtime";
import type { Random } from "../random.ts";
import type { Session } from "../runtime/session.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import type { Tensor } from "../tensor/tensor.ts";
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
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/** The score that an embedding has with itself, of which a softmax leaves nothing. */
const maskValue = -1e9;

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
    const adam = new Adam(dimension * dimension);
    const order = Uint32Array.from({ length: embeddings.count }, (_, index) => index);
    let state: { readonly rotation: Float32Array; readonly turn: Float32Array } = {
      rotation: start,
      turn: new Float32Array(dimension * dimension),
    };
    let next = order.length;
    for (let step = 1; step <= steps + 1; step++) {
      signal?.throwIfAborted();
      if (next + batchSize > order.length) {
        random.shuffle(order);
        next = 0;
      }
      const batch = rowsOf(embeddings, order.subarray(next, next + batchSize));
      next += batchSize;
      const { turned, slopes } = await stepOf(session, { batch, own, ...state }, dimension);
      if (step > steps) return turned;
      const now = rate * Math.min(1, step / warmup) * (1 - (step - 1) / steps);
      state = { rotation: turned, turn: adam.step(slopes, now) };
      onStep(step);
    }
    return state.rotation;
  } finally {
    await session.dispose();
  }
}

async function stepOf(
  session: Session,
  { batch, own, rotation, turn }: Record<"batch" | "own" | "rotation" | "turn", Float32Array>,
  dimension: number,
): Promise<{ readonly turned: Float32Array; readonly slopes: Float32Array }> {
  const size = batch.length / dimension;
  // Buffers are moved.
  const tensor = (data: Float32Array, rows: number, columns: number): Tensor<"float32"> => ({
    dtype: "float32",
    shape: [rows, columns],
    data: data.slice(),
  });
  const outputs = await session.run({
    embeddings: tensor(batch, size, dimension),
    own: tensor(own, size, size),
    rotation: tensor(rotation, dimension, dimension),
    turn: tensor(turn, dimension, dimension),
  });
  return { turned: outputs.turned!.data as Float32Array, slopes: outputs.slopes!.data as Float32Array };
}

function rowsOf({ data, dimension }: Embeddings, indices: Uint32Array): Float32Array {
  const rows = new Float32Array(indices.length * dimension);
  for (let at = 0; at < indices.length; at++) {
    const from = indices[at]! * dimension;
    rows.set(data.subarray(from, from + dimension), at * dimension);
  }
  return rows;
}

class Adam {
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #steps = 0;

  constructor(size: number) {
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
  }

  /** @returns how far to go along each slope */
  step(slopes: Float32Array, rate: number): Float32Array {
    this.#steps++;
    const [unbias1, unbias2] = [1 - beta1 ** this.#steps, 1 - beta2 ** this.#steps];
    return slopes.map((slope, at) => {
      const first = beta1 * this.#first[at]! + (1 - beta1) * slope;
      const second = beta2 * this.#second[at]! + (1 - beta2) * slope * slope;
      this.#first[at] = first;
      this.#second[at] = second;
      return (-rate * first) / (unbias1 * (Math.sqrt(second / unbias2) + epsilon));
    });
  }
}
