/**
 * A session that reads and writes the caller's memory: parameters that change between runs are not copied, and
 * gradients are written where the optimizer reads them. For the library's own threads: it blocks the one that calls it.
 */
import type { TensorConstructor } from "onnxruntime-common";
import type { Tensor } from "../../tensor/tensor.ts";
import type { NamedTensors } from "../session.ts";
import { loadRuntime } from "./load-runtime.ts";
import { createNativeSession, type NativeSession } from "./native-session.ts";

export class InPlaceSession {
  readonly #session: NativeSession;
  readonly #Tensor: TensorConstructor;
  /** Copies of shared memory, by the name of the input or output; undefined if the runtime accepts shared memory. */
  #copies: Map<string, Tensor["data"]> | undefined;

  private constructor(session: NativeSession, Tensor: TensorConstructor) {
    this.#session = session;
    this.#Tensor = Tensor;
  }

  /** @param threads that a single operation may use */
  static async create(model: Uint8Array, threads: number): Promise<InPlaceSession> {
    const session = await createNativeSession(model, { intraOpNumThreads: threads });
    return new InPlaceSession(session, loadRuntime().Tensor);
  }

  /**
   * Runs the model. The Node-API of older versions of Node (such as 20) refuses shared memory, which is copied there.
   *
   * @param outputs tensors that are overwritten; their shapes must be right
   */
  async run(inputs: NamedTensors, outputs: NamedTensors): Promise<void> {
    if (this.#copies === undefined) {
      try {
        await this.#session.run(this.#native(inputs), this.#native(outputs));
        return;
      } catch (error) {
        if ((error as Error).message !== "Invalid argument") throw error;
        this.#copies = new Map();
      }
    }
    const copies = this.#withoutShared(outputs);
    await this.#session.run(this.#native(this.#withoutShared(inputs, true)), this.#native(copies));
    for (const [name, { data }] of Object.entries(outputs)) {
      if (copies[name]!.data !== data) (data as Float32Array).set(copies[name]!.data as Float32Array);
    }
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  /** @param isInput copies what is there */
  #withoutShared(tensors: NamedTensors, isInput = false): NamedTensors {
    return Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => {
        const { data } = tensor;
        if (data.buffer instanceof ArrayBuffer) return [name, tensor];
        const before = this.#copies!.get(name);
        const copy = before?.length === data.length ? before : data.slice();
        this.#copies!.set(name, copy);
        if (isInput && copy === before) (copy as Float32Array).set(data as Float32Array);
        return [name, { ...tensor, data: copy }];
      }),
    );
  }

  #native(tensors: NamedTensors) {
    return Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, data, shape }]: [string, Tensor]) => [
        name,
        new this.#Tensor(dtype as "float32", data as Float32Array, shape),
      ]),
    );
  }
}
