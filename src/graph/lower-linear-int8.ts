/**
 * x weight^T + bias with 8-bit products. Each row of x is scaled to -127 ... 127 by its own largest value and stored as
 * uint8 around 128, the form for which the CPU has instructions.
 */
import { elementsOf, LazyTensor } from "../tensor/lazy-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

export interface LinearInt8Inputs {
  /** [tokens, in] */
  readonly x: string;
  /** [out, in] */
  readonly weight: Tensor<"int8">;
  /** One for each output channel: [out] */
  readonly scale: string;
  /** [out] */
  readonly bias: string | undefined;
}

/** The name of the result, [tokens, out]. */
export function lowerLinearInt8(emit: OnnxEmitter, { x, weight, scale, bias }: LinearInt8Inputs): string {
  const units = rowUnits(emit, x);
  const zeroPoints = emit.once("zero points", () => emit.op("Expand", [emit.uint8(128), emit.op("Shape", [units])]));
  const quantized = emit.op("QuantizeLinear", [x, units, zeroPoints], { axis: { int: 0 } });
  const [rows, columns] = weight.shape as [number, number];
  const transposed = new LazyTensor("int8", [columns, rows], async () => transpose(await elementsOf(weight)));
  const weights = emit.weight(transposed);
  const product = emit.contributed("MatMulIntegerToFloat", [quantized, weights, emit.float(1), scale, emit.uint8(128)]);
  const scaled = emit.op("Mul", [product, emit.op("Unsqueeze", [units, emit.int64s([1])])]);
  return bias === undefined ? scaled : emit.op("Add", [scaled, bias]);
}

/** The scale of each row, its largest magnitude / 127: [tokens]. That of a row of zeros is above zero, too. */
function rowUnits(emit: OnnxEmitter, x: string): string {
  const [largest, smallest] = ["ReduceMax", "ReduceMin"].map((reduce) =>
    emit.op(reduce, [x, emit.int64s([1])], { keepdims: { int: 0 } }),
  ) as [string, string];
  // Two reductions take half the time of one of the magnitudes, which would have to be written first.
  const magnitude = emit.op("Max", [largest, emit.op("Neg", [smallest]), emit.float(1e-20)]);
  return emit.op("Mul", [magnitude, emit.float(1 / 127)]);
}

function transpose({ shape, data }: Tensor<"int8">): Tensor<"int8"> {
  const [rows, columns] = shape as [number, number];
  const transposed = new Int8Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) transposed[column * rows + row] = data[row * columns + column]!;
  }
  return { dtype: "int8", shape: [columns, rows], data: transposed };
}
