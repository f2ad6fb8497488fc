/** The data that a student learns from: rows of texts with labels, by index. */
import type { Random } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";

export interface TrainingSet {
  /** Number of rows. */
  readonly count: number;
  /** The label of a row, if it is one number. */
  labelOf?(index: number): number;
  /** Reads rows, in the order of the indices. @param random for what is drawn at each read */
  read(indices: readonly number[], random: Random): Promise<Rows>;
}

export interface Rows {
  /** Columns of texts, all of one length: anchors, positives, negatives; or sentences alone. */
  readonly columns: readonly (readonly string[])[];
  readonly labels: Labels;
  /** All texts of each row's group, if anchor and positive are drawn from one. */
  readonly groups?: readonly (readonly string[])[];
}

/** Labels by name: [rows, ...] each. */
export type Labels = Readonly<Record<string, Tensor<"float32">>>;

/** The labels of some rows, by their indices. */
export function labelsOf(labels: Labels, rows: readonly number[]): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, { shape, data }]) => {
      const width = data.length / shape[0]!;
      const own = new Float32Array(rows.length * width);
      for (const [at, row] of rows.entries()) own.set(data.subarray(row * width, (row + 1) * width), at * width);
      return [name, { dtype: "float32", shape: [rows.length, ...shape.slice(1)], data: own }];
    }),
  );
}
