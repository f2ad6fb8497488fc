/**
 * x weight^T + bias with 8-bit products of uint8 and int8, the form for which the CPU has instructions. The range of x
 * is that of each row, scaled to -127 ... 127 by its own largest value around 128, or one that is part of the model, for
 * all rows or but for the unit of each.
 */
import { elementsOf, LazyTensor } from "../tensor/lazy-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { pairsFit } from "./int8-weights.ts";
import type { Operations, RowRange } from "./node.ts";
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
export function lowerLinearInt8(
  emit: OnnxEmitter,
  { x, weight, scale, bias }: LinearInt8Inputs,
  range: RowRange,
): string {
  const zero = emit.uint8(range.zeroPoint);
  const [units, quantized] = quantizedRows(emit, x, range);
  const weights = emitWeights(emit, weight);
  const product = emit.contributed("MatMulIntegerToFloat", [quantized, weights, emit.float(1), scale, zero]);
  const scaled = emit.op("Mul", [product, emit.op("Unsqueeze", [units, emit.int64s([1])])]);
  return bias === undefined ? scaled : emit.op("Add", [scaled, bias]);
}

/** The unit of each row, [tokens], and the rows in it, [tokens, in] uint8. Products of the same input share them. */
function quantizedRows(emit: OnnxEmitter, x: string, { zeroPoint, leastUnit }: RowRange): [string, string] {
  const [units, quantized] = emit.once(`rows of ${x} around ${zeroPoint} from ${leastUnit}`, () => {
    const own = leastUnit === undefined ? rowUnits(emit, x) : unitsAbove(emit, x, zeroPoint, leastUnit);
    const zero = emit.uint8(zeroPoint);
    const zeros = emit.once(`zero points ${zeroPoint}`, () => emit.op("Expand", [zero, emit.op("Shape", [own])]));
    return [own, emit.op("QuantizeLinear", [x, own, zeros], { axis: { int: 0 } })];
  });
  return [units!, quantized!];
}

/**
 * uint8, whose products with int8 have instructions. A factor for each column costs next to nothing beside the product,
 * which one scale for each column inside of QuantizeLinear does not: its loop has no vectors then.
 *
 * @param factors [in] @returns the name of the result, [tokens, in]
 */
export function lowerQuantizeInput(
  emit: OnnxEmitter,
  { scale, zeroPoint }: Operations["quantizeInput"],
  x: string,
  factors: string | undefined,
): string {
  const scaled = factors === undefined ? x : emit.op("Mul", [x, factors]);
  return emit.op("QuantizeLinear", [scaled, emit.float(scale), emit.uint8(zeroPoint)]);
}

/** The name of the result, [tokens, out]. @param inputs `x` [tokens, in] uint8 */
export function lowerLinearStatic(
  emit: OnnxEmitter,
  { x, weight, scale, bias }: LinearInt8Inputs,
  zeroPoint: number,
): string {
  const inputs = [x, emitWeights(emit, weight), emit.float(1), scale, emit.uint8(zeroPoint)];
  return emit.contributed("MatMulIntegerToFloat", bias === undefined ? inputs : [...inputs, "", bias]);
}

/** Emits weights [out, in] as the operator takes them, [in, out]. */
function emitWeights(emit: OnnxEmitter, weight: Tensor<"int8">): string {
  const [rows, columns] = weight.shape as [number, number];
  return emit.weight(
    new LazyTensor("int8", [columns, rows], async () => {
      const values = await elementsOf(weight);
      if (!pairsFit(values.data, columns)) emit.sumBeyond16Bits();
      return transpose(values);
    }),
  );
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

/** The scale of each row that its largest number needs, or the least: [tokens]. */
function unitsAbove(emit: OnnxEmitter, x: string, zeroPoint: number, leastUnit: number): string {
  const largest = emit.op("ReduceMax", [x, emit.int64s([1])], { keepdims: { int: 0 } });
  return emit.op("Max", [emit.op("Mul", [largest, emit.float(1 / (255 - zeroPoint))]), emit.float(leastUnit)]);
}

function transpose({ shape, data }: Tensor<"int8">): Tensor<"int8"> {
  const [rows, columns] = shape as [number, number];
  const transposed = new Int8Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) transposed[column * rows + row] = data[row * columns + column]!;
  }
  return { dtype: "int8", shape: [columns, rows], data: transposed };
}
