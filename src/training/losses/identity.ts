/** The mask of each row's own text among those of a batch. */
import type { Tensor } from "../../tensor/tensor.ts";

/** The identity matrix: [rows, rows] */
export function identity(rows: number): Tensor<"float32"> {
  const data = new Float32Array(rows * rows);
  for (let row = 0; row < rows; row++) data[row * rows + row] = 1;
  return { dtype: "float32", shape: [rows, rows], data };
}
