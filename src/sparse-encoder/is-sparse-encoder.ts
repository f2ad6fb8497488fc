/** Whether a model is a sparse encoder, by its config alone. */
import { openModel } from "#hub";
import type { LoadOptions } from "../encode/options.ts";
import { modelConfigName } from "../modules/model-config.ts";
import { readJsonObject } from "../modules/read-json.ts";

/** @throws HpdError as `SentenceTransformer.load` does where the model can't be opened */
export async function isSparseEncoder(idOrPath: string, options: LoadOptions): Promise<boolean> {
  const source = await openModel(idOrPath, options);
  if (!source.files.includes(modelConfigName)) return false;
  return (await readJsonObject(source, modelConfigName)).model_type === "SparseEncoder";
}
