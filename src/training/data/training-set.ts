/** What a student learns from: rows of texts with labels, in a fixed order. */
import type { Random } from "../../random.ts";
import type { Tensor } from "../../tensor/tensor.ts";

export interface TrainingSet {
  /** Rows. */
  readonly count: number;
  /** The label of the row at a place, where it is one number. */
  labelOf?(place: number): number;
  /** The rows at these places, in the order of the places. @param random of what is drawn anew each time */
  read(places: readonly number[], random: Random): Promise<Rows>;
}

export interface Rows {
  /** Columns of texts, all of one length: anchors, positives, negatives; or sentences alone. */
  readonly columns: readonly (readonly string[])[];
  readonly labels: Labels;
  /** Where texts were drawn from groups: all texts of each row's. */
  readonly kin?: readonly (readonly string[])[];
}

/** What a loss takes beside embeddings, by name: [rows, ...] each. */
export type Labels = Readonly<Record<string, Tensor<"float32">>>;

/** The labels of some rows, in their order. */
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
