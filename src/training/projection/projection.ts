/** The homomorphic projection: a linear map into fewer dimensions that keeps dot products as well as can be. */

export interface Projection {
  /** [dimension, teacherDimension], row-major: principal directions of length 1, the strongest first. */
  readonly components: Float32Array;
  readonly dimension: number;
  readonly teacherDimension: number;
  /** [dimension]: the part of the variance of the teacher's embeddings that each direction holds. */
  readonly explainedVarianceRatio: Float64Array;
}
