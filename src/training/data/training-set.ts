/** What a student learns from, in a fixed order. */

/** Sentences in a fixed shuffled order, each with its target. */
export interface TargetSet {
  readonly count: number;
  /** The sentences at these places and their targets, in the order of the places. */
  read(places: readonly number[]): Promise<SentencesWithTargets>;
}

export interface SentencesWithTargets {
  readonly sentences: string[];
  /** [places, dimension], row-major. */
  readonly targets: Float32Array;
}
