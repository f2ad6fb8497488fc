/** An open checkpoint of any format: names and shapes in memory, elements read on demand. */
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface TensorFile {
  /** The checkpoint's own names, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * Reads one tensor, row-major and contiguous.
   *
   * @param into memory for its bytes, which is taken where the file allows
   * @throws HpdError `not_found` for a name that is not in `tensors`.
   */
  read(name: string, into?: Uint8Array): Promise<Tensor>;
  close(): Promise<void>;
}
