/** Loads a model: reads and compiles it, opens its routes, and describes it. */
import { openModel } from "#hub";
import { optionsHint, requireOptionalOneOf } from "../common/arguments.ts";
import { describe, type JsonObject } from "../common/json.ts";
import { defined } from "../common/optional.ts";
import { HpdError } from "../errors.ts";
import { poolingModes } from "../graph/node.ts";
import { modelConfigName } from "../modules/model-config.ts";
import { startsWithTransformer } from "../modules/module-entries.ts";
import { optionalPositiveInteger } from "../modules/read-json.ts";
import { asSimilarityFunction, type SimilarityFunction, similarityFunctions } from "../similarity/similarity.ts";
import { requireTruncateDim, requireWorkers } from "./check-arguments.ts";
import { collectWarnings } from "./collect-warnings.ts";
import type { ModelDescription } from "./description.ts";
import { measuredSource } from "./measured-source.ts";
import type { LoadOptions } from "./options.ts";
import { type Prompts, parsePrompts } from "./prompts.ts";
import type { Route } from "./route.ts";
import { startSession } from "./start-session.ts";

export interface LoadedModel extends ModelSettings {
  /** The route of texts without a task: the Router's default, or the first. */
  readonly mainRoute: Route;
  readonly routes: readonly Route[];
  /** Whether `task` chooses a route, and may name one. */
  readonly hasRouter: boolean;
  readonly description: ModelDescription;
  /** Warns that `truncateDim` is above a model's dimension and changes nothing, once. */
  readonly warnOfTruncateDim: (truncateDim: number, dimension: number) => void;
  /** The route for a task. @throws HpdError `invalid_argument` where there is none, naming those that there are */
  route(task: string | undefined): Route;
}

/** Settings of the model's config, overridden by the options. */
interface ModelSettings {
  readonly truncateDim: number | undefined;
  readonly prompts: Prompts;
  readonly similarityFunction: SimilarityFunction;
}

export async function loadModel(idOrPath: string, options: LoadOptions): Promise<LoadedModel> {
  checkOptions(idOrPath, options);
  const { warnings, warn } = collectWarnings(options.onWarning);
  const source = measuredSource(await openModel(idOrPath, options));
  // The runtime, if it is needed, starts while the code that reads models is imported and the weights of layers are read.
  // Then it makes a session while the tables are read and the tokenizer is built.
  const startsEarly = await startsWithTransformer(source);
  // One import after the other: those who link modules themselves, as Jest does, fail at what two of them share.
  const code = Promise.resolve().then(
    async () => [await import("./read-model.ts"), await import("./open-routes.ts")] as const,
  );
  const reading = code.then(([{ startReading }]) => startReading(source, options, warn));
  const model = reading.then((started) => started.model);
  const session = startsEarly ? startSession(model, options) : undefined;
  // Both are awaited below. These handlers only prevent an unhandled rejection if the other one fails first.
  session?.catch(() => {});
  model.catch(() => {});
  try {
    const { config, router, routes: read, parts } = await model;
    const [, { openRoutes }] = await code;
    const routes = await openRoutes({ source, options, session }, read);
    if (startsEarly) await Promise.all([...routes.values()].map((route) => route.encoder.get()));
    await (await reading).whole;
    warnOfDimensions(source.name, routes, warn);
    const mainRoute = routes.get(router?.defaultRoute ?? [...read.keys()][0]!)!;
    const { dimension } = mainRoute;
    const { dtype, pooling, revision } = options;
    const compiled = [...read.values()].map((route) => route.compiled);
    const settings = settingsOf(config, `${source.name}/${modelConfigName}`, options);
    const warnOfTruncateDim = onceAboveDimension(source.name, warn);
    if (settings.truncateDim !== undefined) warnOfTruncateDim(settings.truncateDim, dimension);
    return {
      ...settings,
      warnOfTruncateDim,
      mainRoute,
      routes: [...routes.values()],
      hasRouter: router !== undefined,
      description: {
        modelType: "SentenceTransformer",
        name: source.name,
        ...parts,
        routes: router === undefined ? [] : [...read.keys()],
        fileBytes: source.weightBytes,
        bytes: compiled.reduce((sum, { bytes }) => sum + bytes, 0),
        arithmetic: compiled.find(({ arithmetic }) => arithmetic !== "fp32")?.arithmetic ?? "fp32",
        dimension,
        // Truncated after it is scaled, an embedding is shorter than 1.
        isNormalized: compiled.every((route) => route.isNormalized) && (settings.truncateDim ?? dimension) >= dimension,
        maxSeqLength: mainRoute.limits.sentence,
        vocabularySize: mainRoute.tokenizer.vocabularySize,
        similarityFunction: settings.similarityFunction,
        loadedWith: defined({ dtype, pooling, truncateDim: options.truncateDim, revision }),
        prompts: settings.prompts.texts,
        defaultPromptName: settings.prompts.defaultName,
        warnings,
      },
      route: (task) => (router === undefined ? mainRoute : routes.get(router.route(task))!),
    };
  } catch (error) {
    await session?.then((started) => started.dispose()).catch(() => {});
    throw error;
  }
}

function checkOptions(idOrPath: unknown, options: LoadOptions): void {
  if (typeof idOrPath !== "string") {
    const found = idOrPath instanceof URL ? "a URL: take fileURLToPath(url)" : describe(idOrPath);
    throw new HpdError(
      "invalid_argument",
      `a model's folder or hub id should be a string, got ${found}${optionsHint(idOrPath)}`,
    );
  }
  requireOptionalOneOf("dtype", options.dtype, ["fp32", "int8"]);
  requireOptionalOneOf("pooling", options.pooling, [...poolingModes, "pooler"]);
  requireOptionalOneOf("similarityFunction", options.similarityFunction, similarityFunctions);
  requireTruncateDim(options.truncateDim);
  requireWorkers(options.workers);
}

function warnOfDimensions(name: string, routes: ReadonlyMap<string, Route>, warn: (message: string) => void): void {
  const dimensions = new Set([...routes.values()].map(({ dimension }) => dimension));
  if (dimensions.size <= 1) return;
  const list = [...routes].map(([route, { dimension }]) => `${route} ${dimension}`).join(", ");
  warn(`${name}: the routes give embeddings of different dimensions: ${list}`);
}

function onceAboveDimension(name: string, warn: (message: string) => void): LoadedModel["warnOfTruncateDim"] {
  let isDone = false;
  return (truncateDim, dimension) => {
    if (isDone || truncateDim <= dimension) return;
    isDone = true;
    warn(`${name}: truncateDim should be at most the dimension ${dimension}, got ${truncateDim}: nothing is truncated`);
  };
}

/** @param file the config's path, for messages */
function settingsOf(config: JsonObject, file: string, options: LoadOptions): ModelSettings {
  return {
    prompts: parsePrompts(config, file),
    truncateDim: options.truncateDim ?? optionalPositiveInteger(config, "truncate_dim", file),
    similarityFunction: options.similarityFunction ?? asSimilarityFunction(config.similarity_fn_name ?? "cosine", file),
  };
}
