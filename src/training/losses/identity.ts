/** Which of a batch's texts are a row's own. */
import type { Tensor } from "../../tensor/tensor.ts";

/** 1 on the diagonal: [rows, rows] */
export function identity(rows: number): Tensor<"float32"> {
  const data = new Float32Array(rows * rows);
  for (let row = 0; row < rows; row++) data[row * rows + row] = 1;
  return { dtype: "float32", shape: [rows, rows], data };
}
