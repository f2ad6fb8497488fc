/**
 * A learner over threads: each computes the gradients of its share of a batch and makes the optimizer's step for its
 * share of the parameters, in memory that all of them see.
 */
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mergeAdapters } from "../tuning/add-adapters.ts";
import { requireKnownIds, textsOf } from "./batch-texts.ts";
import type { Batch, Learner, LearnerState, LossParts } from "./learner.ts";
import type { LearnerOptions } from "./learner-options.ts";
import { LearnerThreads } from "./learner-threads.ts";
import { gradientInputs, type InputsOf, LossInputs } from "./loss-inputs.ts";
import { LossLayer } from "./loss-layer.ts";
import type { SharedMemory } from "./memory.ts";
import type { Accumulated, Evaluated, LossOfEmbeddings, RowGradients } from "./messages.ts";
import { noiseSeed } from "./noise.ts";
import { type Program, widthOf } from "./program.ts";
import { StudentRunner } from "./student-runner.ts";
import { parametersOf, restoreState, stateOf } from "./trained-tensors.ts";

export class ThreadLearner implements Learner {
  readonly #options: LearnerOptions;
  readonly #program: Program;
  /** One for each objective. */
  readonly #lossInputs: readonly LossInputs[];
  /** One for each objective; undefined for a loss without a layer. */
  readonly #layers: readonly (LossLayer | undefined)[];
  readonly #threads: LearnerThreads;
  readonly #intraOpThreads: number;
  readonly #student: StudentRunner;
  readonly #memory: SharedMemory;
  /** The learning rate of each step so far. */
  #learningRates: number[] = [];
  /** The number of batches since the last update. */
  #accumulations = 0;
  /** The tables' gradients since the last update, by thread. */
  readonly #rows = new Map<number, RowGradients>();

