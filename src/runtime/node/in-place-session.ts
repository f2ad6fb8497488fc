/**
 * A session that reads and writes memory of the caller's: parameters that change between runs are never copied, and
 * gradients come to lie where the optimizer wants them. For threads of the library's own: it blocks the one it is in.
 */
import type { TensorConstructor } from "onnxruntime-common";
import type { Tensor } from "../../tensor/tensor.ts";
import type { NamedTensors } from "../session.ts";
import { createNativeSession, type NativeSession } from "./native-session.ts";

export class InPlaceSession {
  readonly #session: NativeSession;
  readonly #Tensor: TensorConstructor;

  private constructor(session: NativeSession, Tensor: TensorConstructor) {
    this.#session = session;
    this.#Tensor = Tensor;
  }

  /** @param threads that a single operation may use */
  static async create(model: Uint8Array, threads: number): Promise<InPlaceSession> {
    const { Tensor } = await import("onnxruntime-node");
    return new InPlaceSession(await createNativeSession(model, { intraOpNumThreads: threads }), Tensor);
  }

  /** @param outputs what is written: their data is overwritten, their shapes have to be right */
  async run(inputs: NamedTensors, outputs: NamedTensors): Promise<void> {
    await this.#session.run(this.#native(inputs), this.#native(outputs));
  }

  release(): Promise<void> {
    return this.#session.release();
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
