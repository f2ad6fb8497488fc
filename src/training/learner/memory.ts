/**
 * The numbers that all threads of a learner share: parameters and their two moments, laid out alike, and for each
 * thread the gradients of what is no table.
 *
 *     [ weights, which decay | biases and LayerNorm, which don't | tables, row by row ]
 *       <------------------ dense: has gradients ------------->
 */
import type { Tensor } from "../../tensor/tensor.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { Moments } from "../optimizer/adamw.ts";
import type { Program, ProgramParameter, ProgramTable } from "./program.ts";

export interface Placed {
  readonly input: string;
  readonly gradient: string;
  readonly shape: readonly number[];
  /** In numbers, from the start of each array. */
  readonly offset: number;
  readonly size: number;
}

export interface PlacedTable extends Placed {
  /** The input of the graph that holds the row numbers. */
  readonly ids: string;
  readonly width: number;
  /** The last step that is in each row: [rows] */
  readonly seen: Int32Array;
}

export interface SharedMemory {
  readonly moments: Moments;
  readonly parameters: readonly Placed[];
  readonly tables: readonly PlacedTable[];
  /** Up to here numbers decay. */
  readonly decaying: number;
  /** Up to here numbers have gradients of their own; the rows of tables follow. */
  readonly dense: number;
  /** One for each thread: [dense] */
  readonly gradients: readonly Float32Array[];
}

/** Allocates the memory and copies the parameters into it. */
export function allocate(program: Program, threads: number): SharedMemory {
  // Decay is for weights: what has one dimension is a bias, or belongs to LayerNorm.
  const decays = ({ tensor }: ProgramParameter) => tensor.shape.length > 1;
  const ordered = [
    ...program.parameters.filter(decays),
    ...program.parameters.filter((parameter) => !decays(parameter)),
  ];
  let offset = 0;
  const place = <Parameter extends ProgramParameter>({ tensor, ...rest }: Parameter) => {
    const size = elementCount(tensor.shape);
    offset += size;
    return { ...rest, shape: tensor.shape, offset: offset - size, size };
  };
  const parameters = ordered.map(place);
  const dense = offset;
  const tables = program.tables.map((table: ProgramTable) => ({
    ...place(table),
    width: table.tensor.shape[1]!,
    seen: new Int32Array(new SharedArrayBuffer(4 * table.tensor.shape[0]!)),
  }));
  const moments = { parameters: floats(offset), first: floats(offset), second: floats(offset) };
  for (const [index, { tensor }] of [...ordered, ...program.tables].entries()) {
    moments.parameters.set(tensor.data, [...parameters, ...tables][index]!.offset);
  }
  return {
    moments,
    parameters,
    tables,
    decaying: parameters.find(({ shape }) => shape.length < 2)?.offset ?? dense,
    dense,
    gradients: Array.from({ length: threads }, () => floats(dense)),
  };
}

/** Zeros that all threads see: [count] */
export function floats(count: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * count));
}

/** One parameter's part of an array that is laid out as the memory is. */
export function part(array: Float32Array, { shape, offset, size }: Placed): Tensor<"float32"> {
  return { dtype: "float32", shape, data: array.subarray(offset, offset + size) };
}
