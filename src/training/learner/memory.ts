/**
 * The numbers that all threads of a learner share: parameters and their two moments, laid out alike, and for each
 * thread the gradients of what is no table.
 *
 *     [ weights, which decay | biases and LayerNorm, which don't | tables, row by row ]
 *       <------------------ dense: has gradients ------------->
 */
import { HpdError } from "../../errors.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import type { Moments } from "../optimizer/adamw.ts";
import type { Program, ProgramParameter, ProgramTable, ProgramTensor } from "./program.ts";

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
  /** Holds all of the arrays below but `seen`. */
  readonly memory: WebAssembly.Memory;
  readonly moments: Moments;
  readonly parameters: readonly Placed[];
  readonly tables: readonly PlacedTable[];
  /** Up to here numbers decay. */
  readonly decaying: number;
  /** Up to here numbers have gradients of their own; the rows of tables follow. */
  readonly dense: number;
  /** One for each thread: [dense] */
  readonly gradients: readonly Float32Array[];
  /** One for each thread: takes gradients that are then added to those that are there, [dense] */
  readonly added: readonly Float32Array[];
}

/** Every parameter starts at a multiple of so many numbers, with zeros between: a cache line. */
const alignment = 16;

/**
 * WebAssembly counts memory in pages of 64 KiB, and has 65,536 of them at most. The last page is left out, so that every
 * end of an array is an address of 32 bits too.
 */
const pageSize = 65_536;
const mostPages = 65_535;

/** At least 1: whether there is room for that, `allocate` says. */
export function threadsThatFit({ parameters, tables }: Pick<Program, "parameters" | "tables">): number {
  const sizeOf = (all: readonly ProgramTensor[]) => all.reduce((sum, { tensor }) => sum + alignedSize(tensor), 0);
  const dense = sizeOf(parameters);
  const left = (mostPages * pageSize) / 4 - 3 * (dense + sizeOf(tables));
  return Math.max(1, Math.floor(left / (2 * dense)));
}

function alignedSize({ shape }: Tensor): number {
  return Math.ceil(elementCount(shape) / alignment) * alignment;
}

/**
 * Allocates the memory and copies the parameters into it.
 *
 * @throws HpdError `unsupported` where it would take more than 4 GiB
 */
export function allocate(program: Program, threads: number): SharedMemory {
  const weights = program.parameters.filter(decays);
  const ordered = [...weights, ...program.parameters.filter((parameter) => !decays(parameter))];
  let end = 0;
  const place = <Parameter extends ProgramTensor>({ tensor, ...rest }: Parameter) => {
    const offset = end;
    end += alignedSize(tensor);
    return { ...rest, shape: tensor.shape, offset, size: elementCount(tensor.shape) };
  };
  const parameters = ordered.map(place);
  const dense = end;
  const tables = program.tables.map((table: ProgramTable) => ({
    ...place(table),
    width: table.tensor.shape[1]!,
    seen: new Int32Array(new SharedArrayBuffer(4 * table.tensor.shape[0]!)),
  }));
  const memory = sharedMemory(3 * end + 2 * threads * dense);
  const floats = (start: number, count: number) => new Float32Array(memory.buffer, 4 * start, count);
  const moments = { parameters: floats(0, end), first: floats(end, end), second: floats(2 * end, end) };
  const slabs = Array.from({ length: 2 * threads }, (_, index) => floats(3 * end + index * dense, dense));
  for (const [index, { tensor }] of [...ordered, ...program.tables].entries()) {
    moments.parameters.set(tensor.data, [...parameters, ...tables][index]!.offset);
  }
  return {
    memory,
    moments,
    parameters,
    tables,
    decaying: parameters[weights.length]?.offset ?? dense,
    dense,
    gradients: slabs.slice(0, threads),
    added: slabs.slice(threads),
  };
}

/**
 * As in transformers: no bias, by its name, which MPNet's table of relative positions has in it too; and nothing of
 * LayerNorm, which alone has one dimension beside them.
 */
function decays({ name, tensor }: ProgramParameter): boolean {
  return tensor.shape.length > 1 && !name.includes("bias");
}

function sharedMemory(numbers: number): WebAssembly.Memory {
  const pages = Math.max(1, Math.ceil((4 * numbers) / pageSize));
  if (pages > mostPages) {
    throw new HpdError(
      "unsupported",
      `training this student takes ${(numbers / 2 ** 28).toFixed(1)} GiB for parameters, moments and gradients, ` +
        "more than the 4 GiB there can be: take fewer layers, or fewer threads",
    );
  }
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** One parameter's part of an array that is laid out as the memory is. */
export function part(array: Float32Array, { shape, offset, size }: Placed): Tensor<"float32"> {
  return { dtype: "float32", shape, data: array.subarray(offset, offset + size) };
}
