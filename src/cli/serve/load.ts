/** The models and indexes of the command line by name, each loaded once. */
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { defaultModel, SentenceTransformer } from "../../index.ts";
import { type OpenOptions, PassageIndex } from "../../passage-index/index.ts";
import type { NamedIndex, NamedModel } from "../../server/index.ts";
import type { CommandContext } from "../command.ts";
import { loadAnyModel, type loadSettings, otherLoadOptions } from "../model.ts";
import type { ValuesOf } from "../settings/table.ts";
import { say } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import type { Values } from "./settings.ts";

/** The models and indexes of a server, which end with it. */
export interface Loaded extends AsyncDisposable {
  readonly named: readonly NamedModel[];
  readonly indexes: readonly NamedIndex[];
}

/**
 * @param given `MODEL` or `NAME=MODEL` each; none means the models of the indexes, without one the default model
 * @param options.warns whether to print warnings, and downloads
 */
export async function loadServedModels(
  given: readonly string[],
  context: CommandContext<ValuesOf<typeof loadSettings> & Pick<Values, "index">>,
  { warns = true } = {},
): Promise<Loaded> {
  const { index: locations = [] } = context.values;
  const asked = (given.length === 0 && locations.length === 0 ? [defaultModel()] : given).map(nameAndModel);
  requireDistinct("models", asked, "NAME=MODEL");
  const wanted = locations.map(nameAndLocation);
  requireDistinct("indexes", wanted, "--index NAME=INDEX");
  const loaded = new Map<string, NamedModel["model"]>();
  const indexes: NamedIndex[] = [];
  const dispose = async () => {
    await Promise.all(indexes.map(({ index }) => index.dispose()));
    await Promise.all([...loaded.values()].map((model) => model.dispose()));
  };
  try {
    for (const { model } of asked) {
      if (!loaded.has(model)) loaded.set(model, await loadAnyModel(model, context, { warns }));
    }
    const load = { ...otherLoadOptions(context.values), signal: context.signal };
    const models = [...loaded.values()];
    for (const { name, location } of wanted) {
      const index = await openIndex(location, models, load);
      indexes.push({ name, index });
      models.push(await index.model());
    }
    const named = asked.map(({ name, model }) => ({ name, model: loaded.get(model)! }));
    if (named.length === 0) named.push(...(await modelsOf(indexes)));
    if (warns) for (const { name, model } of named) warnOfLostLengths(name, model);
    return { named, indexes, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Opens an index with its model, which is that of the server if it has the same. */
async function openIndex(
  location: string,
  models: readonly NamedModel["model"][],
  load: OpenOptions,
): Promise<PassageIndex> {
  const index = await PassageIndex.open(location, load);
  try {
    for (const model of models) {
      if (!(model instanceof SentenceTransformer)) continue;
      const isSame = await index.requireModel(model).then(
        () => true,
        () => false,
      );
      if (!isSame) continue;
      await index.dispose();
      return await PassageIndex.open(location, { ...load, model });
    }
    await index.model();
    return index;
  } catch (error) {
    await index.dispose();
    throw error;
  }
}

/** The models of indexes by their own names, each once. */
async function modelsOf(indexes: readonly NamedIndex[]): Promise<NamedModel[]> {
  const models = new Map<string, NamedModel>();
  for (const { index } of indexes) {
    const { name } = nameAndModel(index.description.model.name);
    if (!models.has(name)) models.set(name, { name, model: await index.model() });
  }
  return [...models.values()];
}

function requireDistinct(what: string, asked: readonly { readonly name: string }[], form: string): void {
  const names = asked.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new UsageError(`${what} should have distinct names, got two ${twice}: rename one by ${form}`);
}

/** Splits `NAME=INDEX`. Without a name it is that of the folder, without `.index`, or that of the database. */
function nameAndLocation(given: string): { name: string; location: string } {
  const [, name, location] = /^([^=/\\:]+)=(.+)$/s.exec(given) ?? [];
  if (name !== undefined && location !== undefined) return { name, location };
  const path = resolve(given.replace(/\?.*$/s, ""));
  return { name: basename(path).replace(/\.index$/, "") || given, location: given };
}

/**
 * Splits `NAME=MODEL`. A name has neither slashes nor backslashes, since paths may contain `=`. Without one it is the id, or
 * the name of the folder.
 */
export function nameAndModel(given: string): { name: string; model: string } {
  const [, name, model] = /^([^=/\\]+)=(.+)$/s.exec(given) ?? [];
  if (name !== undefined && model !== undefined) return { name, model };
  const isPath = existsSync(given) || /^(?:[./\\~]|[a-z]:)/i.test(given) || given.split(/[/\\]/).length > 2;
  return { name: isPath ? basename(resolve(given)) : given, model: given };
}

/** Warns of a model whose similarity depends on the length of embeddings, which these APIs scale to 1. */
function warnOfLostLengths(name: string, model: NamedModel["model"]): void {
  if (!(model instanceof SentenceTransformer)) return;
  const { isNormalized, similarityFunction } = model.describe();
  if (isNormalized || similarityFunction === "cosine") return;
  say(
    `${name} is made for ${similarityFunction} similarity, which depends on the length of embeddings, and these APIs ` +
      'scale them to length 1: send "normalize": false',
  );
}