  /** @param isDivisible see `RunnerOptions`; where it isn't, the cores work inside the operations of one thread */
  constructor(
    options: LearnerOptions,
    program: Program,
    memory: SharedMemory,
    { isDivisible, cores }: { readonly isDivisible: boolean; readonly cores: number },
  ) {
    this.#options = options;
    this.#program = program;
    this.#lossInputs = options.objectives.map((objective) => new LossInputs(objective, program));
    this.#layers = options.objectives.map((objective, index) =>
      LossLayer.of(objective, index, program.dimension, options.seed),
    );
    this.#memory = memory;
    const threads = isDivisible ? cores : 1;
    this.#intraOpThreads = cores / threads;
    this.#threads = new LearnerThreads(threads);
    this.#student = new StudentRunner(program, this.#threads, { padId: options.padId, isDivisible });
  }

  get dimension(): number {
    return this.#program.dimension;
  }

  /** Starts the worker of every thread. */
  async start(): Promise<void> {
    const { train, evaluate, gradCache, noise } = this.#program;
    const width = widthOf(this.#program);
    await this.#threads.start((index) => ({
      type: "start",
      train,
      evaluate,
      gradCache,
      width,
      noise,
      memory: this.#memory,
      optimizer: this.#options.optimizer,
      index,
      threads: this.#threads.count,
      intraOpThreads: this.#intraOpThreads,
    }));
  }

  async accumulate(batch: Batch, onParts?: (parts: LossParts) => void): Promise<number> {
    const lossInputs = this.#checked(batch);
    const step = this.#learningRates.length;
    const texts = textsOf(batch);
    const seedOf = (thread: number) =>
      noiseSeed(this.#options.seed, step, this.#accumulations * this.#threads.count + thread);
    const { loss, inputs, ofLayer } =
      this.#program.gradCache === undefined
        ? { loss: 0, inputs: lossInputs.ofTexts(batch), ofLayer: [] }
        : await this.#lossOf(
            batch,
            await this.#student.embed(texts, noInputs, (thread) => ({ type: "embed", seed: seedOf(thread) })),
            // Independent of the seeds of the threads.
            Random.fromText(`loss ${this.#options.seed} ${step} ${this.#accumulations}`),
            onParts,
          );
    const answers = await this.#student
      .run<Accumulated>(texts, inputs, (microBatches, thread) => ({
        type: "accumulate",
        microBatches,
        addsToGradients: this.#rows.has(thread),
        seed: seedOf(thread),
      }))
      .catch((error) => {
        // Some threads may have added their gradients.
        this.#discardGradients();
        throw error;
      });
    this.#accumulations++;
    this.#layers[batch.objective ?? 0]?.accumulate(ofLayer);
    for (const [thread, { answer }] of answers.entries()) this.#rows.set(thread, answer.rows);
    return answers.reduce((sum, { answer }) => sum + answer.loss, loss);
  }

  async update(learningRate: number): Promise<{ gradientNorm: number }> {
    const rate = Math.fround(learningRate);
    if (!(rate >= 0 && rate * this.#options.optimizer.weightDecay < 1)) {
      throw new HpdError(
        "invalid_argument",
        `learningRate should be from 0 to less than 1 / weightDecay, got ${learningRate}`,
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
      this.#discardGradients();
    }
  }

  /** @param mean factor of the gradients before clipping: 1 / accumulations */
  async #step(mean: number, gradientNorm: number, rate: number): Promise<void> {
    const { optimizer, maxGradientNorm } = this.#options;
    // The 1e-6 is that of torch.nn.utils.clip_grad_norm_.
    const clip = Math.min(1, maxGradientNorm / (gradientNorm + 1e-6));
    await this.#threads.ask(() => ({ type: "apply", factor: mean * clip, learningRate: rate }));
    for (const layer of this.#layers) layer?.update(mean, rate, optimizer);
    this.#learningRates.push(rate);
  }

  async evaluate(batch: Batch, onParts?: (parts: LossParts) => void): Promise<number> {
    const lossInputs = this.#checked(batch);
    const texts = textsOf(batch);
    if (this.#program.gradCache !== undefined) {
      const embeddings = await this.#student.embed(texts, noInputs, () => ({ type: "evaluate" }));
      return (await this.#lossOf(batch, embeddings, undefined, onParts)).loss;
    }
    const answers = await this.#student.run<Evaluated>(texts, lossInputs.ofTexts(batch), (microBatches) => ({
      type: "evaluate",
      microBatches,
    }));
    return answers.reduce((sum, { answer }) => sum + answer.loss, 0);
  }

  async embed(ids: readonly Int32Array[], types?: readonly Int32Array[], promptLength = 0): Promise<Float32Array> {
    const texts = ids.map((text, at) => ({ ids: text, ...(types && { typeIds: types[at]! }), promptLength }));
    requireKnownIds(texts, this.#program);
    const isWithLoss = this.#program.gradCache === undefined;
    const inputs = isWithLoss ? this.#lossInputs[0]!.placeholders(texts.length) : noInputs;
    const all = await this.#student.embed(texts, inputs, () => ({ type: "evaluate" }));
    const { dimension } = this;
    const width = widthOf(this.#program);
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
    this.#learningRates = await restoreState(this.#memory, this.#ownLayers, state);
    this.#discardGradients();
    const learningRates = Float32Array.from(this.#learningRates);
    await this.#threads.ask(() => ({ type: "restore", learningRates }));
  }

  async dispose(): Promise<void> {
    await this.#threads.close();
  }

  get #ownLayers(): LossLayer[] {
    return this.#layers.filter((layer) => layer !== undefined);
  }

  /**
   * The second step of GradCache: the loss of a batch's embeddings.
   *
   * @param random of a loss that draws; undefined in validation
   * @returns with the loss its gradients: those by the embeddings as inputs of `train`, and those by its layer
   */
  async #lossOf(
    batch: Batch,
    embeddings: Float32Array,
    random: Random | undefined,
    onParts: ((parts: LossParts) => void) | undefined,
  ): Promise<Pick<LossOfEmbeddings, "loss" | "ofLayer"> & { readonly inputs: InputsOf }> {
    const { columns: texts, objective = 0 } = batch;
    const [rows, columns] = [texts[0]!.length, texts.length];
    const inputs = {
      ...this.#lossInputs[objective]!.ofEmbeddings(batch, embeddings, random),
      ...this.#layers[objective]?.inputs,
    };
    const names = this.#options.objectives[objective]!.loss.parts?.names ?? [];
    const request = { type: "loss", objective, inputs, rows, columns, parts: names.length } as const;
    const [answer] = await this.#threads.ask(() => request, 1);
    const { loss, parts, gradients, ofLayer } = answer as LossOfEmbeddings;
    if (names.length > 0) onParts?.(Object.fromEntries(names.map((name, at) => [name, parts[at]!])));
    return { loss, ofLayer, inputs: gradientInputs(gradients, rows, widthOf(this.#program)) };
  }

  /**
   * @returns what makes the inputs of the loss that the batch is for
   * @throws HpdError `invalid_argument` for a batch that isn't what the loss and the student take
   */
  #checked(batch: Batch): LossInputs {
    const { objective = 0 } = batch;
    const inputs = this.#lossInputs[objective];
    if (inputs === undefined) {
      const last = this.#lossInputs.length - 1;
      throw new HpdError("invalid_argument", `a batch's objective should be from 0 to ${last}, got ${objective}`);
    }
    inputs.check(batch);
    requireKnownIds(textsOf(batch), this.#program);
    return inputs;
  }

  #discardGradients(): void {
    this.#accumulations = 0;
    this.#rows.clear();
    for (const layer of this.#layers) layer?.discardGradients();
  }
}

/** Inputs beside the tokens, where there are none. */
const noInputs: InputsOf = () => ({});
