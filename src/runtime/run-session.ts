/** Runs a session of ONNX Runtime, the same for onnxruntime-node and onnxruntime-web, with this library's tensors. */
import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import type { Tensor } from "../tensor/tensor.ts";
import type { NamedTensors } from "./session.ts";

export async function runSession(
  OrtTensor: TensorConstructor,
  session: InferenceSession,
  inputs: NamedTensors,
): Promise<NamedTensors> {
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
      name,
      new OrtTensor(dtype as "float32", data as Float32Array, shape),
    ]),
  );
  const results = await session.run(feeds);
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, data, dims }]) => [
      name,
      // A copy, because the runtime's own memory can't be moved to another thread.
      { dtype: type, data: (data as Float32Array).slice(), shape: dims } as Tensor,
    ]),
  );
}
