/** A quantized corpus, with queries in the form that the kernel takes. */

import { HpdError } from "../errors.ts";
import { quantizationSteps, quantizeEmbeddings } from "../similarity/quantization.ts";
import type { QuantizedEmbeddings } from "../similarity/quantized-embeddings.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import type { ScoreKind } from "./kernel-code.ts";
import type { Rows } from "./score-kernel.ts";

export class QuantizedCorpus {
  readonly kind: ScoreKind;
  readonly rows: QuantizedEmbeddings;
  readonly queries: Rows;
  readonly #dimension: number;
  readonly #isSigned: boolean;
  /** Width of a quantization step and lowest value of each dimension; for int8 and uint8. */
  readonly #levels: { steps: Float32Array; minimum: Float32Array } | undefined;
  /** Factor and summand of each query, which make a score of a sum of products; for int8 and uint8. */
  readonly #scales: readonly { factor: number; summand: number }[] = [];

  /** @throws HpdError `invalid_argument` */
  constructor(rows: QuantizedEmbeddings, queries: Embeddings) {
    const { dimension } = queries;
    const { precision, ranges } = rows;
    this.rows = rows;
    this.#dimension = dimension;
    this.#isSigned = precision === "int8" || precision === "binary";
    requireFit(rows, queries);
    if (precision === "binary" || precision === "ubinary") {
      this.kind = "bits";
      this.queries = quantizeEmbeddings(queries, precision);
      return;
    }
    this.kind = precision;
    // Those of int8 and uint8 always have them.
    this.#levels = { steps: quantizationSteps(ranges!), minimum: ranges!.minimum };
    // The largest weight of a query such that a sum of products fits in 32 bits.
    const largest = Math.min(32_767, Math.floor((2 ** 31 - 1) / (256 * dimension)));
    const width = Math.ceil(dimension / 16) * 16;
    const data = new Int16Array(queries.count * width);
    this.queries = { data, count: queries.count, dimension: width };
    this.#scales = Array.from(queries, (query, index) =>
      this.#quantizeQuery(query, largest, data.subarray(index * width, (index + 1) * width)),
    );
  }

  /** The score of a hit, from the kernel's. */
  scoreOf(query: number, score: number): number {
    const scale = this.#scales[query];
    return scale === undefined ? score : Math.fround(score * scale.factor + scale.summand);
  }

  /** The rows at some positions as float32, as in Python: the lower end of each step, or the bits as 0 and 1. */
  restore(positions: readonly number[]): Embeddings {
    const restored = new Embeddings(
      new Float32Array(positions.length * this.#dimension),
      positions.length,
      this.#dimension,
    );
    const offset = this.#isSigned ? 128 : 0;
    for (const [index, position] of positions.entries()) {
      const row = this.rows.row(position);
      const target = restored.row(index);
      for (let i = 0; i < target.length; i++) {
        if (this.#levels === undefined) target[i] = ((row[i >> 3]! + offset) >> (7 - (i & 7))) & 1;
        else target[i] = (row[i]! + offset) * this.#levels.steps[i]! + this.#levels.minimum[i]!;
      }
    }
    return restored;
  }

  /** Quantizes a query. Its dot product with a restored row is the sum of (query * step) * level + query * minimum. */
  #quantizeQuery(query: Float32Array, largest: number, target: Int16Array): { factor: number; summand: number } {
    const { steps, minimum } = this.#levels!;
    const weights = query.map((value, i) => value * steps[i]!);
    const factor = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / largest;
    let summand = 0;
    for (const [i, weight] of weights.entries()) {
      const plane = (i >> 3) & 1;
      target[plane * (target.length / 2) + (i >> 4) * 8 + (i & 7)] = factor === 0 ? 0 : Math.round(weight / factor);
      summand += query[i]! * minimum[i]! + (this.#isSigned ? 128 * weight : 0);
    }
    return { factor, summand };
  }
}

function requireFit({ precision, count, dimension }: QuantizedEmbeddings, queries: Embeddings): void {
  const isBits = precision === "binary" || precision === "ubinary";
  const width = isBits ? Math.ceil(queries.dimension / 8) : queries.dimension;
  if (dimension === width || count === 0 || queries.count === 0) return;
  throw new HpdError(
    "invalid_argument",
    `queries of dimension ${queries.dimension} need a ${precision} corpus of ${width} bytes a row, got ${dimension}`,
  );
}
