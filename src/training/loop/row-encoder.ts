/** Turning rows of texts into token sequences, column by column. */
import type { Random } from "../../random.ts";

export interface RowTokens {
  /** Token ids, special tokens included, cut to the student's maximum length. */
  readonly columns: readonly (readonly Int32Array[])[];
  /** See `Batch.types`. */
  readonly types?: readonly (readonly Int32Array[])[];
  /** See `Batch.promptLengths`. */
  readonly promptLengths?: readonly number[];
}

export interface RowEncoder {
  /** @param columns texts of some rows */
  encode(columns: readonly (readonly string[])[]): Promise<RowTokens>;
  /**
   * Additional columns that depend on a whole batch, such as in-batch negatives.
   *
   * @param columns texts of the batch
   */
  across?(columns: readonly (readonly string[])[], random: Random): Promise<RowTokens>;
}
