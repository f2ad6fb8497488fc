/**
 * A learner over threads: each computes the gradients of its share of a batch and makes the optimizer's step for its
 * share of the numbers, in memory that all of them see.
 */
import { batchInputs, type TokenIds, typeInput } from "../../encode/batch-inputs.ts";
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";
import type { NamedTensors } from "../../runtime/session.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mergeAdapters } from "../tuning/add-adapters.ts";
import type { Batch, Learner, LearnerState } from "./learner.ts";
import type { LearnerOptions } from "./learner-options.ts";
import { LearnerThreads } from "./learner-threads.ts";
import { gradientInputs, type InputsOf, LossInputs } from "./loss-inputs.ts";
import { LossLayer } from "./loss-layer.ts";
import type { SharedMemory } from "./memory.ts";
import type { Accumulated, Evaluated, LearnerRequest, LossOfEmbeddings, RowGradients } from "./messages.ts";
import { noiseSeed } from "./noise.ts";
import { type Program, widthOf } from "./program.ts";
import { evenPieces, pieces, tokensAtOnce } from "./shards.ts";
import { parametersOf, stateOf, takeOver } from "./trained-tensors.ts";

export class ThreadLearner implements Learner {
  readonly #options: LearnerOptions;
  readonly #program: Program;
  /** Of each objective. */
  readonly #lossInputs: readonly LossInputs[];
  /** Of each objective whose loss has one. */
  readonly #layers: readonly (LossLayer | undefined)[];
  readonly #threads: LearnerThreads;
  /** A loss of one column that compares its texts needs the whole batch in one place. */
  readonly #isShared: boolean;
  readonly #threadsInside: number;
  readonly #memory: SharedMemory;
  readonly #tokensAtOnce: number;
  #learningRates: number[] = [];
  /** Since the last update: how often, and the rows of each thread. */
  #accumulations = 0;
  readonly #rows = new Map<number, RowGradients>();

