/** A projection as a safetensors file: `components` float32 and `explained_variance_ratio` float64. */
import { HpdError } from "../../errors.ts";
import { encodeSafetensors, openSafetensors } from "../../formats/safetensors.ts";
import { openFile } from "../../hub/file-byte-source.ts";
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

/** @throws HpdError `not_found`, `corrupt_file` */
export async function loadProjection(path: string): Promise<Projection> {
  const source = await openFile(path).catch((cause: Error) => {
    throw cause instanceof HpdError
      ? cause
      : new HpdError("not_found", `${path} can't be read: ${cause.message}`, { cause });
  });
  try {
    const file = await openSafetensors(source);
    const components = await file.read("components");
    const explained = await file.read("explained_variance_ratio");
    const [dimension, teacherDimension] = components.shape;
    const isProjection =
      components.dtype === "float32" &&
      components.shape.length === 2 &&
      explained.dtype === "float64" &&
      `${explained.shape}` === `${dimension}`;
    if (!isProjection) {
      throw new HpdError(
        "corrupt_file",
        `${path} is no projection: expected components of float32 [dimension, teacher dimension] and ` +
          `explained_variance_ratio of float64 [dimension], got ${components.dtype} [${components.shape}] and ` +
          `${explained.dtype} [${explained.shape}]`,
      );
    }
    return {
      components: components.data as Float32Array,
      dimension: dimension!,
      teacherDimension: teacherDimension!,
      explainedVarianceRatio: explained.data as Float64Array,
    };
  } finally {
    await source.close();
  }
}
