/**
 * The memory that all threads of a learner share. Dense parameters lie in blocks, with each thread's gradients. A
 * table, whose rows are read and updated one by one, lies in arrays of its own, of any size.
 */
import { elementsOf } from "../../tensor/lazy-tensor.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import type { Moments } from "../optimizer/adamw.ts";
import { allocated, type DenseBlock, makeBlocks } from "./dense-block.ts";
import type { ParameterGroup } from "./parameter-group.ts";
import type { Program, ProgramTable } from "./program.ts";

export interface SharedTable extends ParameterGroup {
  readonly name: string;
  readonly input: string;
  readonly gradient: string;
  readonly shape: readonly number[];
  /** The graph's input with the row numbers. */
  readonly ids: string;
  readonly width: number;
  readonly moments: Moments;
  /** The step up to which each row is updated: [rows] */
  readonly seen: Int32Array;
}

/** A parameter that isn't trained; a table if it has `ids`. */
export interface FrozenTensor {
  readonly name: string;
  readonly input: string;
  readonly ids?: string | undefined;
  readonly tensor: Tensor<"float32">;
}

export interface SharedMemory {
  readonly blocks: readonly DenseBlock[];
  readonly tables: readonly SharedTable[];
  readonly frozen: readonly FrozenTensor[];
}

/**
 * Allocates the memory and copies the parameters into it, one by one.
 *
 * @throws HpdError `unsupported` where the allocation fails
 */
export async function allocate(
  program: Pick<Program, "parameters" | "tables" | "frozen">,
  threads: number,
): Promise<SharedMemory> {
  const blocks = await makeBlocks(program.parameters, threads);
  const tables: SharedTable[] = [];
  for (const table of program.tables) tables.push(await shareTable(table));
  const frozen: FrozenTensor[] = [];
  for (const { name, input, ids, tensor } of program.frozen) {
    const data = sharedFloats(tensor.shape);
    data.set((await elementsOf(tensor)).data);
    frozen.push({ name, input, ids, tensor: { dtype: "float32", shape: tensor.shape, data } });
  }
  return { blocks, tables, frozen };
}

async function shareTable({ tensor, ...rest }: ProgramTable): Promise<SharedTable> {
  const { shape } = tensor;
  // Rows that no text uses stay untouched, and the system gives their moments no memory.
  const moments = { parameters: sharedFloats(shape), first: sharedFloats(shape), second: sharedFloats(shape) };
  moments.parameters.set((await elementsOf(tensor)).data);
  const seen = new Int32Array(new SharedArrayBuffer(4 * shape[0]!));
  return { ...rest, shape, width: shape[1]!, moments, seen };
}

function sharedFloats(shape: readonly number[]): Float32Array {
  const bytes = 4 * elementCount(shape);
  return new Float32Array(allocated(bytes, () => new SharedArrayBuffer(bytes)));
}
