/**
 * A thread's part in learning: it computes the gradients of some sentences, and makes the optimizer's step for some of
 * the numbers, a slice of the dense ones and every so many-th row of the tables. Threads never write to what another
 * one reads at the same time: the learner asks all of them for the same thing, and waits for all answers.
 */

import { Random } from "../../random.ts";
import { InPlaceSession } from "../../runtime/node/in-place-session.ts";
import type { NamedTensors } from "../../runtime/session.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import { adamW, stepSize } from "../optimizer/adamw.ts";
import { createKernels, type Kernels } from "../optimizer/kernels.ts";
import { SkippedSteps } from "../optimizer/skipped-steps.ts";
import { part } from "./memory.ts";
import type {
  Accumulated,
  AccumulateRequest,
  ApplyRequest,
  EmbedRequest,
  Evaluated,
  EvaluateRequest,
  LossOfEmbeddings,
  LossRequest,
  ReduceRequest,
  RowGradients,
  StartRequest,
} from "./messages.ts";
import { noiseBytes } from "./noise.ts";
import { RowBuffer } from "./row-buffer.ts";
import { RowSums } from "./row-sums.ts";

interface Sessions {
  readonly train: InPlaceSession;
  readonly evaluate: InPlaceSession;
  /** Where the losses are models of their own. */
  readonly embed: InPlaceSession | undefined;
  readonly losses: readonly InPlaceSession[];
}

export class LearnerPart {
  readonly #start: StartRequest;
  readonly #sessions: Sessions;
  /** Parameters as inputs, and this thread's gradients as outputs: views that never change. */
  readonly #parameters: NamedTensors;
  readonly #gradients: NamedTensors;
  /** Gradients that are then added to those that are there. */
  readonly #added: NamedTensors;
  readonly #kernels: Kernels;
  readonly #skipped: SkippedSteps;
  readonly #rows: readonly RowBuffer[];
  #sums: readonly RowSums[] = [];

