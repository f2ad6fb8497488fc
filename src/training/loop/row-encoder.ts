/** How rows of texts become token sequences, column by column. */
import type { Random } from "../../random.ts";

export interface RowTokens {
  /** Token ids, special ones included, cut to the student's maximum length. */
  readonly columns: readonly (readonly Int32Array[])[];
  /** See `Batch.types`. */
  readonly types?: readonly (readonly Int32Array[])[];
  /** See `Batch.promptLengths`. */
  readonly promptLengths?: readonly number[];
}

export interface RowEncoder {
  /** @param columns of texts of some rows */
  encode(columns: readonly (readonly string[])[]): Promise<RowTokens>;
  /**
   * More columns, of what rows of a batch make together.
   *
   * @param columns of texts of the batch
   */
  across?(columns: readonly (readonly string[])[], random: Random): Promise<RowTokens>;
}
