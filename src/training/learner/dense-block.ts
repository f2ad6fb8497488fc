/**
 * Numbers that every text uses, in the reach of the optimizer's loops: parameters and their two moments, laid out alike,
 * and for each thread the gradients of them. What decays alike and learns alike lies side by side.
 *
 *     [ region | region | ... ]
 *
 * A block is a WebAssembly memory, which ends at 4 GiB. A student has as many as it needs.
 */
import { HpdError } from "../../errors.ts";
import { elementsOf } from "../../tensor/lazy-tensor.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import type { Moments } from "../optimizer/adamw.ts";
import type { Learning } from "./learning.ts";
import type { ProgramParameter } from "./program.ts";

export interface Placed {
  readonly name: string;
  readonly input: string;
  readonly gradient: string;
  readonly shape: readonly number[];
  /** In numbers, from the start of each array of the block. */
  readonly offset: number;
  readonly size: number;
}

/** From `start` to `end`, in numbers. */
export interface Region extends Learning {
  readonly start: number;
  readonly end: number;
}

export interface DenseBlock {
  /** Holds all of the arrays below. */
  readonly memory: WebAssembly.Memory;
  readonly moments: Moments;
  readonly parameters: readonly Placed[];
  readonly regions: readonly Region[];
  /** One for each thread. */
  readonly gradients: readonly Float32Array[];
}

/** Every parameter starts at a multiple of so many numbers, with zeros between: a cache line. */
const alignment = 16;

/**
 * WebAssembly counts memory in pages of 64 KiB, and has 65,536 of them at most. The last page is left out, so that every
 * end of an array is an address of 32 bits too.
 */
const pageSize = 65_536;
const mostPages = 65_535;

/**
 * Shares parameters out among blocks and copies their values into them.
 *
 * @throws HpdError `unsupported` where there is no memory for them
 */
export async function makeBlocks(
  parameters: readonly ProgramParameter[],
  threads: number,
  mostNumbers = (mostPages * pageSize) / 4,
): Promise<DenseBlock[]> {
  const blocks: DenseBlock[] = [];
  for (const members of shareOut(parameters, Math.floor(mostNumbers / (3 + threads)))) {
    blocks.push(await makeBlock(members, threads));
  }
  return blocks;
}

/** @param capacity numbers of a block @returns parameters of each block, those that learn alike side by side */
function shareOut(parameters: readonly ProgramParameter[], capacity: number): ProgramParameter[][] {
  const ordered = parameters.toSorted((a, b) => Number(b.decays) - Number(a.decays) || b.rate - a.rate);
  const blocks: ProgramParameter[][] = [];
  let room = 0;
  for (const parameter of ordered) {
    const size = alignedSize(parameter.tensor);
    if (size > capacity) {
      throw new HpdError(
        "unsupported",
        `the weight ${parameter.name} of shape [${parameter.tensor.shape}] takes more than the 4 GiB there can be for one ` +
          "with its moments and its gradient of each thread: take fewer threads",
      );
    }
    if (size > room) {
      blocks.push([]);
      room = capacity;
    }
    blocks.at(-1)!.push(parameter);
    room -= size;
  }
  return blocks;
}

async function makeBlock(members: readonly ProgramParameter[], threads: number): Promise<DenseBlock> {
  let size = 0;
  const parameters: Placed[] = [];
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

function sharedMemory(numbers: number): WebAssembly.Memory {
  const pages = Math.max(1, Math.ceil((4 * numbers) / pageSize));
  return allocated(4 * numbers, () => new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
}

/** @throws HpdError `unsupported` where the system has no room for it */
export function allocated<Memory>(bytes: number, allocate: () => Memory): Memory {
  try {
    return allocate();
  } catch (cause) {
    throw new HpdError(
      "unsupported",
      `there is no memory for ${(bytes / 2 ** 30).toFixed(1)} GiB of weights, moments and gradients: take fewer threads, ` +
        "or a smaller model",
      { cause },
    );
  }
}

/** One parameter's part of an array of its block. */
export function part(array: Float32Array, { shape, offset, size }: Placed): Tensor<"float32"> {
  return { dtype: "float32", shape, data: array.subarray(offset, offset + size) };
}
