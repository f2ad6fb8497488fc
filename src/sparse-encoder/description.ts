/** The parts of a loaded sparse encoder, for people and programs that want to know. */
import type { ModelDescription } from "../encode/description.ts";

export interface SparseEncoderDescription extends Omit<ModelDescription, "modelType" | "isNormalized" | "loadedWith"> {
  readonly modelType: "SparseEncoder";
  /** Maximum active dimensions of an embedding; undefined where all count. */
  readonly maxActiveDims: number | undefined;
}
