/** The models of the command line, each loaded once, by their names. */
import { basename } from "node:path";
import { CrossEncoder } from "../../cross-encoder/index.ts";
import { isCrossEncoder } from "../../cross-encoder/is-cross-encoder.ts";
import { defaultModel, SentenceTransformer } from "../../index.ts";
import type { NamedModel } from "../../server/index.ts";
import { type CommandContext, UsageError } from "../command.ts";
import { loadOptions, tellingOn } from "../model.ts";
import { ProgressLine } from "../progress.ts";
import { say } from "../terminal.ts";

/** @param given `MODEL` or `NAME=MODEL`; none for the default model */
export async function loadServedModels(
  given: readonly string[],
  context: CommandContext,
): Promise<{ named: NamedModel[] } & AsyncDisposable> {
  const asked = (given.length === 0 ? [defaultModel()] : given).map(nameAndModel);
  const names = asked.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`two models are called ${twice}: NAME=MODEL gives one another name`);
  const loaded = new Map<string, NamedModel["model"]>();
  const dispose = async () => {
    await Promise.all([...loaded.values()].map((model) => model.dispose()));
  };
  try {
    for (const { model } of asked) if (!loaded.has(model)) loaded.set(model, await load(model, context));
  } catch (error) {
    await dispose();
    throw error;
  }
  const named = asked.map(({ name, model }) => ({ name, model: loaded.get(model)! }));
  for (const { name, model } of named) warnOfLostLengths(name, model);
  return { named, [Symbol.asyncDispose]: dispose };
}

/** A name has neither slashes nor backslashes: a path may have a `=` further on. */
function nameAndModel(given: string): { name: string; model: string } {
  const [, name, model] = /^([^=/\\]+)=(.+)$/s.exec(given) ?? [];
  if (name !== undefined && model !== undefined) return { name, model };
  const isPath = /^(?:[./\\~]|[a-z]:)/i.test(given) || given.split(/[/\\]/).length > 2;
  return { name: isPath ? basename(given.replace(/[/\\]+$/, "")) : given, model: given };
}

async function load(name: string, context: CommandContext): Promise<NamedModel["model"]> {
  const line = new ProgressLine();
  const { pooling, ...others } = loadOptions(context);
  const options = { ...others, signal: context.signal, ...tellingOn(line) };
  try {
    const isPairs = pooling === undefined && (await isCrossEncoder(name, options));
    if (isPairs) return await CrossEncoder.load(name, options);
    return await SentenceTransformer.load(name, { ...options, ...(pooling && { pooling }) });
  } finally {
    line.clear();
  }
}

/** These APIs give embeddings of length 1, whose dot products are their cosines. */
function warnOfLostLengths(name: string, model: NamedModel["model"]): void {
  if (model instanceof CrossEncoder) return;
  const { isNormalized, similarityFunction } = model.describe();
  if (isNormalized || similarityFunction === "cosine") return;
  say(
    `${name} is made for ${similarityFunction}, which looks at the length of embeddings, and these APIs give them the ` +
      'length 1: ask with "normalize": false',
  );
}
