/** The models that `hpd evaluate` was asked for, each loaded, scored and measured, one after the other. */
import { basename, resolve } from "node:path";
import {
  EmbeddedTexts,
  type EvaluatedModel,
  type Evaluator,
  evaluateEmbedded,
  measureCost,
  modelEncode,
  type PlainLoadOptions,
} from "../evaluation/index.ts";
import { defaultModel } from "../index.ts";
import { type CommandContext, stringFlag, UsageError } from "./command.ts";
import { loadModel, loadOptions } from "./model.ts";
import { grouped, ProgressLine, Rate } from "./progress.ts";

interface ModelToEvaluate {
  readonly idOrPath: string;
  readonly name: string;
  readonly options: PlainLoadOptions;
  /** Fewer dimensions that its embeddings are cut to, beside the whole ones. */
  readonly dimensions: readonly number[];
}

/** MODEL, its truncated embeddings, and last the model that it is compared with. */
export async function evaluateModels(
  context: CommandContext,
  evaluators: readonly Evaluator[],
  dimensions: readonly number[],
): Promise<EvaluatedModel[]> {
  const { flags, positionals } = context;
  const options = loadOptions(context);
  if (positionals.length > 0 && flags.model !== undefined) throw new UsageError("either MODEL or --model, not both");
  const model = positionals[0] ?? stringFlag(flags, "model") ?? defaultModel();
  const against = stringFlag(flags, "against");
  if (against === model) throw new UsageError(`${model} can't be compared with itself`);
  // The last part of a path says enough, unless it is that of both.
  const lastPart = (idOrPath: string) => basename(resolve(idOrPath));
  const isAmbiguous = against !== undefined && lastPart(against) === lastPart(model);
  const nameOf = (idOrPath: string) => (isAmbiguous ? idOrPath : lastPart(idOrPath));
  const { revision, pooling, ...shared } = options;
  // Loaded for a moment: what is wrong with it shows now, not after the minutes that the first model takes.
  if (against !== undefined) await (await loadModel(context, against, shared)).dispose();
  const evaluated = await evaluateModel(context, evaluators, {
    idOrPath: model,
    name: nameOf(model),
    options,
    dimensions,
  });
  if (against === undefined) return evaluated;
  const baseline = { idOrPath: against, name: nameOf(against), options: shared, dimensions: [] };
  return [...evaluated, ...(await evaluateModel(context, evaluators, baseline))];
}

async function evaluateModel(
  context: CommandContext,
  evaluators: readonly Evaluator[],
  model: ModelToEvaluate,
): Promise<EvaluatedModel[]> {
  const { idOrPath, name, options, dimensions } = model;
  const whole = await embed(context, evaluators, model);
  const evaluated: EvaluatedModel[] = [];
  for (const embeddings of [whole, ...dimensions.map((dimension) => whole.truncated(dimension))]) {
    const { dimension } = embeddings;
    evaluated.push({
      name: embeddings === whole ? name : `${name}, ${dimension} dimensions`,
      dimension,
      evaluations: await evaluateEmbedded(evaluators, embeddings, context.signal),
    });
  }
  if (context.flags["no-cost"]) return evaluated;
  const line = new ProgressLine();
  line.show(() => `${name}: time and memory`);
  try {
    const texts = evaluators.flatMap(({ texts }) => Object.values(texts).flat());
    const cost = await measureCost(idOrPath, options, texts, context.signal);
    // Cutting embeddings short takes nothing off the work.
    const [full, ...truncated] = evaluated as [EvaluatedModel, ...EvaluatedModel[]];
    return [{ ...full, cost }, ...truncated];
  } finally {
    line.clear();
  }
}

/** The model is in memory no longer than it has to. */
async function embed(
  context: CommandContext,
  evaluators: readonly Evaluator[],
  { idOrPath, name, options, dimensions }: ModelToEvaluate,
): Promise<EmbeddedTexts> {
  await using model = await loadModel(context, idOrPath, options);
  const tooMany = dimensions.find((dimension) => dimension >= model.dimension);
  if (tooMany !== undefined) {
    throw new UsageError(
      `--truncate-dim should be less than the ${model.dimension} dimensions of ${name}, got ${tooMany}`,
    );
  }
  const { encode, prompts, tasks } = modelEncode(model);
  const line = new ProgressLine();
  const rate = new Rate();
  try {
    return await EmbeddedTexts.encode(
      encode,
      evaluators.map(({ texts }) => texts),
      {
        prompts,
        tasks,
        signal: context.signal,
        onProgress: ({ done, total }) =>
          line.show(() => `${name}: ${grouped(done)} of ${grouped(total)} texts, ${rate.timeLeft(done / total)} left`),
      },
    );
  } finally {
    line.clear();
  }
}