  private constructor(start: StartRequest, sessions: Sessions) {
    this.#start = start;
    this.#sessions = sessions;
    const { memory, optimizer, index } = start;
    this.#parameters = Object.fromEntries(
      memory.parameters.map((placed) => [placed.input, part(memory.moments.parameters, placed)]),
    );
    this.#gradients = this.#outputs(memory.gradients[index]!);
    this.#added = this.#outputs(memory.added[index]!);
    this.#kernels = createKernels(memory.memory);
    this.#skipped = new SkippedSteps(optimizer);
    for (const learningRate of start.learningRates) this.#skipped.add(learningRate);
    this.#rows = memory.tables.map(({ width }) => new RowBuffer(width));
  }

  static async start(start: StartRequest): Promise<LearnerPart> {
    const { train, evaluate, apart } = start;
    const create = (model: Uint8Array) => InPlaceSession.create(model, start.threadsInside);
    const sessions: Sessions = {
      train: await create(train),
      evaluate: await create(evaluate),
      embed: apart && (await create(apart.embed)),
      losses: await Promise.all((apart?.losses ?? []).map(create)),
    };
    return new LearnerPart(start, sessions);
  }

  async accumulate({ pieces, isMore, seed }: AccumulateRequest): Promise<Accumulated> {
    if (!isMore) for (const rows of this.#rows) rows.clear();
    const random = new Random(seed);
    let loss = 0;
    for (const [index, inputs] of pieces.entries()) {
      loss += await this.#accumulate({ ...inputs, ...this.#noise(inputs, random) }, isMore || index > 0);
    }
    return { loss, rows: this.#rows.map((rows) => rows.content) };
  }

  async #accumulate(inputs: NamedTensors, isMore: boolean): Promise<number> {
    const { memory, index } = this.#start;
    const loss = new Float32Array(1);
    const outputs: Record<string, Tensor> = {
      ...(isMore ? this.#added : this.#gradients),
      ...(this.#start.apart === undefined && { loss: { dtype: "float32", shape: [], data: loss } }),
    };
    for (const [at, table] of memory.tables.entries()) {
      const ids = inputs[table.ids]!;
      const gradients = this.#rows[at]!.add(ids.data as Int32Array);
      outputs[table.gradient] = { dtype: "float32", shape: [...ids.shape, table.width], data: gradients };
    }
    await this.#sessions.train.run(this.#withParameters(inputs), outputs);
    if (isMore) {
      this.#kernels.add(memory.gradients[index]!.byteOffset, memory.added[index]!.byteOffset, memory.dense);
    }
    return loss[0]!;
  }

  evaluate({ pieces }: EvaluateRequest): Promise<Evaluated> {
    return this.#embed(this.#sessions.evaluate, pieces, () => ({}));
  }

  embed({ pieces, seed }: EmbedRequest): Promise<Evaluated> {
    const random = new Random(seed);
    return this.#embed(this.#sessions.embed!, pieces, (inputs) => this.#noise(inputs, random));
  }

  async loss({ objective, inputs, rows, columns }: LossRequest): Promise<LossOfEmbeddings> {
    const { dimension } = this.#start;
    const loss = new Float32Array(1);
    const gradients = Array.from({ length: columns }, () => new Float32Array(rows * dimension));
    await this.#sessions.losses[objective]!.run(inputs, {
      loss: { dtype: "float32", shape: [], data: loss },
      ...Object.fromEntries(
        gradients.map((data, column) => [`gradient ${column}`, { dtype: "float32", shape: [rows, dimension], data }]),
      ),
    });
    return { loss: loss[0]!, gradients };
  }

  async #embed(
    session: InPlaceSession,
    pieces: readonly NamedTensors[],
    more: (inputs: NamedTensors) => NamedTensors,
  ): Promise<Evaluated> {
    const { dimension } = this.#start;
    const counts = pieces.map(({ input_ids }) => input_ids!.shape[0]!);
    const embeddings = new Float32Array(dimension * counts.reduce((sum, count) => sum + count, 0));
    let [loss, at] = [0, 0];
    for (const [index, inputs] of pieces.entries()) {
      const end = at + counts[index]! * dimension;
      const ofPiece = new Float32Array(1);
      await session.run(this.#withParameters({ ...inputs, ...more(inputs) }), {
        ...(this.#start.apart === undefined && { loss: { dtype: "float32", shape: [], data: ofPiece } }),
        embeddings: { dtype: "float32", shape: [counts[index]!, dimension], data: embeddings.subarray(at, end) },
      });
      loss += ofPiece[0]!;
      at = end;
    }
    return { loss, embeddings };
  }

  reduce({ contributors, rows }: ReduceRequest): number {
    const { memory, index, threads } = this.#start;
    const [start, count] = this.#slice();
    const [total, ...others] = contributors.map((thread) => memory.gradients[thread]!.byteOffset + 4 * start) as [
      number,
      ...number[],
    ];
    for (const other of others) this.#kernels.add(total, other, count);
    const squares = this.#kernels.sumOfSquares(total, count);
    this.#sums = memory.tables.map((table, at) => {
      const sums = new RowSums(table.width);
      for (const ofThread of rows) sums.add(ofThread[at] as RowGradients[number], index, threads);
      return sums;
    });
    return this.#sums.reduce((sum, sums) => sum + sums.squares(), squares);
  }

  apply({ factor, learningRate }: ApplyRequest): void {
    const { memory, optimizer } = this.#start;
    const step = this.#skipped.step + 1;
    const size = stepSize(optimizer, learningRate, step);
    const decay = learningRate * optimizer.weightDecay;
    const [start, count] = this.#slice();
    const decaying = Math.min(Math.max(memory.decaying - start, 0), count);
    this.#adamW(start, decaying, { factor, size, decay });
    this.#adamW(start + decaying, count - decaying, { factor, size, decay: 0 });
    for (const [at, { offset, width, seen }] of memory.tables.entries()) {
      for (const [row, sum] of this.#sums[at]!.entries()) {
        const from = offset + row * width;
        this.#skipped.catchUp(memory.moments, from, width, seen[row]!);
        adamW(memory.moments, from, from + width, sum, 0, optimizer, { factor, size, decay });
        seen[row] = step;
      }
    }
    this.#skipped.add(learningRate);
  }

  async release(): Promise<void> {
    const { train, evaluate, embed, losses } = this.#sessions;
    await Promise.all([train, evaluate, embed, ...losses].map((session) => session?.release()));
  }

  /** The dense numbers that are this thread's: where they start, and how many. */
  #slice(): [start: number, count: number] {
    const { memory, index, threads } = this.#start;
    const at = (thread: number) => 4 * Math.floor((memory.dense / 4) * (thread / threads));
    return [at(index), at(index + 1) - at(index)];
  }

  #adamW(start: number, count: number, step: { factor: number; size: number; decay: number }): void {
    const { moments, gradients } = this.#start.memory;
    const at = (array: Float32Array) => array.byteOffset + 4 * start;
    this.#kernels.adamW(
      {
        parameters: at(moments.parameters),
        first: at(moments.first),
        second: at(moments.second),
        gradients: at(gradients[0]!),
      },
      count,
      this.#start.optimizer,
      step,
    );
  }

  #outputs(gradients: Float32Array): NamedTensors {
    return Object.fromEntries(
      this.#start.memory.parameters.map((placed) => [placed.gradient, part(gradients, placed)]),
    );
  }

  #withParameters(inputs: NamedTensors): NamedTensors {
    const { memory } = this.#start;
    const tables = memory.tables.map(({ input, ids, offset, width, seen }) => {
      const { data: rows, shape } = inputs[ids] as Tensor<"int32">;
      const data = new Float32Array(rows.length * width);
      const first = new Map<number, number>();
      for (const [use, row] of rows.entries()) {
        const at = use * width;
        const before = first.get(row);
        if (before !== undefined) data.copyWithin(at, before, before + width);
        else {
          first.set(row, at);
          this.#skipped.read(memory.moments, offset + row * width, width, seen[row]!, data, at);
        }
      }
      return [input, { dtype: "float32", shape: [...shape, width], data }] as const;
    });
    return { ...inputs, ...this.#parameters, ...Object.fromEntries(tables) };
  }

  #noise(inputs: NamedTensors, random: Random): NamedTensors {
    const { noise } = this.#start;
    const [batch, sequence] = inputs.input_ids!.shape as [number, number];
    const sizes = { batch, sequence, tokens: batch * sequence };
    return Object.fromEntries(
      noise.map(({ input, shape }) => {
        const known = shape.map((size) => (typeof size === "number" ? size : sizes[size]));
        return [input, { dtype: "uint8", shape: known, data: noiseBytes(random, elementCount(known)) }];
      }),
    );
  }
}