  /** @param isShared whether texts of a batch may be computed apart */
  constructor(
    options: LearnerOptions,
    program: Program,
    memory: SharedMemory,
    { isShared, cores }: { readonly isShared: boolean; readonly cores: number },
  ) {
    this.#options = options;
    this.#program = program;
    this.#lossInputs = options.objectives.map((objective) => new LossInputs(objective, program));
    this.#layers = options.objectives.map((objective, index) =>
      LossLayer.of(objective, index, program.dimension, options.seed),
    );
    this.#memory = memory;
    this.#tokensAtOnce = tokensAtOnce(denseShapes(program));
    this.#isShared = isShared;
    const threads = isShared ? cores : 1;
    this.#threadsInside = cores / threads;
    this.#threads = new LearnerThreads(threads);
  }

  get dimension(): number {
    return this.#program.dimension;
  }

  /** Gives every thread its part, also anew after `restore`. */
  async start(): Promise<void> {
    const { train, evaluate, apart, noise } = this.#program;
    const width = widthOf(this.#program);
    await this.#threads.start((index) => ({
      type: "start",
      train,
      evaluate,
      apart,
      width,
      noise,
      memory: this.#memory,
      optimizer: this.#options.optimizer,
      index,
      threads: this.#threads.count,
      threadsInside: this.#threadsInside,
      learningRates: Float32Array.from(this.#learningRates),
    }));
  }

  async accumulate(batch: Batch): Promise<number> {
    const lossInputs = this.#check(batch);
    const step = this.#learningRates.length;
    const texts = textsOf(batch);
    const seedOf = (thread: number) =>
      noiseSeed(this.#options.seed, step, this.#accumulations * this.#threads.count + thread);
    const { loss, inputs, ofLayer } =
      this.#program.apart === undefined
        ? { loss: 0, inputs: lossInputs.ofTexts(batch), ofLayer: [] }
        : await this.#lossApart(
            batch,
            await this.#embeddings(texts, (thread) => ({ type: "embed", seed: seedOf(thread) })),
            // Beside those of the threads.
            Random.fromText(`loss ${this.#options.seed} ${step} ${this.#accumulations}`),
          );
    const answers = await this.#shared(texts, inputs, (pieces, thread) => ({
      type: "accumulate",
      pieces,
      isMore: this.#rows.has(thread),
      seed: seedOf(thread),
    })).catch((error) => {
      // Some threads may have added theirs.
      this.#forget();
      throw error;
    });
    this.#accumulations++;
    this.#layers[batch.objective ?? 0]?.accumulate(ofLayer);
    for (const [thread, { answer }] of answers.entries()) this.#rows.set(thread, (answer as Accumulated).rows);
    return answers.reduce((sum, { answer }) => sum + (answer as Accumulated).loss, loss);
  }

  async update(learningRate: number): Promise<{ gradientNorm: number }> {
    const rate = Math.fround(learningRate);
    if (!(rate >= 0 && rate * this.#options.optimizer.weightDecay < 1)) {
      throw new HpdError(
        "invalid_argument",
        `a learning rate is from 0 up, and less than 1 / weight decay, got ${learningRate}`,
      );
    }
    if (this.#accumulations === 0) {
      throw new HpdError("invalid_argument", "there are no gradients to update with: accumulate a batch first");
    }
    const contributors = [...this.#rows.keys()];
    const rows = [...this.#rows.values()];
    const mean = 1 / this.#accumulations;
    try {
      const squares = await this.#threads.ask(() => ({ type: "reduce", contributors, rows }));
      const gradientNorm = mean * Math.sqrt(squares.reduce<number>((sum, part) => sum + (part as number), 0));
      if (Number.isFinite(gradientNorm)) await this.#step(mean, gradientNorm, rate);
      return { gradientNorm };
    } finally {
      this.#forget();
    }
  }

  /** @param mean what the gradients are multiplied with before they are clipped */
  async #step(mean: number, gradientNorm: number, rate: number): Promise<void> {
    const { optimizer, maxGradientNorm } = this.#options;
    // The 1e-6 is that of torch.nn.utils.clip_grad_norm_.
    const clip = Math.min(1, maxGradientNorm / (gradientNorm + 1e-6));
    await this.#threads.ask(() => ({ type: "apply", factor: mean * clip, learningRate: rate }));
    for (const layer of this.#layers) layer?.update(mean, rate, optimizer);
    this.#learningRates.push(rate);
  }

  async evaluate(batch: Batch): Promise<number> {
    const lossInputs = this.#check(batch);
    const texts = textsOf(batch);
    if (this.#program.apart !== undefined) {
      const embeddings = await this.#embeddings(texts, () => ({ type: "evaluate" }));
      return (await this.#lossApart(batch, embeddings, undefined)).loss;
    }
    const answers = await this.#shared(texts, lossInputs.ofTexts(batch), (pieces) => ({ type: "evaluate", pieces }));
    return answers.reduce((sum, { answer }) => sum + (answer as Evaluated).loss, 0);
  }

  async embed(ids: readonly Int32Array[], types?: readonly Int32Array[], promptLength = 0): Promise<Float32Array> {
    const texts = ids.map((text, at) => ({ ids: text, ...(types && { typeIds: types[at]! }), promptLength }));
    this.#checkIds(texts);
    const all = await this.#embeddings(texts, () => ({ type: "evaluate" }));
    const [{ dimension }, width] = [this, widthOf(this.#program)];
    if (width === dimension) return all;
    const own = new Float32Array(ids.length * dimension);
    for (let row = 0; row < ids.length; row++) {
      own.set(all.subarray(row * width, row * width + dimension), row * dimension);
    }
    return own;
  }

  async parameters(): Promise<ReadonlyMap<string, Tensor<"float32">>> {
    const all = parametersOf(this.#memory, this.#options.optimizer, this.#learningRates);
    return mergeAdapters(all, this.#options.tuning?.adapters ?? []);
  }

  async state(): Promise<LearnerState> {
    return stateOf(this.#memory, this.#ownLayers, this.#learningRates);
  }

  async restore(state: LearnerState): Promise<void> {
    this.#learningRates = await takeOver(this.#memory, this.#ownLayers, state);
    this.#forget();
    await this.start();
  }

  async dispose(): Promise<void> {
    await this.#threads.close();
  }

  /** What the models give for texts: [texts, width] */
  async #embeddings(
    texts: readonly Text[],
    request: (thread: number) => { readonly type: "evaluate" } | { readonly type: "embed"; readonly seed: number },
  ): Promise<Float32Array> {
    const width = widthOf(this.#program);
    const embeddings = new Float32Array(texts.length * width);
    const inputs = this.#program.apart === undefined ? this.#lossInputs[0]!.placeholders(texts.length) : () => ({});
    const answers = await this.#shared(texts, inputs, (pieces, thread) => ({ ...request(thread), pieces }));
    for (const { members, answer } of answers) {
      const rows = (answer as Evaluated).embeddings;
      for (const [row, text] of members.entries()) {
        embeddings.set(rows.subarray(row * width, (row + 1) * width), text * width);
      }
    }
    return embeddings;
  }

  get #ownLayers(): LossLayer[] {
    return this.#layers.filter((layer) => layer !== undefined);
  }

  /** The loss where it is a model of its own, what its gradients are to the student's, and those by its layer. */
  async #lossApart(
    batch: Batch,
    embeddings: Float32Array,
    random: Random | undefined,
  ): Promise<Pick<LossOfEmbeddings, "loss" | "ofLayer"> & { readonly inputs: InputsOf }> {
    const { columns: texts, objective = 0 } = batch;
    const [rows, columns] = [texts[0]!.length, texts.length];
    const inputs = {
      ...this.#lossInputs[objective]!.ofEmbeddings(batch, embeddings, random),
      ...this.#layers[objective]?.inputs,
    };
    const [answer] = await this.#threads.ask(() => ({ type: "loss", objective, inputs, rows, columns }), 1);
    const { loss, gradients, ofLayer } = answer as LossOfEmbeddings;
    return { loss, ofLayer, inputs: gradientInputs(gradients, rows, widthOf(this.#program)) };
  }

  /** @returns the inputs of the loss that the batch is for */
  #check(batch: Batch): LossInputs {
    const { objective = 0 } = batch;
    const inputs = this.#lossInputs[objective];
    if (inputs === undefined) {
      const count = this.#lossInputs.length;
      throw new HpdError("invalid_argument", `a batch is for one of ${count} objectives, got number ${objective}`);
    }
    inputs.check(batch);
    this.#checkIds(textsOf(batch));
    return inputs;
  }

  #checkIds(texts: readonly TokenIds[]): void {
    for (const { ids: input, tensor } of [...this.#program.tables, ...this.#program.frozen]) {
      if (input === undefined) continue;
      const { shape } = tensor;
      const [rows, isOfTypes] = [shape[0]!, input === "token_type_ids"];
      for (const { ids, typeIds = noTypes } of texts) {
        const unknown = (isOfTypes ? typeIds : ids).find((id) => id < 0 || id >= rows);
        if (unknown === undefined) continue;
        const message = isOfTypes
          ? `the token type ${unknown} is not one of ${rows}`
          : `the token id ${unknown} is not in a vocabulary of ${rows}`;
        throw new HpdError("invalid_argument", message);
      }
    }
  }

  /**
   * Shares texts among the threads, the first of all always included.
   *
   * @param more inputs of some of the texts, beside their tokens
   */
  async #shared(
    texts: readonly Text[],
    more: InputsOf,
    request: (pieces: NamedTensors[], thread: number) => LearnerRequest,
  ) {
    const lengths = texts.map(({ ids }) => ids.length);
    const share = this.#program.apart === undefined ? pieces : evenPieces;
    const parts = this.#isShared ? share(lengths, this.#threads.count, this.#tokensAtOnce) : [[[...lengths.keys()]]];
    const inputs = parts.map((part) => part.map((members) => ({ ...this.#tokens(texts, members), ...more(members) })));
    const answers = await this.#threads.ask((thread) => request(inputs[thread]!, thread), parts.length);
    return parts.map((part, thread) => ({ members: part.flat(), answer: answers[thread] }));
  }

  #tokens(texts: readonly Text[], members: readonly number[]): NamedTensors {
    const own = members.map((text) => texts[text]!);
    const [ids, promptLengths] = [own.map((text) => text.ids), own.map(({ promptLength }) => promptLength)];
    const types = this.#program.inputs.includes("token_type_ids") && { token_type_ids: typeInput(own) };
    const all: NamedTensors = { ...batchInputs(ids, this.#options.padId, promptLengths), ...types };
    return Object.fromEntries(this.#program.inputs.map((name) => [name, all[name]!]));
  }

  /** What was accumulated. */
  #forget(): void {
    this.#accumulations = 0;
    this.#rows.clear();
    for (const layer of this.#layers) layer?.forget();
  }
}

function denseShapes({ parameters, frozen }: Program): (readonly number[])[] {
  return [...parameters, ...frozen].flatMap(({ ids, tensor }) => (ids === undefined ? [tensor.shape] : []));
}

const noTypes = new Int32Array();

interface Text extends TokenIds {
  /** Tokens at its start that are a prompt's. */
  readonly promptLength: number;
}

/** The texts of a batch, column by column. */
function textsOf({ columns, types, promptLengths = [] }: Batch): Text[] {
  return columns.flatMap((ids, column) =>
    ids.map((text, at) => ({
      ids: text,
      ...(types && { typeIds: types[column]![at]! }),
      promptLength: promptLengths[column] ?? 0,
    })),
  );
}
