/**
 * A thread that takes a symmetric matrix apart, because that takes seconds: 2 for 768 dimensions, 20 for 1,536.
 * ml-matrix does it as JAMA and EISPACK do (tred2, tql2).
 */
import { parentPort, workerData } from "node:worker_threads";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { EigenReply, EigenRequest } from "./symmetric-eigen.ts";

const { matrix, size } = workerData as EigenRequest;
const decomposition = new EigenvalueDecomposition(Matrix.from1DArray(size, size, matrix), { assumeSymmetric: true });
const columns = decomposition.eigenvectorMatrix;
// The weakest come first.
const values = Float64Array.from(decomposition.realEigenvalues).reverse();
const vectors = new Float64Array(size * size);
for (let vector = 0; vector < size; vector++) {
  for (let i = 0; i < size; i++) vectors[vector * size + i] = columns.get(i, size - 1 - vector);
}
parentPort!.postMessage({ values, vectors } satisfies EigenReply);
