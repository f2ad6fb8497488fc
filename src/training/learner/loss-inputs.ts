/** What the graphs of a step take of a batch beside the tokens of its texts: whatever the loss asks for. */
import { HpdError } from "../../errors.ts";
import type { NamedTensors } from "../../runtime/session.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { type Labels, labelsOf } from "../data/training-set.ts";
import type { Loss } from "../losses/loss.ts";
import type { Batch } from "./learner.ts";
import type { Objective } from "./learner-options.ts";
import { perRowInput } from "./program.ts";

/** Inputs of the graph for some texts of a batch, which are numbered column by column. */
export type InputsOf = (members: readonly number[]) => NamedTensors;

export class LossInputs {
  readonly #loss: Loss;
  readonly #columns: number;
  readonly #dimension: number;

  constructor({ loss, columns }: Objective, dimension: number) {
    this.#loss = loss;
    this.#columns = columns;
    this.#dimension = dimension;
  }

  /** @throws HpdError `invalid_argument` where the batch isn't what the loss takes */
  check({ columns, labels }: Batch): void {
    const wanted = this.#columns;
    const rows = columns[0]?.length ?? 0;
    if (columns.length !== wanted || rows === 0 || columns.some((column) => column.length !== rows)) {
      const found = columns.map((column) => column.length).join(", ");
      throw new HpdError(
        "invalid_argument",
        `a batch has ${wanted} ${wanted === 1 ? "column" : "columns"} of as many texts each, got [${found}]`,
      );
    }
    for (const [name, shape] of this.#labels()) {
      const found = labels[name];
      const whole = [rows, ...shape];
      if (String(found?.shape) === String(whole) && found!.data.length === elementCount(whole)) continue;
      throw new HpdError(
        "invalid_argument",
        `a batch has the label ${name} of shape [${whole}], got ${found === undefined ? "none" : `[${found.shape}]`}`,
      );
    }
  }

  /** What a loss of one column takes of some texts. */
  ofTexts({ columns, labels }: Batch): InputsOf {
    const rows = columns[0]!.length;
    return (members) => this.#prepared(labelsOf(labels, members), members.length, rows);
  }

  /** Stands in for them where the loss doesn't matter: a graph that ends in it wants them all the same. */
  placeholders(rows: number): InputsOf {
    const labels = this.#labels().map(([name, shape]) => {
      const whole = [rows, ...shape];
      return [name, { dtype: "float32", shape: whole, data: new Float32Array(elementCount(whole)) }] as const;
    });
    return (members) => this.#prepared(labelsOf(Object.fromEntries(labels), members), members.length, rows);
  }

  /** @param embeddings of all texts of the batch, column by column: [texts, dimension] */
  ofEmbeddings({ columns, labels }: Batch, embeddings: Float32Array): NamedTensors {
    const rows = columns[0]!.length;
    const size = rows * this.#dimension;
    const ofColumns = columns.map((_, column) => {
      const data = embeddings.subarray(column * size, (column + 1) * size);
      return [`column ${column}`, { dtype: "float32", shape: [rows, this.#dimension], data }] as const;
    });
    return { ...this.#prepared(labels, rows, rows), ...Object.fromEntries(ofColumns) };
  }

  /** @param rows of which these labels are, `all` those of the batch */
  #prepared(labels: Labels, rows: number, all: number): NamedTensors {
    const inputs = Object.entries(this.#loss.prepare(labels, rows));
    return {
      ...Object.fromEntries(inputs.map(([name, tensor]) => [`loss ${name}`, tensor])),
      [perRowInput]: { dtype: "float32", shape: [], data: Float32Array.of(1 / all) },
    };
  }

  #labels(): [name: string, shape: readonly number[]][] {
    return Object.entries(this.#loss.labels(this.#dimension, this.#columns));
  }
}

/** @param gradients of a loss by the embeddings of each column: [rows, dimension] */
export function gradientInputs(gradients: readonly Float32Array[], rows: number, dimension: number): InputsOf {
  return (members) => {
    const data = new Float32Array(members.length * dimension);
    for (const [at, text] of members.entries()) {
      const start = (text % rows) * dimension;
      data.set(gradients[Math.floor(text / rows)]!.subarray(start, start + dimension), at * dimension);
    }
    return { "loss gradient": { dtype: "float32", shape: [members.length, dimension], data } };
  };
}
