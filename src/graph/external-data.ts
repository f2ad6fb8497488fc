/**
 * The weights of an ONNX model beside it, one after the other in one memory: shared, where there is such, so that workers need
 * no copy of their own.
 */
import { eachConcurrently } from "../common/each-concurrently.ts";
import { bytesPerElement } from "../tensor/dtype.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";

/** Tensors start at multiples of this, so that the runtime can read them in place. */
const alignment = 64;

/** Number of tensors that are read at the same time: each may be in memory twice meanwhile. */
const readsAtOnce = 4;

/** A tensor with its place in the memory. */
export interface ExternalTensor {
  readonly offset: number;
  readonly length: number;
  /** Reads the tensor, into the given memory where that is possible. */
  readonly read: (into: Uint8Array) => Promise<Tensor>;
}

export class ExternalData {
  #size = 0;

  /** Finds a place for a tensor behind the others, and puts it into a list. */
  place(
    list: ExternalTensor[],
    { dtype, shape, read }: Pick<Tensor, "dtype" | "shape"> & Pick<ExternalTensor, "read">,
  ): { offset: number; length: number } {
    const offset = this.#size;
    const length = elementCount(shape) * bytesPerElement(dtype);
    list.push({ offset, length, read });
    this.#size = Math.ceil((offset + length) / alignment) * alignment;
    return { offset, length };
  }

  /** Memory for all tensors that have a place. */
  allocate(): Uint8Array {
    return new Uint8Array(
      typeof SharedArrayBuffer === "undefined" ? new ArrayBuffer(this.#size) : new SharedArrayBuffer(this.#size),
    );
  }
}

/** Reads tensors into their places, a few at a time, because a file is read by other threads. */
export async function readInto(memory: Uint8Array, list: readonly ExternalTensor[]): Promise<void> {
  await eachConcurrently(list, { concurrency: readsAtOnce }, async ({ offset, length, read }) => {
    const { data } = await read(memory.subarray(offset, offset + length));
    if (data.buffer === memory.buffer) return;
    memory.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  });
}
