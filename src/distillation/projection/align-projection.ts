/**
 * A projection turned to the space in which a student already answers, so that training goes on from what it knows. All that
 * targets say of each other stays, since they are rotated alike. The rotation is the solution of the orthogonal Procrustes
 * problem (Schönemann 1966): of all rotations of the targets, the one that brings them nearest to the student's embeddings.
 */
import { Matrix } from "ml-matrix";
import type { Projection } from "./projection.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

/**
 * @param targets [texts, dimension]: what the projection makes of the teachers' embeddings
 * @param embeddings [texts, dimension]: the student's, of the same texts
 * @throws the signal's reason
 */
export async function alignProjection(
  projection: Projection,
  targets: Float32Array,
  embeddings: Float32Array,
  signal: AbortSignal,
): Promise<Projection> {
  const { components, dimension, teacherDimension, explainedVarianceRatio } = projection;
  const rotation = await orthogonalFactor(productsOf(embeddings, targets, dimension), signal);
  const turned = rotation.mmul(matrixOf(components, teacherDimension));
  return {
    components: Float32Array.from(turned.to1DArray()),
    dimension,
    teacherDimension,
    // Principal components are uncorrelated, so the variances of their sums add up.
    explainedVarianceRatio: Float64Array.from(
      Matrix.pow(rotation, 2).mmul(Matrix.columnVector(explainedVarianceRatio)).to1DArray(),
    ),
  };
}

/** The sum of the products of each row of `a` with that of `b`: [dimension, dimension]. */
function productsOf(a: Float32Array, b: Float32Array, dimension: number): Matrix {
  return matrixOf(a, dimension).transpose().mmul(matrixOf(b, dimension));
}

function matrixOf(data: Float32Array, columns: number): Matrix {
  return Matrix.from1DArray(data.length / columns, columns, data);
}

/**
 * The orthogonal factor of the polar decomposition, `x (x^T x)^(-1/2)`. A little of the identity is added first, which decides where
 * nothing else does: a student may leave dimensions unused.
 */
async function orthogonalFactor(x: Matrix, signal: AbortSignal): Promise<Matrix> {
  const size = x.rows;
  const rootMeanSquare = x.norm("frobenius") / Math.sqrt(size);
  const regular = Matrix.add(x, Matrix.eye(size, size).mul(1e-4 * rootMeanSquare));
  const squares = Float64Array.from(regular.transpose().mmul(regular).to1DArray());
  const { values, vectors } = await symmetricEigen(squares, size, signal);
  const axes = Matrix.from1DArray(size, size, vectors);
  const scaled = axes.clone();
  for (const [row, value] of values.entries()) scaled.mulRow(row, 1 / Math.sqrt(value));
  return regular.mmul(axes.transpose()).mmul(scaled);
}
