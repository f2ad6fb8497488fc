/**
 * A thread's part in learning: it computes the gradients of some sentences, and makes the optimizer's step for some of
 * the numbers. Threads never write to what another one reads at the same time: the learner asks all of them for the same
 * thing, and waits for all answers.
 */

import { Random } from "../../random.ts";
import { InPlaceSession } from "../../runtime/node/in-place-session.ts";
import type { NamedTensors } from "../../runtime/session.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import { part } from "./dense-block.ts";
import { layerInputs } from "./loss-layer.ts";
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
  StartRequest,
} from "./messages.ts";
import { noiseBytes } from "./noise.ts";
import { OptimizerPart } from "./optimizer-part.ts";
import { sumInput } from "./program.ts";
import { RowBuffer } from "./row-buffer.ts";

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
  readonly #optimizer: OptimizerPart;
  /** Parameters as inputs, and this thread's gradients as outputs: views that never change. */
  readonly #parameters: NamedTensors;
  readonly #gradients: NamedTensors;
  /** What the graph adds gradients to: nothing, or those that are there. */
  readonly #nothing: NamedTensors;
  readonly #before: NamedTensors;
  readonly #rows: readonly RowBuffer[];

  private constructor(start: StartRequest, sessions: Sessions) {
    this.#start = start;
    this.#sessions = sessions;
    this.#optimizer = new OptimizerPart(start);
    const { blocks, tables, frozen } = start.memory;
    const views = blocks.flatMap(({ parameters, moments, gradients }) =>
      parameters.map((placed) => ({
        ...placed,
        values: part(moments.parameters, placed),
        sum: part(gradients[start.index]!, placed),
      })),
    );
    this.#parameters = Object.fromEntries([
      ...views.map(({ input, values }) => [input, values] as const),
      ...frozen.flatMap(({ input, ids, tensor }) => (ids === undefined ? [[input, tensor] as const] : [])),
    ]);
    this.#gradients = Object.fromEntries(views.map(({ gradient, sum }) => [gradient, sum]));
    this.#before = Object.fromEntries(views.map(({ gradient, sum }) => [sumInput(gradient), sum]));
    this.#nothing = Object.fromEntries(
      views.map(({ gradient, shape }) => [sumInput(gradient), nothing(shape.length)] as const),
    );
    this.#rows = tables.map(({ width }) => new RowBuffer(width));
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
    const { memory } = this.#start;
    const loss = new Float32Array(1);
    const outputs: Record<string, Tensor> = {
      ...this.#gradients,
      ...(this.#start.apart === undefined && { loss: { dtype: "float32", shape: [], data: loss } }),
    };
    for (const [at, table] of memory.tables.entries()) {
      const ids = inputs[table.ids]!;
      const gradients = this.#rows[at]!.add(ids.data as Int32Array);
      outputs[table.gradient] = { dtype: "float32", shape: [...ids.shape, table.width], data: gradients };
    }
    const sums = isMore ? this.#before : this.#nothing;
    await this.#sessions.train.run({ ...this.#withParameters(inputs), ...sums }, outputs);
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
    const { width } = this.#start;
    const loss = new Float32Array(1);
    const gradients = Array.from({ length: columns }, () => new Float32Array(rows * width));
    const layer = layerInputs.flatMap((name) => {
      const { shape } = inputs[name] ?? {};
      return shape === undefined ? [] : [{ name, shape, data: new Float32Array(elementCount(shape)) }];
    });
    await this.#sessions.losses[objective]!.run(inputs, {
      loss: { dtype: "float32", shape: [], data: loss },
      ...Object.fromEntries(
        gradients.map((data, column) => [`gradient ${column}`, { dtype: "float32", shape: [rows, width], data }]),
      ),
      ...Object.fromEntries(
        layer.map(({ name, shape, data }) => [`gradient ${name}`, { dtype: "float32", shape, data }]),
      ),
    });
    return { loss: loss[0]!, gradients, ofLayer: layer.map(({ data }) => data) };
  }

  async #embed(
    session: InPlaceSession,
    pieces: readonly NamedTensors[],
    more: (inputs: NamedTensors) => NamedTensors,
  ): Promise<Evaluated> {
    const { width } = this.#start;
    const counts = pieces.map(({ input_ids }) => input_ids!.shape[0]!);
    const embeddings = new Float32Array(width * counts.reduce((sum, count) => sum + count, 0));
    let [loss, at] = [0, 0];
    for (const [index, inputs] of pieces.entries()) {
      const end = at + counts[index]! * width;
      const ofPiece = new Float32Array(1);
      await session.run(this.#withParameters({ ...inputs, ...more(inputs) }), {
        ...(this.#start.apart === undefined && { loss: { dtype: "float32", shape: [], data: ofPiece } }),
        embeddings: { dtype: "float32", shape: [counts[index]!, width], data: embeddings.subarray(at, end) },
      });
      loss += ofPiece[0]!;
      at = end;
    }
    return { loss, embeddings };
  }

  reduce(request: ReduceRequest): number {
    return this.#optimizer.reduce(request);
  }

  apply(request: ApplyRequest): void {
    this.#optimizer.apply(request);
  }

  async release(): Promise<void> {
    const { train, evaluate, embed, losses } = this.#sessions;
    await Promise.all([train, evaluate, embed, ...losses].map((session) => session?.release()));
  }

  #withParameters(inputs: NamedTensors): NamedTensors {
    return { ...inputs, ...this.#parameters, ...this.#optimizer.rowsOf(inputs) };
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

/** The number that changes no other when it is added: of 0, even -0 would become 0. */
function nothing(axes: number): Tensor<"float32"> {
  return { dtype: "float32", shape: new Array(axes).fill(1), data: Float32Array.of(-0) };
}
