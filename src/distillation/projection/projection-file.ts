/** A projection as a safetensors file: `components` float32 and `explained_variance_ratio` float64. */
import { encodeSafetensors } from "../../formats/safetensors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Projection } from "./projection.ts";

/** The bytes of the file. @throws HpdError `invalid_argument` where the sizes don't fit together */
export function encodeProjection(projection: Projection): Uint8Array {
  const { components, dimension, teacherDimension, explainedVarianceRatio } = projection;
  const tensors = new Map<string, Tensor>([
    ["components", { dtype: "float32", shape: [dimension, teacherDimension], data: components }],
    ["explained_variance_ratio", { dtype: "float64", shape: [dimension], data: explainedVarianceRatio }],
  ]);
  return encodeSafetensors(tensors);
}
