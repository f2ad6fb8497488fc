/**
 * The homomorphic projection: a linear map of a teacher's embeddings into fewer dimensions that keeps their products as
 * well as can be. Source: arXiv 2203.07687, section 3; its reference code fits scikit-learn's PCA, which centres, and
 * then multiplies embeddings by the components without centring them. So a projected teacher is the teacher and a Dense
 * module without bias, and products stay what they stand for.
 */
import { HpdError } from "../../errors.ts";
import type { Covariance } from "./covariance.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

export interface Projection {
  /** [dimension, teacherDimension], row-major: principal directions of length 1, the strongest first. */
  readonly components: Float32Array;
  readonly dimension: number;
  readonly teacherDimension: number;
  /** [dimension]: the part of the variance of the teacher's embeddings that each direction holds. */
  readonly explainedVarianceRatio: Float64Array;
}

/**
 * @throws HpdError `invalid_argument` for more dimensions than the teacher has, not fewer than there are embeddings,
 *   and embeddings that are all alike; the signal's reason
 */
export async function fitProjection(
  covariance: Covariance,
  dimension: number,
  signal: AbortSignal,
): Promise<Projection> {
  const teacherDimension = covariance.dimension;
  requireDimensions(dimension, teacherDimension, covariance.count);
  const matrix = covariance.covariance();
  let total = 0;
  for (let i = 0; i < teacherDimension; i++) total += matrix[i * teacherDimension + i]!;
  // What float32 leaves of equal embeddings, which come out of batches of several lengths.
  if (!(total > 1e-12 * covariance.squaredOrigin)) {
    throw new HpdError(
      "invalid_argument",
      `the teacher gives one embedding for all ${covariance.count} sentences: there is nothing to learn from it. ` +
        "Take another teacher, or see what its embeddings of different sentences are",
    );
  }
  const { values, vectors } = await symmetricEigen(matrix, teacherDimension, signal);
  const components = new Float32Array(dimension * teacherDimension);
  for (let row = 0; row < dimension; row++) {
    const vector = vectors.subarray(row * teacherDimension, (row + 1) * teacherDimension);
    const sign = signOf(vector);
    for (let i = 0; i < teacherDimension; i++) components[row * teacherDimension + i] = sign * vector[i]!;
  }
  const explainedVarianceRatio = values.slice(0, dimension).map((value) => Math.max(value, 0) / total);
  return { components, dimension, teacherDimension, explainedVarianceRatio };
}

/** @throws HpdError `invalid_argument` */
export function requireDimensions(dimension: number, teacherDimension: number, count: number): void {
  if (!Number.isSafeInteger(dimension) || dimension < 1 || dimension > teacherDimension) {
    throw new HpdError(
      "invalid_argument",
      `the dimension should be from 1 to the teacher's ${teacherDimension}, got ${dimension}`,
    );
  }
  if (count > dimension) return;
  throw new HpdError(
    "invalid_argument",
    `a projection to ${dimension} dimensions is fitted to more sentences than that, got ${count}: give more sentences`,
  );
}

/** The sign that makes an eigenvector's largest entry positive, scikit-learn's choice of its two directions. */
function signOf(vector: Float64Array): 1 | -1 {
  const largest = vector.reduce((best, value, i) => (Math.abs(value) > Math.abs(vector[best]!) ? i : best), 0);
  return vector[largest]! < 0 ? -1 : 1;
}
