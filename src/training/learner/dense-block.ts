/**
 * Dense parameters, their two moments and each thread's gradients, as arrays of one layout within reach of the
 * optimizer's kernels. The parameters of a group lie side by side:
 *
 *     [ region | region | ... ]
 *
 * A block is a WebAssembly memory, which ends at 4 GiB. A student has as many as it needs.
 */
import { partsBySize } from "../../common/parts-by-size.ts";
import { HpdError } from "../../errors.ts";
import { elementsOf } from "../../tensor/lazy-tensor.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import type { Moments } from "../optimizer/adamw.ts";
import type { ParameterGroup } from "./parameter-group.ts";
import type { ProgramParameter } from "./program.ts";

export interface PlacedParameter {
  readonly name: string;
  readonly input: string;
  readonly gradient: string;
  readonly shape: readonly number[];
  /** Offset in elements, the same in every array of the block. */
  readonly offset: number;
  readonly size: number;
}

/** A parameter group's range of elements, from `start` to before `end`. */
export interface Region extends ParameterGroup {
  readonly start: number;
  readonly end: number;
}

export interface DenseBlock {
  /** The memory that all arrays below are views of. */
  readonly memory: WebAssembly.Memory;
  readonly moments: Moments;
  readonly parameters: readonly PlacedParameter[];
  readonly regions: readonly Region[];
  /** One for each thread. */
  readonly gradients: readonly Float32Array[];
}

/** Alignment of parameters in elements, a cache line; the gaps are zeros. */
const alignment = 16;

/**
 * WebAssembly counts memory in pages of 64 KiB, and has 65,536 of them at most. The last page is left out, so that
 * every end of an array is an address of 32 bits too.
 */
const pageSize = 65_536;
const maxPages = 65_535;

/**
 * Allocates blocks for parameters and copies their values into them.
 *
 * @param maxElements capacity of a block, all arrays together
 * @throws HpdError `unsupported` where there is no memory for them
 */
export async function makeBlocks(
  parameters: readonly ProgramParameter[],
  threads: number,
  maxElements = (maxPages * pageSize) / 4,
): Promise<DenseBlock[]> {
  const blocks: DenseBlock[] = [];
  for (const members of byBlock(parameters, Math.floor(maxElements / (3 + threads)))) {
    blocks.push(await makeBlock(members, threads));
  }
  return blocks;
}

/** @param capacity of each array of a block, in elements @returns the parameters of each block, sorted by group */
function byBlock(parameters: readonly ProgramParameter[], capacity: number): ProgramParameter[][] {
  const ordered = parameters.toSorted((a, b) => Number(b.decays) - Number(a.decays) || b.rate - a.rate);
  return partsBySize(ordered, capacity, (parameter) => {
    const size = alignedSize(parameter.tensor);
    if (size <= capacity) return size;
    throw new HpdError(
      "unsupported",
      `the weight ${parameter.name} of shape [${parameter.tensor.shape}], its moments and each thread's gradient take more ` +
        "than the 4 GiB of a WebAssembly memory: use fewer threads",
    );
  });
}

async function makeBlock(members: readonly ProgramParameter[], threads: number): Promise<DenseBlock> {
  let size = 0;
  const parameters: PlacedParameter[] = [];
  const regions: Region[] = [];
  for (const { name, input, gradient, tensor, decays, rate } of members) {
    const { shape } = tensor;
    parameters.push({ name, input, gradient, shape, offset: size, size: elementCount(shape) });
    const start = size;
    size += alignedSize(tensor);
    const last = regions.at(-1);
    if (last?.decays === decays && last.rate === rate) regions[regions.length - 1] = { ...last, end: size };
    else regions.push({ start, end: size, decays, rate });
  }
  const memory = sharedMemory((3 + threads) * size);
  const [first, second, third, ...gradients] = Array.from(
    { length: 3 + threads },
    (_, index) => new Float32Array(memory.buffer, 4 * index * size, size),
  ) as [Float32Array, Float32Array, Float32Array, ...Float32Array[]];
  const moments = { parameters: first, first: second, second: third };
  for (const [index, { tensor }] of members.entries()) {
    moments.parameters.set((await elementsOf(tensor)).data, parameters[index]!.offset);
  }
  return { memory, moments, parameters, regions, gradients };
}

function alignedSize({ shape }: Tensor): number {
  return Math.ceil(elementCount(shape) / alignment) * alignment;
}

function sharedMemory(elements: number): WebAssembly.Memory {
  const pages = Math.max(1, Math.ceil((4 * elements) / pageSize));
  return allocated(4 * elements, () => new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
}

/** @throws HpdError `unsupported` where the allocation fails */
export function allocated<Memory>(bytes: number, allocate: () => Memory): Memory {
  try {
    return allocate();
  } catch (cause) {
    throw new HpdError(
      "unsupported",
      `not enough memory for ${(bytes / 2 ** 30).toFixed(1)} GiB of weights, moments and gradients: use fewer threads, ` +
        "or a smaller model",
      { cause },
    );
  }
}

/** A view of one parameter in an array of its block. */
export function viewOf(array: Float32Array, { shape, offset, size }: PlacedParameter): Tensor<"float32"> {
  return { dtype: "float32", shape, data: array.subarray(offset, offset + size) };
}
