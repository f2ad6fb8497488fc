/** Whether a model is a cross-encoder, by its config files alone. */
import { openModel } from "#hub";
import type { LoadOptions } from "../encode/options.ts";
import { looksLikeCrossEncoder } from "../modules/load-cross-encoder.ts";

/** @throws HpdError as `SentenceTransformer.load` does where the model can't be opened */
export async function isCrossEncoder(idOrPath: string, options: LoadOptions): Promise<boolean> {
  return await looksLikeCrossEncoder(await openModel(idOrPath, options));
}
