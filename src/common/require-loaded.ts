/** Models are made by `load`, which is asynchronous; Python's constructors take a name instead. */
import { HpdError } from "../errors.ts";

/** @throws HpdError `invalid_argument` where a constructor was given what `load` takes */
export function requireLoaded(name: string, model: unknown): void {
  if (typeof model === "object" && model !== null) return;
  throw new HpdError("invalid_argument", `new ${name}(...) makes no model: use await ${name}.load(...)`);
}
