/** The timing headers of text-embeddings-inference, in milliseconds. */
import type { TextInput } from "../engine/embedding-engine.ts";
import { totalTokens, type Work } from "../engine/work.ts";

export function timeHeaders(
  inputs: readonly TextInput[],
  work: Work<unknown>,
  started: number,
): Record<string, string> {
  const total = Math.round(performance.now() - started);
  const characters = inputs.reduce((sum, input) => sum + (typeof input === "string" ? input.length : 0), 0);
  const tokens = totalTokens(work);
  return {
    "x-compute-type": "cpu",
    "x-compute-time": String(total),
    "x-compute-characters": String(characters),
    "x-compute-tokens": String(tokens),
    "x-total-time": String(total),
    "x-tokenization-time": String(Math.round(work.tokenizeMilliseconds)),
    "x-queue-time": String(Math.round(work.queueMilliseconds)),
    "x-inference-time": String(Math.round(work.computeMilliseconds)),
  };
}
