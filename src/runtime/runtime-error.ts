/** What went wrong in the runtime, with its own words. */
import { HpdError } from "../errors.ts";

export function runtimeError(problem: string, cause: unknown): HpdError {
  return new HpdError("runtime", `${problem}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
