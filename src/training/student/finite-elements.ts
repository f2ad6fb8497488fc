/** The weights of a model that is to be trained: read, and looked at while there is no work to lose. */
import { HpdError } from "../../errors.ts";
import { elementsOf } from "../../tensor/lazy-tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** @throws HpdError `invalid_model` where numbers aren't finite: nothing could be learnt from them, or saved */
export async function finiteElementsOf(name: string, tensor: Tensor<"float32">): Promise<Tensor<"float32">> {
  const read = await elementsOf(tensor);
  if (read.data.every(Number.isFinite)) return read;
  throw new HpdError(
    "invalid_model",
    `${name} holds numbers that are not finite, so that nothing can be learnt: take another model to begin with`,
  );
}
