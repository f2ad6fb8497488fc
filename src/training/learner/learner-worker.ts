/**
 * The work of one thread of a learner: the gradients of its share of a batch, and the optimizer's step of its share of
 * the parameters. Threads never write to what another one reads at the same time: the learner sends the same request to
 * all of them, and waits for all answers.
 */
import { Random } from "../../random.ts";
import { InPlaceSession } from "../../runtime/node/in-place-session.ts";
import type { NamedTensors } from "../../runtime/session.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import { viewOf } from "./dense-block.ts";
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
  RestoreRequest,
  StartRequest,
} from "./messages.ts";
import { noiseBytes } from "./noise.ts";
import { OptimizerShard } from "./optimizer-shard.ts";
import { layerInputs, sumInput } from "./program.ts";
import { RowBuffer } from "./row-buffer.ts";

interface Sessions {
  readonly train: InPlaceSession;
  readonly evaluate: InPlaceSession;
  /** The session of GradCache's first step; undefined without GradCache. */
  readonly embed: InPlaceSession | undefined;
  /** Sessions of the losses; empty but in the first thread, which is asked for them. */
  readonly losses: readonly InPlaceSession[];
}

export class LearnerWorker {
  readonly #start: StartRequest;
  readonly #sessions: Sessions;
  #optimizer: OptimizerShard;
  /** Parameters as inputs, and this thread's gradients as outputs: views of the shared memory. */
  readonly #parameters: NamedTensors;
  readonly #gradients: NamedTensors;
  /** The inputs that gradients are added to: negative zeros, or this thread's gradients so far. */
  readonly #zeros: NamedTensors;
  readonly #gradientsBefore: NamedTensors;
  readonly #rows: readonly RowBuffer[];

