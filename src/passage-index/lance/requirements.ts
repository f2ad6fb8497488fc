/** Requirements of an index in LanceDB. */
import { HpdError } from "../../errors.ts";
import type { IndexDescription } from "../description.ts";

/** @throws HpdError `unsupported` */
export function requireStorable(name: string, { precision, isNormalized, similarity }: IndexDescription): void {
  if (precision === "float32" || isNormalized) return;
  throw new HpdError(
    "unsupported",
    `${name}: precision should be float32 for a model with similarity ${similarity}, ` +
      `got ${precision}, which needs embeddings of length 1`,
  );
}
