/** A teacher: a model that can be loaded, what of it is taken, and how much it counts. */

import type { Optional } from "../../common/optional.ts";
import type { OptionTable } from "../../common/options.ts";
import type { EncodeOptions, LoadOptions } from "../../encode/options.ts";

/** The settings with which teachers are opened. */
export interface TeacherOpening {
  /** Folder of all teachers' embeddings: each teacher and precision has its own inside. */
  readonly folder: string;
  readonly precision: TeacherCachePrecision;
  readonly signal: AbortSignal;
  onWarning(message: string): void;
}

export interface TeacherOptions
  extends Optional<
      Pick<
        LoadOptions,
        "dtype" | "pooling" | "truncateDim" | "workers" | "revision" | "token" | "cacheFolder" | "localFilesOnly"
      >
    >,
    Optional<Pick<EncodeOptions, "prompt" | "promptName">> {
  /** A model folder, or an id on the Hugging Face hub. */
  readonly model: string;
  /**
   * Weight among several teachers: the cosine of their joint embeddings is the mean of their cosines
   * with these weights. Default 1.
   */
  readonly weight?: number | undefined;
}

export const teacherOptions: OptionTable<TeacherOptions> = {
  model: "string",
  weight: "number",
  dtype: "string",
  pooling: "string",
  truncateDim: "number",
  workers: "number",
  revision: "string",
  token: "string",
  cacheFolder: "string",
  localFilesOnly: "boolean",
  prompt: "string",
  promptName: "string",
};

/** Element type of the embeddings on disk. */
export type TeacherCachePrecision = "float16" | "float32";
