/**
 * A thread's share of the optimizer: a slice of each dense block, and of the tables the rows whose number modulo the
 * number of threads is the thread's index.
 */
import type { NamedTensors } from "../../runtime/session.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { adamW, stepScale } from "../optimizer/adamw.ts";
import { createKernels, type Kernels } from "../optimizer/kernels.ts";
import { rowAt, type SkippedSteps } from "../optimizer/skipped-steps.ts";
import type { DenseBlock } from "./dense-block.ts";
import type { SharedTable } from "./memory.ts";
import type { ApplyRequest, ReduceRequest, RowGradients, StartRequest } from "./messages.ts";
import type { ParameterGroup } from "./parameter-group.ts";
import { RowSums } from "./row-sums.ts";
import { skippedStepsOf } from "./skipped-steps-of.ts";

interface OwnBlock extends DenseBlock {
  readonly kernels: Kernels;
}

interface OwnTable extends SharedTable {
  readonly skipped: SkippedSteps;
}

export class OptimizerShard {
  readonly #start: StartRequest;
  readonly #blocks: readonly OwnBlock[];
  readonly #tables: readonly OwnTable[];
  #step: number;
  #sums: readonly RowSums[] = [];

  /** @param learningRates of the steps so far */
  constructor(start: StartRequest, learningRates: Float32Array) {
    const { memory, optimizer } = start;
    this.#start = start;
    this.#blocks = memory.blocks.map((block) => ({ ...block, kernels: createKernels(block.memory) }));
    this.#tables = memory.tables.map((table) => ({
      ...table,
      skipped: skippedStepsOf(optimizer, table, learningRates),
    }));
    this.#step = learningRates.length;
  }

  /** The current rows of all tables for the ids among `inputs`, as inputs of a graph. */
  rowsOf(inputs: NamedTensors): NamedTensors {
    const trained = this.#tables.map(({ input, ids, width, moments, seen, skipped }) => {
      const read: ReadRow = (row, into) => skipped.read(moments, rowAt(row, width, seen), into);
      return [input, rows(inputs[ids] as Tensor<"int32">, width, read)] as const;
    });
    const frozen = this.#start.memory.frozen.flatMap(({ input, ids, tensor: { shape, data } }) => {
      if (ids === undefined) return [];
      const width = shape[1]!;
      const read: ReadRow = (row, into) => into.set(data.subarray(row * width, (row + 1) * width));
      return [[input, rows(inputs[ids] as Tensor<"int32">, width, read)] as const];
    });
    return Object.fromEntries([...trained, ...frozen]);
  }

  reduce({ contributors, rows }: ReduceRequest): number {
    const { index, threads } = this.#start;
    let squares = 0;
    for (const { gradients, kernels } of this.#blocks) {
      const [start, end] = this.#slice(gradients[0]!.length);
      const addresses = contributors.map((thread) => gradients[thread]!.byteOffset + 4 * start);
      const [total, ...others] = addresses as [number, ...number[]];
      for (const other of others) kernels.add(total, other, end - start);
      squares += kernels.sumOfSquares(total, end - start);
    }
    this.#sums = this.#tables.map(({ width }, at) => {
      const sums = new RowSums(width);
      for (const ofThread of rows) sums.add(ofThread[at] as RowGradients[number], index, threads);
      return sums;
    });
    return this.#sums.reduce((sum, sums) => sum + sums.squares(), squares);
  }

  apply({ factor, learningRate }: ApplyRequest): void {
    const { optimizer } = this.#start;
    this.#step++;
    const stepOf = ({ decays, rate }: ParameterGroup) => ({
      factor,
      ...stepScale(optimizer, learningRate * rate, this.#step),
      decay: decays ? learningRate * rate * optimizer.weightDecay : 0,
    });
    for (const { moments, gradients, kernels, regions } of this.#blocks) {
      const [start, end] = this.#slice(gradients[0]!.length);
      for (const region of regions) {
        const from = Math.max(start, region.start);
        const count = Math.min(end, region.end) - from;
        if (count <= 0) continue;
        const at = (array: Float32Array) => array.byteOffset + 4 * from;
        const addresses = {
          parameters: at(moments.parameters),
          first: at(moments.first),
          second: at(moments.second),
          gradients: at(gradients[0]!),
        };
        kernels.adamW(addresses, count, optimizer, stepOf(region));
      }
    }
    for (const [at, table] of this.#tables.entries()) {
      const { width, moments, seen, skipped } = table;
      const step = stepOf(table);
      for (const [row, sum] of this.#sums[at]!.entries()) {
        skipped.catchUp(moments, rowAt(row, width, seen));
        adamW(moments, { offset: row * width, gradients: sum }, optimizer, step);
        seen[row] = this.#step;
      }
      skipped.add(learningRate * table.rate);
    }
  }

  /** This thread's range of a block's elements. @param size elements of the block */
  #slice(size: number): [start: number, end: number] {
    const { index, threads } = this.#start;
    const at = (thread: number) => 4 * Math.floor((size / 4) * (thread / threads));
    return [at(index), at(index + 1)];
  }
}

/** Writes a row of a table to `into`, an array of its width. */
type ReadRow = (row: number, into: Float32Array) => void;

/** Gathers rows by their numbers, each read once: [..., width] */
function rows({ data: ids, shape }: Tensor<"int32">, width: number, read: ReadRow): Tensor<"float32"> {
  const data = new Float32Array(ids.length * width);
  const first = new Map<number, number>();
  for (const [use, row] of ids.entries()) {
    const at = use * width;
    const before = first.get(row);
    if (before !== undefined) data.copyWithin(at, before, before + width);
    else {
      first.set(row, at);
      read(row, data.subarray(at, at + width));
    }
  }
  return { dtype: "float32", shape: [...shape, width], data };
}
