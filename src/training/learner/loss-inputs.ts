/** A batch's labels, and embeddings where the loss is a model of its own, as inputs of the graphs. */
import { HpdError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { NamedTensors } from "../../runtime/session.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { type Labels, labelsOf } from "../data/training-set.ts";
import type { Loss } from "../losses/loss.ts";
import type { Batch } from "./learner.ts";
import type { Objective } from "./learner-options.ts";
import { type Program, perRowInput, widthOf } from "./program.ts";

/** Makes the graph's inputs for some texts of a batch, given by their indices; column follows column. */
export type InputsOf = (members: readonly number[]) => NamedTensors;

export class LossInputs {
  readonly #loss: Loss;
  readonly #columns: number;
  readonly #student: Pick<Program, "dimension" | "layers">;

  constructor({ loss, columns }: Objective, student: Pick<Program, "dimension" | "layers">) {
    this.#loss = loss;
    this.#columns = columns;
    this.#student = student;
  }

  /** @throws HpdError `invalid_argument` for columns or labels that the loss doesn't take */
  check({ columns, labels }: Batch): void {
    const wanted = this.#columns;
    const rows = columns[0]?.length ?? 0;
    if (columns.length !== wanted || rows === 0 || columns.some((column) => column.length !== rows)) {
      const found = columns.map((column) => column.length).join(", ");
      throw new HpdError(
        "invalid_argument",
        `a batch should have ${wanted} non-empty ${wanted === 1 ? "column" : "columns of the same length"}, got lengths [${found}]`,
      );
    }
    for (const [name, shape] of this.#labels()) {
      const found = labels[name];
      const whole = [rows, ...shape];
      if (String(found?.shape) === String(whole) && found!.data.length === elementCount(whole)) continue;
      throw new HpdError(
        "invalid_argument",
        `the label ${name} should have shape [${whole}], got ${found === undefined ? "none" : `[${found.shape}]`}`,
      );
    }
  }

  /** The inputs of a loss of one column. */
  ofTexts({ columns, labels }: Batch): InputsOf {
    const rows = columns[0]!.length;
    return (members) => this.#prepared(labelsOf(labels, members), members.length, rows);
  }

  /** Zeros in place of the labels: a graph that ends in the loss takes them even if only embeddings are wanted. */
  placeholders(rows: number): InputsOf {
    const labels = this.#labels().map(([name, shape]) => {
      const whole = [rows, ...shape];
      return [name, { dtype: "float32", shape: whole, data: new Float32Array(elementCount(whole)) }] as const;
    });
    return (members) => this.#prepared(labelsOf(Object.fromEntries(labels), members), members.length, rows);
  }

  /**
   * The inputs of a loss that is a model of its own.
   *
   * @param embeddings of all texts of the batch, column by column: [texts, width]
   * @param random for a loss that draws; undefined in validation
   */
  ofEmbeddings({ columns, labels }: Batch, embeddings: Float32Array, random: Random | undefined): NamedTensors {
    const rows = columns[0]!.length;
    const width = widthOf(this.#student);
    const size = rows * width;
    const ofColumns = columns.map((_, column) => {
      const data = embeddings.subarray(column * size, (column + 1) * size);
      return [`column ${column}`, { dtype: "float32", shape: [rows, width], data }] as const;
    });
    return { ...this.#prepared(labels, rows, rows, random), ...Object.fromEntries(ofColumns) };
  }

  /** @param rows of `labels` @param all rows of the batch */
  #prepared(labels: Labels, rows: number, all: number, random?: Random): NamedTensors {
    const inputs = Object.entries(this.#loss.prepare(labels, rows, { layers: this.#student.layers, random }));
    return {
      ...Object.fromEntries(inputs.map(([name, tensor]) => [`loss ${name}`, tensor])),
      [perRowInput]: { dtype: "float32", shape: [], data: Float32Array.of(1 / all) },
    };
  }

  #labels(): [name: string, shape: readonly number[]][] {
    return Object.entries(this.#loss.labels(this.#student.dimension, this.#columns));
  }
}

/** The gradients of a loss as inputs of `train`. @param gradients by the embeddings of each column: [rows, width] */
export function gradientInputs(gradients: readonly Float32Array[], rows: number, width: number): InputsOf {
  return (members) => {
    const data = new Float32Array(members.length * width);
    for (const [at, text] of members.entries()) {
      const start = (text % rows) * width;
      data.set(gradients[Math.floor(text / rows)]!.subarray(start, start + width), at * width);
    }
    return { "loss gradient": { dtype: "float32", shape: [members.length, width], data } };
  };
}
