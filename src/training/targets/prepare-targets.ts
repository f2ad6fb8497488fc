/** From files of sentences and teachers to what a student learns: a target for each sentence. */
import type { CorpusCounts, CorpusOptions } from "../data/corpus-options.ts";
import type { Projection } from "../projection/projection.ts";
import type { StoredPrecision, TeacherOptions } from "../teacher/teacher-options.ts";

/** What is being done: sentences are read and augmented, the projection fitted, targets made. */
export type PreparationStage = "read" | "augment" | "fit" | "targets";

export interface PrepareTargetsOptions extends CorpusOptions {
  readonly teachers: readonly TeacherOptions[];
  /** Of the targets. */
  readonly dimension: number;
  /** Instead of one that is fitted. */
  readonly projection?: Projection | undefined;
  /** The projection is fitted to so many teacher embeddings. Default 40,000. */
  readonly fitSentences?: number | undefined;
  /** Keeps teacher embeddings, for all runs. */
  readonly teacherCache: string;
  /** Default `float16`. */
  readonly teacherCachePrecision?: StoredPrecision | undefined;
  /** Holds the sentences and targets of this run while it lasts: 4 bytes a dimension and sentence, and the text. */
  readonly workFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** @param total undefined while it isn't known */
  readonly onProgress?: ((stage: PreparationStage, done: number, total: number | undefined) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

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

export interface Targets extends AsyncDisposable {
  readonly dimension: number;
  readonly train: TargetSet;
  readonly validation: TargetSet;
  readonly projection: Projection;
  readonly counts: CorpusCounts;
  /** A hash of the sentences in order, the teachers and the projection: runs with the same one learn the same. */
  readonly fingerprint: string;
  /** Deletes the files of this run. */
  dispose(): Promise<void>;
}

/**
 * @throws HpdError before any work where options or files can't do; the signal's reason
 */
export declare function prepareTargets(options: PrepareTargetsOptions): Promise<Targets>;
