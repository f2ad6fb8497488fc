/** The models of the command line by name, each loaded once. */
import { basename } from "node:path";
import { CrossEncoder } from "../../cross-encoder/index.ts";
import { defaultModel } from "../../index.ts";
import type { NamedModel } from "../../server/index.ts";
import type { CommandContext } from "../command.ts";
import { loadAnyModel, type loadSettings } from "../model.ts";
import type { ValuesOf } from "../settings/table.ts";
import { say } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";

/**
 * @param given `MODEL` or `NAME=MODEL` each; none means the default model
 * @param options.warns whether to print warnings, and downloads
 */
export async function loadServedModels(
  given: readonly string[],
  context: CommandContext<ValuesOf<typeof loadSettings>>,
  { warns = true } = {},
): Promise<{ named: NamedModel[] } & AsyncDisposable> {
  const asked = (given.length === 0 ? [defaultModel()] : given).map(nameAndModel);
  const names = asked.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UsageError(`models should have distinct names, got two ${twice}: rename one by NAME=MODEL`);
  const loaded = new Map<string, NamedModel["model"]>();
  const dispose = async () => {
    await Promise.all([...loaded.values()].map((model) => model.dispose()));
  };
  try {
    for (const { model } of asked)
      if (!loaded.has(model)) loaded.set(model, await loadAnyModel(model, context, { warns }));
  } catch (error) {
    await dispose();
    throw error;
  }
  const named = asked.map(({ name, model }) => ({ name, model: loaded.get(model)! }));
  if (warns) for (const { name, model } of named) warnOfLostLengths(name, model);
  return { named, [Symbol.asyncDispose]: dispose };
}

/** Splits `NAME=MODEL`. A name has neither slashes nor backslashes, since paths may contain `=`. */
function nameAndModel(given: string): { name: string; model: string } {
  const [, name, model] = /^([^=/\\]+)=(.+)$/s.exec(given) ?? [];
  if (name !== undefined && model !== undefined) return { name, model };
  const isPath = /^(?:[./\\~]|[a-z]:)/i.test(given) || given.split(/[/\\]/).length > 2;
  return { name: isPath ? basename(given.replace(/[/\\]+$/, "")) : given, model: given };
}

/** Warns of a model whose similarity depends on the length of embeddings, which these APIs scale to 1. */
function warnOfLostLengths(name: string, model: NamedModel["model"]): void {
  if (model instanceof CrossEncoder) return;
  const { isNormalized, similarityFunction } = model.describe();
  if (isNormalized || similarityFunction === "cosine") return;
  say(
    `${name} is made for ${similarityFunction} similarity, which depends on the length of embeddings, and these APIs ` +
      'scale them to length 1: send "normalize": false',
  );
}
