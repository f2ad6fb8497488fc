/**
 * Inputs of a graph with values drawn by a seed. Numbers are distinct, and lie off the kinks of the activations and
 * far enough from them and from each other for a finite difference.
 */
import { input } from "../../src/graph/build.ts";
import type { Dimension, Node } from "../../src/graph/node.ts";
import { type DType, dtypeArray } from "../../src/tensor/dtype.ts";
import { elementCount, type Tensor } from "../../src/tensor/tensor.ts";
import { type Sizes, sizesOf } from "./evaluate.ts";
import type { Float64Tensor } from "./float64.ts";

export class Drawn {
  readonly sizes: Sizes;
  readonly values = new Map<Node, Float64Tensor>();
  /** What is differentiated by. */
  readonly variables = new Set<Node>();
  readonly #random: () => number;

  constructor(seed: number, sizes: Sizes) {
    this.sizes = sizes;
    this.#random = generator(seed);
  }

  /** Between -range and range. */
  variable(shape: readonly Dimension[], range = 2): Node {
    const node = this.#input("float32", shape, (ranks) =>
      // 1 / pi makes no multiple of 1/8 or 1/7, where the kinks are.
      ranks.map((rank) => Math.fround(((rank + 1 / Math.PI) / ranks.length) * 2 * range - range)),
    );
    this.variables.add(node);
    return node;
  }

  /** Not near 0. */
  divisor(shape: readonly Dimension[]): Node {
    const node = this.#input("float32", shape, (ranks) =>
      ranks.map((rank) => Math.fround((0.5 + rank / ranks.length) * (rank % 2 === 0 ? 1 : -1))),
    );
    this.variables.add(node);
    return node;
  }

  indices(shape: readonly Dimension[], below: number): Node {
    return this.#input("int32", shape, (ranks) => ranks.map(() => Math.floor(this.#random() * below)));
  }

  /** Of one token or more for each sentence, padded on the right; the first has no padding. */
  mask(): Node {
    const { batch, sequence } = this.sizes;
    const lengths = Array.from({ length: batch }, (_, row) =>
      row === 0 ? sequence : 1 + Math.floor(this.#random() * sequence),
    );
    return this.#input("float32", ["batch", "sequence"], (ranks) =>
      ranks.map((_, place) => Number(place % sequence < lengths[Math.floor(place / sequence)]!)),
    );
  }

  tensorOf(node: Node): Tensor {
    const { shape, data } = this.values.get(node)!;
    const dtype = node.dtype as Exclude<DType, "int64">;
    return { dtype, shape, data: dtypeArray[dtype].from(data) } as Tensor;
  }

  /** Values for an input of random bytes that is there already. */
  giveNoise(node: Node): void {
    this.#give(node, (ranks) => ranks.map(() => Math.floor(this.#random() * 256)));
  }

  #input(dtype: DType, shape: readonly Dimension[], valuesOf: (ranks: number[]) => number[]): Node {
    const node = input(`input ${this.values.size}`, dtype, shape);
    this.#give(node, valuesOf);
    return node;
  }

  /** @param valuesOf from 0, 1, 2, … in random order, one for each element */
  #give(node: Node, valuesOf: (ranks: number[]) => number[]): void {
    const shape = sizesOf(node.shape, this.sizes);
    const ranks = Array.from({ length: elementCount(shape) }, (_, index) => [index, this.#random()] as const)
      .toSorted(([, a], [, b]) => a - b)
      .map(([index]) => index);
    this.values.set(node, { shape, data: Float64Array.from(valuesOf(ranks)) });
  }
}

/** Mulberry32, between 0 and 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
