/** Errors of the runtime, with its own message. */
import { HpdError } from "../errors.ts";

export function runtimeError(problem: string, cause: unknown): HpdError {
  return new HpdError("runtime", `${problem}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
