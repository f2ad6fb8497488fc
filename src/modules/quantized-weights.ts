/**
 * Weights that `hpd quantize` stored as int8. Beside a weight W [out, in] stand `W.scale` [out] float32 and, of a product's
 * weight, `W.input_scale` [in] or [1] float32 and `W.input_zero_point` [1] uint8, and `W.input_least_unit` [1] float32 where
 * each row of the input has a unit of its own: see `QuantizedTensor`.
 */
import { HpdError } from "../errors.ts";
import type { TensorFile } from "../formats/tensor-file.ts";
import type { DType } from "../tensor/dtype.ts";
import { LazyTensor } from "../tensor/lazy-tensor.ts";
import { QuantizedTensor } from "../tensor/quantized-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The file of weights of which some are stored as int8. Python finds none in it, which would take them for floats. */
export const int8WeightsName = "model.int8.safetensors";

/** See `Checkpoint`. */
interface WeightsFile extends Pick<TensorFile, "tensors" | "read"> {
  readonly file: string;
}

/** The largest scale that isn't taken for damage: the largest weight or activation would be about a hundred times as large. */
const largestScale = 1e9;

const suffixes = {
  scale: ".scale",
  inputScale: ".input_scale",
  zeroPoint: ".input_zero_point",
  leastUnit: ".input_least_unit",
};

/** Whether a weight of this element type is one of `hpd quantize`. @param file of the checkpoint */
export function isQuantized(dtype: DType, file: string): boolean {
  return dtype === "int8" && (file === int8WeightsName || file.endsWith(`/${int8WeightsName}`));
}

/** Whether a tensor belongs to a quantized weight among `names`. */
export function isOfQuantized(name: string, names: { has(name: string): boolean }): boolean {
  return Object.values(suffixes).some((suffix) => name.endsWith(suffix) && names.has(name.slice(0, -suffix.length)));
}

/** The tensors that a weight is stored as, by name. */
export function quantizedTensors(name: string, weight: QuantizedTensor): [string, Tensor][] {
  const { values, scale, input } = weight;
  const floats = (data: Float32Array): Tensor => ({ dtype: "float32", shape: [data.length], data });
  const tensors: [string, Tensor][] = [
    [name, values],
    [name + suffixes.scale, floats(scale)],
  ];
  if (input === undefined) return tensors;
  tensors.push(
    [name + suffixes.inputScale, floats(input.scale)],
    [name + suffixes.zeroPoint, { dtype: "uint8", shape: [1], data: Uint8Array.of(input.zeroPoint) }],
  );
  if (input.leastUnit !== undefined) {
    tensors.push([name + suffixes.leastUnit, floats(Float32Array.of(input.leastUnit))]);
  }
  return tensors;
}

/**
 * A weight whose integers are read when they are needed. All else is read and checked now.
 *
 * @throws HpdError `invalid_model` where a scale is missing, of another shape, or no positive number
 */
export async function readQuantized(checkpoint: WeightsFile, name: string): Promise<QuantizedTensor> {
  const { shape } = checkpoint.tensors.get(name)!;
  if (shape.length !== 2) {
    throw new HpdError(
      "invalid_model",
      `${checkpoint.file}: the int8 weight ${name} should be a matrix, got [${shape}]`,
    );
  }
  const [rows, columns] = shape as [number, number];
  const values = new LazyTensor("int8", shape, (into) => checkpoint.read(name, into));
  const scale = await readScale(checkpoint, name + suffixes.scale, [rows]);
  const hasInput = [suffixes.inputScale, suffixes.zeroPoint].some((suffix) => checkpoint.tensors.has(name + suffix));
  if (!hasInput) return new QuantizedTensor(values, scale);
  const inputScale = await readScale(checkpoint, name + suffixes.inputScale, [columns, 1]);
  const zeroPoint = await readTensor(checkpoint, name + suffixes.zeroPoint, "uint8", [1]);
  const input = { scale: inputScale, zeroPoint: zeroPoint.data[0]! };
  const isByRow = checkpoint.tensors.has(name + suffixes.leastUnit);
  const leastUnit = isByRow ? (await readScale(checkpoint, name + suffixes.leastUnit, [1]))[0] : undefined;
  return new QuantizedTensor(values, scale, { ...input, leastUnit });
}

async function readScale(checkpoint: WeightsFile, name: string, sizes: readonly number[]): Promise<Float32Array> {
  const { data } = await readTensor(checkpoint, name, "float32", sizes);
  const wrong = data.findIndex(
    (value) => !(value > 0 && value <= largestScale && Number.isFinite(Math.fround(1 / value))),
  );
  if (wrong < 0) return data;
  const isLarge = data[wrong]! > largestScale && data[wrong]! < Number.POSITIVE_INFINITY;
  const bound = isLarge ? ` up to ${largestScale}` : "";
  throw new HpdError(
    "invalid_model",
    `${checkpoint.file}: ${name} should hold positive numbers${bound}, got ${data[wrong]} at ${wrong}; quantize the model again`,
  );
}

/** @param sizes of which the vector has one */
async function readTensor<D extends "float32" | "uint8">(
  checkpoint: WeightsFile,
  name: string,
  dtype: D,
  sizes: readonly number[],
): Promise<Tensor<D>> {
  const stored = checkpoint.tensors.get(name);
  const fits = stored?.dtype === dtype && stored.shape.length === 1 && sizes.includes(stored.shape[0]!);
  if (fits) return (await checkpoint.read(name)) as Tensor<D>;
  const expected = `${dtype} [${[...new Set(sizes)].join("] or [")}]`;
  const found = stored === undefined ? "it is missing" : `got ${stored.dtype} [${stored.shape}]`;
  throw new HpdError(
    "invalid_model",
    `${checkpoint.file}: ${name} should be ${expected}, ${found}; quantize the model again`,
  );
}
