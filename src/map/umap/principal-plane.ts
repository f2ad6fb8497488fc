/**
 * The initial layout: the embeddings projected to their first two principal components, so that distant groups start
 * apart (Kobak and Linderman, Nature Biotechnology 2021). By subspace iteration; a rough result is enough.
 */
import type { Yielder } from "../../common/yielder.ts";
import { Random } from "../../random.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";

const rounds = 20;
/** Largest absolute coordinate of an initial layout, as in umap-learn. */
const extent = 10;
/** Standard deviation of the noise that separates equal embeddings. */
const noise = 1e-3;

/** @returns `[count, 2]`: from -10 to 10, with a little noise */
export async function principalPlane(embeddings: Embeddings, seed: number, yielder: Yielder): Promise<Float32Array> {
  const { count, dimension } = embeddings;
  const mean = new Float64Array(dimension);
  for (const row of embeddings) for (let i = 0; i < dimension; i++) mean[i]! += row[i]! / count;
  const random = new Random(seed);
  let axes = [0, 1].map(() => Float64Array.from({ length: dimension }, () => random.normal()));
  orthonormalize(axes);
  for (let round = 0; round < rounds; round++) {
    const next = axes.map(() => new Float64Array(dimension));
    for (const row of embeddings) {
      for (const [index, axis] of axes.entries()) {
        const along = coordinate(row, mean, axis);
        for (let i = 0; i < dimension; i++) next[index]![i]! += along * (row[i]! - mean[i]!);
      }
      if (yielder.isDue) await yielder.yield();
    }
    orthonormalize(next);
    axes = next;
  }
  const positions = new Float64Array(2 * count);
  for (let row = 0; row < count; row++) {
    for (const [index, axis] of axes.entries())
      positions[2 * row + index] = coordinate(embeddings.row(row), mean, axis);
  }
  const farthest = positions.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = (value: number) => (farthest > 0 ? (value / farthest) * extent : 0);
  return Float32Array.from(positions, (value) => scaled(value) + noise * random.normal());
}

function coordinate(row: Float32Array, mean: Float64Array, axis: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < axis.length; i++) sum += (row[i]! - mean[i]!) * axis[i]!;
  return sum;
}

/** Gram-Schmidt orthonormalization. An axis in the span of earlier ones becomes 0. */
function orthonormalize(axes: readonly Float64Array[]): void {
  for (const [index, axis] of axes.entries()) {
    const before = norm(axis);
    for (const earlier of axes.slice(0, index)) {
      const shared = axis.reduce((sum, value, i) => sum + value * earlier[i]!, 0);
      for (let i = 0; i < axis.length; i++) axis[i]! -= shared * earlier[i]!;
    }
    const length = norm(axis);
    for (let i = 0; i < axis.length; i++) axis[i] = length > 1e-9 * before ? axis[i]! / length : 0;
  }
}

function norm(axis: Float64Array): number {
  return Math.sqrt(axis.reduce((sum, value) => sum + value * value, 0));
}
