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
 * @param name a model folder, or an id of the hub
 * @throws HpdError as `SentenceTransformer.load`; the signal's reason
 */
export async function openModel(name: string, options: LoadOptions = {}): Promise<IdentifiedModel> {
  const { dtype, pooling, truncateDim, revision } = options;
  const kept = { dtype, pooling, truncateDim, revision };
  const changing = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) as ModelOptions;
  const shipped = basename(defaultModel());
  const path = name === shipped ? defaultModel() : name;
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const use = { version, dtype: dtype ?? "fp32", pooling, truncateDim };
  const loading = SentenceTransformer.load(path, options);
  // Loading and hashing read the same files. Those of the hub exist once the model is loaded.
  const ready = isFolder ? Promise.resolve() : loading;
  const fingerprinting = ready.then(() => fingerprintModel(path, options, use));
  fingerprinting.catch(() => {});
  const model = await loading;
  try {
    const fingerprint = await fingerprinting;
    const lasting = path === defaultModel() ? shipped : isFolder ? resolve(path) : name;
    return { name: lasting, options: changing, fingerprint, model, [Symbol.asyncDispose]: () => model.dispose() };
  } catch (error) {
    await model.dispose();
    throw error;
  }
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
