/** Options of the corpus, the sentences that a run learns from, and its counts. */
import type { OptionTable } from "../../common/options.ts";
import type { InputFormat } from "../../texts/open-texts.ts";
import type { AugmentationOptions } from "../augmentation/options.ts";

/** A file of sentences: text, JSONL, CSV, TSV or Parquet, `.gz` and `.zst` too. `AllNLI.tsv.gz` is known by its header. */
export interface SentenceFile {
  /** `-` is standard input. */
  readonly path: string;
  /** Default: by the file's name. */
  readonly format?: InputFormat | undefined;
  /** The field or column that holds the sentence, of every format but text. Default `text`. */
  readonly field?: string | undefined;
}

export const sentenceFile: OptionTable<SentenceFile> = { path: "string", format: "string", field: "string" };

export interface CorpusOptions {
  readonly sentences: readonly SentenceFile[];
  /**
   * The sentences held out for validation: a number of them (0 for none), or files of their own. A sentence held out is
   * never trained on, wherever else it stands.
   */
  readonly validation: number | readonly SentenceFile[];
  /** Longer sentences are left out; in Unicode characters. Default 256, as in the reference recipe. */
  readonly maxCharacters?: number | undefined;
  /** Maximum number of sentences to train on, drawn by the seed, before augmentation. Default: all. */
  readonly limit?: number | undefined;
  readonly augmentation?: AugmentationOptions | undefined;
  /**
   * Seed of the shuffling and the augmentation: the same files, options and seed give the same sentences in the same
   * order.
   */
  readonly seed: number;
}

export interface CorpusCounts {
  /** Sentences in the files. */
  readonly read: number;
  readonly empty: number;
  readonly tooLong: number;
  readonly duplicates: number;
  /** Added by augmentation. */
  readonly augmented: number;
  readonly train: number;
  readonly validation: number;
}