  private constructor(start: StartRequest, sessions: Sessions) {
    this.#start = start;
    this.#sessions = sessions;
    this.#optimizer = new OptimizerShard(start, new Float32Array(0));
    const { blocks, tables, frozen } = start.memory;
    const views = blocks.flatMap(({ parameters, moments, gradients }) =>
      parameters.map((placed) => ({
        ...placed,
        values: viewOf(moments.parameters, placed),
        sum: viewOf(gradients[start.index]!, placed),
      })),
    );
    this.#parameters = Object.fromEntries([
      ...views.map(({ input, values }) => [input, values] as const),
      ...frozen.flatMap(({ input, ids, tensor }) => (ids === undefined ? [[input, tensor] as const] : [])),
    ]);
    this.#gradients = Object.fromEntries(views.map(({ gradient, sum }) => [gradient, sum]));
    this.#gradientsBefore = Object.fromEntries(views.map(({ gradient, sum }) => [sumInput(gradient), sum]));
    this.#zeros = Object.fromEntries(
      views.map(({ gradient, shape }) => [sumInput(gradient), negativeZero(shape.length)] as const),
    );
    this.#rows = tables.map(({ width }) => new RowBuffer(width));
  }

  static async start(start: StartRequest): Promise<LearnerWorker> {
    const { train, evaluate, gradCache } = start;
    const losses = start.index === 0 ? (gradCache?.losses ?? []) : [];
    const create = (model: Uint8Array) => InPlaceSession.create(model, start.intraOpThreads);
    const sessions: Sessions = {
      train: await create(train),
      evaluate: await create(evaluate),
      embed: gradCache && (await create(gradCache.embed)),
      losses: await Promise.all(losses.map(create)),
    };
    return new LearnerWorker(start, sessions);
  }

  /** Goes on from the parameters and moments that are in the memory now. */
  restore({ learningRates }: RestoreRequest): void {
    this.#optimizer = new OptimizerShard(this.#start, learningRates);
  }

  async accumulate({ microBatches, addsToGradients, seed }: AccumulateRequest): Promise<Accumulated> {
    if (!addsToGradients) for (const rows of this.#rows) rows.clear();
    const random = new Random(seed);
    let loss = 0;
    for (const [index, inputs] of microBatches.entries()) {
      loss += await this.#accumulate({ ...inputs, ...this.#noise(inputs, random) }, addsToGradients || index > 0);
    }
    return { loss, rows: this.#rows.map((rows) => rows.content) };
  }

  async #accumulate(inputs: NamedTensors, addsToGradients: boolean): Promise<number> {
    const { memory } = this.#start;
    const loss = new Float32Array(1);
    const outputs: Record<string, Tensor> = {
      ...this.#gradients,
      ...(this.#start.gradCache === undefined && { loss: { dtype: "float32", shape: [], data: loss } }),
    };
    for (const [at, table] of memory.tables.entries()) {
      const ids = inputs[table.ids]!;
      const gradients = this.#rows[at]!.add(ids.data as Int32Array);
      outputs[table.gradient] = { dtype: "float32", shape: [...ids.shape, table.width], data: gradients };
    }
    const sums = addsToGradients ? this.#gradientsBefore : this.#zeros;
    await this.#sessions.train.run({ ...this.#withParameters(inputs), ...sums }, outputs);
    return loss[0]!;
  }

  evaluate({ microBatches }: EvaluateRequest): Promise<Evaluated> {
    return this.#embed(this.#sessions.evaluate, microBatches, () => ({}));
  }

  embed({ microBatches, seed }: EmbedRequest): Promise<Evaluated> {
    const random = new Random(seed);
    return this.#embed(this.#sessions.embed!, microBatches, (inputs) => this.#noise(inputs, random));
  }

  async loss({ objective, inputs, rows, columns, parts }: LossRequest): Promise<LossOfEmbeddings> {
    const { width } = this.#start;
    const loss = new Float32Array(1);
    const ofParts = Array.from({ length: parts }, () => new Float32Array(1));
    const gradients = Array.from({ length: columns }, () => new Float32Array(rows * width));
    const layer = layerInputs.flatMap((name) => {
      const { shape } = inputs[name] ?? {};
      return shape === undefined ? [] : [{ name, shape, data: new Float32Array(elementCount(shape)) }];
    });
    await this.#sessions.losses[objective]!.run(inputs, {
      loss: { dtype: "float32", shape: [], data: loss },
      ...Object.fromEntries(ofParts.map((data, at) => [`part ${at}`, { dtype: "float32", shape: [], data }])),
      ...Object.fromEntries(
        gradients.map((data, column) => [`gradient ${column}`, { dtype: "float32", shape: [rows, width], data }]),
      ),
      ...Object.fromEntries(
        layer.map(({ name, shape, data }) => [`gradient ${name}`, { dtype: "float32", shape, data }]),
      ),
    });
    return {
      loss: loss[0]!,
      parts: ofParts.map(([value]) => value!),
      gradients,
      ofLayer: layer.map(({ data }) => data),
    };
  }

  async #embed(
    session: InPlaceSession,
    microBatches: readonly NamedTensors[],
    more: (inputs: NamedTensors) => NamedTensors,
  ): Promise<Evaluated> {
    const { width } = this.#start;
    const counts = microBatches.map(({ input_ids }) => input_ids!.shape[0]!);
    const embeddings = new Float32Array(width * counts.reduce((sum, count) => sum + count, 0));
    let [loss, at] = [0, 0];
    for (const [index, inputs] of microBatches.entries()) {
      const end = at + counts[index]! * width;
      const ofMicroBatch = new Float32Array(1);
      await session.run(this.#withParameters({ ...inputs, ...more(inputs) }), {
        ...(this.#start.gradCache === undefined && { loss: { dtype: "float32", shape: [], data: ofMicroBatch } }),
        embeddings: { dtype: "float32", shape: [counts[index]!, width], data: embeddings.subarray(at, end) },
      });
      loss += ofMicroBatch[0]!;
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

/** The neutral element of addition, broadcast over any shape of so many axes: adding 0 would turn -0 into 0. */
function negativeZero(axes: number): Tensor<"float32"> {
  return { dtype: "float32", shape: new Array(axes).fill(1), data: Float32Array.of(-0) };
}
