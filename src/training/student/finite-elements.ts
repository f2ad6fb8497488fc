/** Reading and checking the weights of a model before it is trained, merged or rotated. */
import { HpdError } from "../../errors.ts";
import { elementsOf } from "../../tensor/lazy-tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** @throws HpdError `invalid_model` for elements that aren't finite */
export async function finiteElementsOf(name: string, tensor: Tensor<"float32">): Promise<Tensor<"float32">> {
  const read = await elementsOf(tensor);
  if (read.data.every(Number.isFinite)) return read;
  throw new HpdError(
    "invalid_model",
    `${name} should hold finite numbers, got NaN or infinity: start from another model`,
  );
}
