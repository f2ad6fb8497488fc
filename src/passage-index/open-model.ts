/** The model of an index, with its fingerprint. */

import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { defaultModel } from "#hub";
import type { LoadOptions } from "../encode/options.ts";
import { SentenceTransformer } from "../encode/sentence-transformer.ts";
import { HpdError } from "../errors.ts";
import { fingerprintModel } from "../hub/fingerprint.ts";
import type { IndexDescription, ModelOptions } from "./description.ts";

/** Version of the embeddings: raised when the same model gives other embeddings. */
const version = 1;

/** A model with the fingerprint by which it is recognized. */
export interface IdentifiedModel extends AsyncDisposable {
  /** Its name in the description: a folder's absolute path, a hub id, or the name of the model inside this package. */
  readonly name: string;
  readonly options: ModelOptions;
  readonly fingerprint: string;
  readonly model: SentenceTransformer;
}

/**
 * @param given a model folder, an id of the hub, or a loaded model, which stays the caller's
 * @throws HpdError as `SentenceTransformer.load`; the signal's reason
 */
export async function openModel(
  given: string | SentenceTransformer,
  options: LoadOptions = {},
): Promise<IdentifiedModel> {
  if (given instanceof SentenceTransformer) {
    const { name, loadedWith } = given.describe();
    const identity = await identify(name, { ...options, ...loadedWith }, loadedWith);
    return { ...identity, model: given, [Symbol.asyncDispose]: async () => {} };
  }
  const { dtype, pooling, truncateDim, revision } = options;
  const path = given === basename(defaultModel()) ? defaultModel() : given;
  const loading = SentenceTransformer.load(path, options);
  // Loading and hashing read the same files. Those of the hub exist once the model is loaded.
  const ready = (await isFolder(path)) ? Promise.resolve() : loading;
  const identifying = ready.then(() => identify(path, options, { dtype, pooling, truncateDim, revision }));
  identifying.catch(() => {});
  const model = await loading;
  try {
    return { ...(await identifying), model, [Symbol.asyncDispose]: () => model.dispose() };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/** @param changing the options that change embeddings */
async function identify(path: string, options: LoadOptions, changing: ModelOptions) {
  const { dtype, pooling, truncateDim } = changing;
  const use = { version, dtype: dtype ?? "fp32", pooling, truncateDim };
  const fingerprint = await fingerprintModel(path, options, use);
  const kept = Object.fromEntries(Object.entries(changing).filter(([, value]) => value !== undefined)) as ModelOptions;
  const name = path === defaultModel() ? basename(defaultModel()) : (await isFolder(path)) ? resolve(path) : path;
  return { name, options: kept, fingerprint };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** @param index its name, for messages. @throws HpdError `invalid_argument` if it has another model's embeddings */
export function requireSameModel(
  index: string,
  { model, dimension }: IndexDescription,
  given: Pick<IdentifiedModel, "name" | "options" | "fingerprint">,
): void {
  if (model.fingerprint === given.fingerprint) return;
  const [ofIndex, ofOther] = [model, given].map(({ name, options }) => name + optionsText(options));
  const isChanged = ofIndex === ofOther;
  throw new HpdError(
    "invalid_argument",
    `${index} holds embeddings of ${ofIndex} (${dimension} dimensions, fingerprint ${model.fingerprint.slice(0, 8)}), ` +
      (isChanged
        ? `which has changed since (${given.fingerprint.slice(0, 8)}): build a new index in another folder`
        : `and those of ${ofOther} can't be compared with them: use that model, or another index`),
  );
}

function optionsText(options: ModelOptions): string {
  const all = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return all.length === 0 ? "" : ` with ${all.join(", ")}`;
}
