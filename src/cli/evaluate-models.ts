/** The models of `hpd evaluate`, loaded, scored and measured one after the other. */
import { basename, resolve } from "node:path";
import { grouped } from "../common/numbers.ts";
import {
  EmbeddedTexts,
  type EvaluatedModel,
  type Evaluator,
  evaluateEmbedded,
  measureCost,
  modelEncode,
  type PlainLoadOptions,
} from "../evaluation/index.ts";
import type { CommandContext } from "./command.ts";
import { loadModel, loadOptions, type modelSettings, namedModel, otherLoadOptions } from "./model.ts";
import { ProgressLine, Rate } from "./progress.ts";
import type { ValuesOf } from "./settings/table.ts";
import { say } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

interface ModelToEvaluate {
  readonly idOrPath: string;
  readonly name: string;
  readonly options: PlainLoadOptions;
  /** Numbers of dimensions to which its embeddings are truncated, beside the full ones. */
  readonly dimensions: readonly number[];
}

/** The settings that this needs. */
type Context = CommandContext<
  ValuesOf<typeof modelSettings> & {
    readonly against?: string | undefined;
    readonly "truncate-dim"?: readonly number[] | undefined;
    readonly "no-cost"?: boolean | undefined;
  }
>;

/** Evaluates MODEL, its truncated embeddings, and last the baseline. */
export async function evaluateModels(context: Context, evaluators: readonly Evaluator[]): Promise<EvaluatedModel[]> {
  const { values, positionals } = context;
  const { against } = values;
  const model = namedModel(positionals[0], values);
  if (against === model) throw new UsageError(`--against should be another model than ${model}`);
  // The last part of a path is enough, unless both models have the same.
  const lastPart = (idOrPath: string) => basename(resolve(idOrPath));
  const isAmbiguous = against !== undefined && lastPart(against) === lastPart(model);
  const nameOf = (idOrPath: string) => (isAmbiguous ? idOrPath : lastPart(idOrPath));
  const baselineOptions = otherLoadOptions(values);
  // Loaded for a moment, so that an error shows now, not after the minutes that the first model takes.
  if (against !== undefined) await (await loadModel(context, against, baselineOptions)).dispose();
  const evaluated = await evaluateModel(context, evaluators, {
    idOrPath: model,
    name: nameOf(model),
    options: loadOptions(values),
    dimensions: [...new Set(values["truncate-dim"])],
  });
  if (against === undefined) return evaluated;
  const baseline = { idOrPath: against, name: nameOf(against), options: baselineOptions, dimensions: [] };
  return [...evaluated, ...(await evaluateModel(context, evaluators, baseline))];
}

async function evaluateModel(
  context: Context,
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
  if (context.values["no-cost"]) return evaluated;
  const line = new ProgressLine();
  line.show(() => `${name}: time and memory`);
  try {
    const texts = evaluators.flatMap(({ texts }) => Object.values(texts).flat());
    const cost = await measureCost(idOrPath, options, texts, context.signal).finally(() => line.clear());
    // Truncated embeddings cost as much to compute.
    const [full, ...truncated] = evaluated as [EvaluatedModel, ...EvaluatedModel[]];
    return [{ ...full, cost }, ...truncated];
  } catch (error) {
    context.signal.throwIfAborted();
    // The scores may have taken an hour.
    say(`${name} was scored, but its time and memory weren't measured: ${(error as Error).message}`);
    return evaluated;
  }
}

/** Embeds all texts, with the model in memory only meanwhile. */
async function embed(
  context: Context,
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
