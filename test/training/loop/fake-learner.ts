/**
 * A learner in a few lines: a sentence's embedding is the mean of its tokens' vectors, trained on squared error with
 * Adam. As exact as a real one in what it must be: what it does next follows from its state alone.
 */

import { Random } from "../../../src/random.ts";
import { elementsOf } from "../../../src/tensor/lazy-tensor.ts";
import type { TrainingSet } from "../../../src/training/data/training-set.ts";
import type { Batch, Learner, LearnerState } from "../../../src/training/learner/learner.ts";
import { idsOf, targetsOf } from "../learner/target-batch.ts";

const vocabulary = 97;

/** Ids of the words, which are numbers here. */
export const tokenizer = { encode: (text: string) => Int32Array.from(text.split(" "), Number) };

/** Sentences of 1 to 12 random words, each with what a table of random vectors makes of it. */
export function makeSet(count: number, dimension: number, seed: number): TrainingSet & { sentences: string[] } {
  const random = new Random(seed);
  const tableRandom = new Random(7);
  const table = Float32Array.from({ length: vocabulary * dimension }, () => tableRandom.normal());
  const sentences = Array.from({ length: count }, () =>
    Array.from({ length: 1 + random.nextInteger(12) }, () => random.nextInteger(vocabulary)).join(" "),
  );
  return {
    count,
    sentences,
    async read(places) {
      const chosen = places.map((place) => sentences[place]!);
      const targets = chosen.flatMap((sentence) => [...mean(table, tokenizer.encode(sentence), dimension)]);
      const target = { dtype: "float32", shape: [places.length, dimension], data: Float32Array.from(targets) } as const;
      return { columns: [chosen], labels: { target } };
    },
  };
}

export class FakeLearner implements Learner {
  readonly dimension: number;
  /** The learning rates of the updates. */
  readonly rates: number[] = [];
  /** The sentences of every batch. */
  readonly batches: string[][] = [];
  /** What they are for. */
  readonly objectives: (number | undefined)[] = [];
  /** How many batches each update had. */
  readonly accumulated: number[] = [];
  #step = 0;
  #weights: Float32Array<ArrayBuffer>;
  #first: Float32Array<ArrayBuffer>;
  #second: Float32Array<ArrayBuffer>;
  #gradient: Float64Array;
  #waiting = 0;

  constructor(dimension: number) {
    const size = vocabulary * dimension;
    this.dimension = dimension;
    this.#weights = new Float32Array(size);
    this.#first = new Float32Array(size);
    this.#second = new Float32Array(size);
    this.#gradient = new Float64Array(size);
  }

  async accumulate(batch: Batch): Promise<number> {
    const [ids, targets] = [idsOf(batch), targetsOf(batch)];
    this.batches.push(ids.map((tokens) => tokens.join(" ")));
    this.objectives.push(batch.objective);
    this.#waiting++;
    const scale = 2 / (ids.length * this.dimension);
    return this.#forEachError(ids, targets, (token, column, error, length) => {
      this.#gradient[token * this.dimension + column]! += (scale * error) / length;
    });
  }

  async update(learningRate: number): Promise<{ gradientNorm: number }> {
    this.rates.push(learningRate);
    this.accumulated.push(this.#waiting);
    let squares = 0;
    for (const [index, sum] of this.#gradient.entries()) {
      const gradient = sum / this.#waiting;
      squares += gradient * gradient;
      this.#first[index] = 0.9 * this.#first[index]! + 0.1 * gradient;
      this.#second[index] = 0.999 * this.#second[index]! + 0.001 * gradient * gradient;
      this.#weights[index]! -= (learningRate * this.#first[index]!) / (Math.sqrt(this.#second[index]!) + 1e-8);
    }
    this.#gradient.fill(0);
    this.#waiting = 0;
    this.#step++;
    return { gradientNorm: Math.sqrt(squares) };
  }

  async evaluate(batch: Batch): Promise<number> {
    return this.#forEachError(idsOf(batch), targetsOf(batch), () => {});
  }

  async embed(ids: readonly Int32Array[]): Promise<Float32Array> {
    return Float32Array.from(ids.flatMap((tokens) => [...mean(this.#weights, tokens, this.dimension)]));
  }

  async parameters() {
    return new Map([["weights", this.#tensor(this.#weights)]]);
  }

  async state(): Promise<LearnerState> {
    const tensors = new Map([
      ["weights", this.#tensor(this.#weights)],
      ["weights.first", this.#tensor(this.#first)],
      ["weights.second", this.#tensor(this.#second)],
    ]);
    return { step: this.#step, tensors };
  }

  async restore({ step, tensors }: LearnerState): Promise<void> {
    this.#step = step;
    const copyOf = async (name: string) => (await elementsOf(tensors.get(name)!)).data.slice();
    this.#weights = await copyOf("weights");
    this.#first = await copyOf("weights.first");
    this.#second = await copyOf("weights.second");
  }

  async dispose(): Promise<void> {}

  #tensor(data: Float32Array) {
    const shape = [data.length / this.dimension, this.dimension];
    return { dtype: "float32" as const, shape, data: data.slice() };
  }

  /** @returns the mean of the squared errors */
  #forEachError(
    ids: readonly Int32Array[],
    targets: Float32Array,
    onError: (token: number, column: number, error: number, length: number) => void,
  ): number {
    let sum = 0;
    for (const [row, tokens] of ids.entries()) {
      const embedding = mean(this.#weights, tokens, this.dimension);
      for (const [column, value] of embedding.entries()) {
        const error = value - targets[row * this.dimension + column]!;
        sum += error * error;
        for (const token of tokens) onError(token, column, error, tokens.length);
      }
    }
    return sum / (ids.length * this.dimension);
  }
}

function mean(table: Float32Array, tokens: Int32Array, dimension: number): Float64Array {
  const sum = new Float64Array(dimension);
  for (const token of tokens) {
    for (let column = 0; column < dimension; column++)
      sum[column]! += table[token * dimension + column]! / tokens.length;
  }
  return sum;
}
