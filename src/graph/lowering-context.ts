/** The context in which an operation is lowered. */
import type { OnnxEmitter } from "./onnx-emitter.ts";

export interface LoweringContext {
  readonly emit: OnnxEmitter;
  /** Emits, once, the run-time length of a sequence: the name of an int64 [1]. */
  readonly sequence: () => string;
}
