/**
 * The numbers that all threads of a learner share. What all texts use is dense: it lies in blocks, with gradients of
 * each thread. A table, whose rows are read and learnt one by one, lies in arrays of its own, of any size.
 */
import { elementsOf } from "../../tensor/lazy-tensor.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import type { Moments } from "../optimizer/adamw.ts";
import { allocated, type DenseBlock, makeBlocks } from "./dense-block.ts";
import type { Learning } from "./learning.ts";
import type { Program, ProgramTable } from "./program.ts";

export interface SharedTable extends Learning {
  readonly name: string;
  readonly input: string;
  readonly gradient: string;
  readonly shape: readonly number[];
  /** The input of the graph that holds the row numbers. */
  readonly ids: string;
  readonly width: number;
  readonly moments: Moments;
  /** The last step that is in each row: [rows] */
  readonly seen: Int32Array;
}

/** What isn't trained, a table if it has `ids`: its values alone. */
export interface Frozen {
  readonly name: string;
  readonly input: string;
  readonly ids?: string | undefined;
  readonly tensor: Tensor<"float32">;
}

export interface SharedMemory {
  readonly blocks: readonly DenseBlock[];
  readonly tables: readonly SharedTable[];
  readonly frozen: readonly Frozen[];
}

/**
 * Allocates the memory and copies the parameters into it, one by one.
 *
 * @throws HpdError `unsupported` where there is no room for it
 */
export async function allocate(
  { parameters, tables, frozen: resting }: Pick<Program, "parameters" | "tables" | "frozen">,
  threads: number,
): Promise<SharedMemory> {
  const blocks = await makeBlocks(parameters, threads);
  const shared: SharedTable[] = [];
  for (const table of tables) shared.push(await shareTable(table));
  const frozen: Frozen[] = [];
  for (const { name, input, ids, tensor } of resting) {
    const data = sharedFloats(tensor.shape);
    data.set((await elementsOf(tensor)).data);
    frozen.push({ name, input, ids, tensor: { dtype: "float32", shape: tensor.shape, data } });
  }
  return { blocks, tables: shared, frozen };
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
