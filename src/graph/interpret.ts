/**
 * Runs the graph of a static model without a runtime: rows of a table, their mean, and cheap operations on it. Any
 * other graph gives `undefined`, one with a Dense too, whose product a runtime computes many times faster.
 */
import type { Tensor } from "../tensor/tensor.ts";
import type { AnyNode, Node } from "./node.ts";

export interface TokenBatch {
  /** [texts, sequence], padded on the right */
  readonly ids: Int32Array;
  /** Tokens of each text. */
  readonly lengths: Int32Array;
}

export interface StaticProgram {
  /** Dimension of an embedding. */
  readonly width: number;
  /** Size of the weights. */
  readonly bytes: number;
  /** [texts, width]. The ids are those of rows that the table has. */
  run(batch: TokenBatch): Float32Array;
}

type Step = (embeddings: Float32Array) => void;

export function interpret(output: Node): StaticProgram | undefined {
  const node = output as AnyNode;
  if (node.op === "pool") return node.attributes.mode === "mean" ? meanOfRows(node.inputs) : undefined;
  const step = stepOf(node);
  const before = step === undefined ? undefined : interpret(node.inputs[0]!);
  if (step === undefined || before === undefined) return undefined;
  const parameters = node.inputs.filter(({ op }) => op === "parameter").map(dataOf);
  return {
    width: before.width,
    bytes: before.bytes + parameters.reduce((sum, { byteLength }) => sum + byteLength, 0),
    run(batch) {
      const embeddings = before.run(batch);
      step(embeddings);
      return embeddings;
    },
  };
}

function meanOfRows([tokens, mask, attentionMask]: readonly Node[]): StaticProgram | undefined {
  if (tokens?.op !== "gather" || mask !== attentionMask) return undefined;
  const [table, ids] = tokens.inputs as [Node, Node];
  if (table.op !== "parameter" || table.dtype !== "float32" || ids.op !== "input") return undefined;
  const data = dataOf(table);
  const width = table.shape[1] as number;
  return {
    width,
    bytes: data.byteLength,
    run: (batch) => means(data, width, batch),
  };
}

/** Four rows at a time: sums are read and written less often, and rounded to float32 less often too. */
function means(table: Float32Array, width: number, { ids, lengths }: TokenBatch): Float32Array {
  const texts = lengths.length;
  const sequence = ids.length / texts;
  const means = new Float32Array(texts * width);
  for (let text = 0; text < texts; text++) {
    const length = lengths[text]!;
    const first = text * sequence;
    const to = text * width;
    let token = 0;
    for (; token + 4 <= length; token += 4) {
      const a = ids[first + token]! * width;
      const b = ids[first + token + 1]! * width;
      const c = ids[first + token + 2]! * width;
      const d = ids[first + token + 3]! * width;
      for (let column = 0; column < width; column++) {
        means[to + column]! += table[a + column]! + table[b + column]! + table[c + column]! + table[d + column]!;
      }
    }
    for (; token < length; token++) {
      const from = ids[first + token]! * width;
      for (let column = 0; column < width; column++) means[to + column]! += table[from + column]!;
    }
    if (length < 2) continue;
    for (let column = 0; column < width; column++) means[to + column]! /= length;
  }
  return means;
}

function stepOf(node: AnyNode): Step | undefined {
  const width = node.shape.at(-1) as number;
  if (node.op === "normalize") return (embeddings) => eachRow(embeddings, width, normalizeRow);
  if (node.op !== "layerNorm") return undefined;
  const [, weight, bias] = node.inputs;
  if (weight?.op !== "parameter" || bias?.op !== "parameter") return undefined;
  const [weights, biases, { epsilon }] = [dataOf(weight), dataOf(bias), node.attributes];
  return (embeddings) => eachRow(embeddings, width, (row) => standardizeRow(row, weights, biases, epsilon));
}

function eachRow(embeddings: Float32Array, width: number, change: (row: Float32Array) => void): void {
  for (let start = 0; start < embeddings.length; start += width) change(embeddings.subarray(start, start + width));
}

/** A row of zeros stays so: the length that torch divides by is at least 1e-12. */
function normalizeRow(row: Float32Array): void {
  let squares = 0;
  for (const number of row) squares += number * number;
  const scale = 1 / Math.max(Math.sqrt(squares), 1e-12);
  for (let column = 0; column < row.length; column++) row[column]! *= scale;
}

function standardizeRow(row: Float32Array, weights: Float32Array, biases: Float32Array, epsilon: number): void {
  let sum = 0;
  for (const number of row) sum += number;
  const mean = sum / row.length;
  let squares = 0;
  for (const number of row) squares += (number - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / row.length + epsilon);
  for (let column = 0; column < row.length; column++) {
    row[column] = (row[column]! - mean) * scale * weights[column]! + biases[column]!;
  }
}

function dataOf(node: Node): Float32Array {
  return (node.attributes as { tensor: Tensor }).tensor.data as Float32Array;
}
