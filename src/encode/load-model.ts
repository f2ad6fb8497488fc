/** From a model's files to what encoding needs: its routes, prompts, and what it says of itself. */

import { openModel } from "#hub";
import { createSession } from "#runtime";
import { requireOptionalOneOf } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { poolingModes } from "../graph/node.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { familyOf, type InputModule } from "../modules/input-module.ts";
import { loadModules } from "../modules/load-modules.ts";
import { modelConfigName } from "../modules/model-config.ts";
import { startsWithTransformer } from "../modules/module-entries.ts";
import { optionalPositiveInteger } from "../modules/read-json.ts";
import { withWeightsOpen } from "../modules/weights-open.ts";
import type { Session } from "../runtime/session.ts";
import { asSimilarityFunction, type SimilarityFunction, similarityFunctions } from "../similarity/similarity.ts";
import { requireTruncateDim, requireWorkers } from "./check-arguments.ts";
import { type CompiledRoute, compileRoute, type ModelOutput } from "./compile-route.ts";
import type { ModelDescription } from "./description.ts";
import { Encoder, textTokenizer } from "./encoder.ts";
import { requireSameWithLeftPadding } from "./left-padding.ts";
import { type LoadedTokenizer, loadTokenizer } from "./load-tokenizer.ts";
import type { LoadOptions } from "./options.ts";
import { printWarning } from "./print-warning.ts";
import { type Prompts, parsePrompts } from "./prompts.ts";
import { Route } from "./route.ts";
import { StaticSession } from "./static-session.ts";
import { weighed } from "./weighed-source.ts";

export interface LoadedModel {
  /** The route of texts that nobody said anything of, or the first one. */
  readonly mainRoute: Route;
  /** All of them, for what concerns each. */
  readonly routes: readonly Route[];
  /** Whether `task` chooses a route, and may name one. */
  readonly hasRouter: boolean;
  readonly truncateDim: number | undefined;
  readonly prompts: Prompts;
  readonly similarityFunction: SimilarityFunction;
  readonly description: ModelDescription;
  /** @throws HpdError `invalid_argument` where the model has no route for such texts, naming those that it has */
  route(task: string | undefined): Route;
}

export async function loadModel(idOrPath: string, options: LoadOptions): Promise<LoadedModel> {
  checkOptions(idOrPath, options);
  const warnings: string[] = [];
  const tell = options.onWarning ?? printWarning;
  const warn = (message: string): void => {
    warnings.push(message);
    tell(message);
  };
  const source = weighed(await openModel(idOrPath, options));
  // The runtime starts while the weights are read, and takes them in while the tokenizer is built: where it is needed.
  const startsEarly = await startsWithTransformer(source);
  const reading = withWeightsOpen(source, (open) => readModel(open, options, warn));
  const session = startsEarly ? startSession(reading, options) : undefined;
  // Met when they are awaited; the first to fail is the one that is told.
  session?.catch(() => {});
  reading.catch(() => {});
  try {
    const { config, router, parameters, modules, family, routes: read } = await reading;
    const routes = new Map<string, Route>();
    for (const [name, route] of read) {
      const loaded = await loadTokenizer(source, route.input);
      requireSameWithLeftPadding(loaded.tokenizer, route.input, source.name);
      routes.set(name, openRoute(source, name, route, loaded, options, session));
    }
    await Promise.all([...routes.values()].map((route) => (startsEarly ? route.encoder.get() : undefined)));
    const [first] = read.keys();
    const main = router?.defaultRoute ?? first!;
    const mainRoute = routes.get(main)!;
    const { dimension } = mainRoute;
    if ([...routes.values()].some((route) => route.dimension !== dimension)) {
      const list = [...routes].map(([name, route]) => `${name} ${route.dimension}`).join(", ");
      warn(`${source.name}: the routes give embeddings of different dimensions: ${list}`);
    }
    const configName = `${source.name}/${modelConfigName}`;
    const prompts = parsePrompts(config, configName);
    const truncateDim = options.truncateDim ?? optionalPositiveInteger(config, "truncate_dim", configName);
    const similarityFunction =
      options.similarityFunction ?? asSimilarityFunction(config.similarity_fn_name ?? "cosine", configName);
    const compiled = [...read.values()].map(({ compiled }) => compiled);
    return {
      mainRoute,
      routes: [...routes.values()],
      hasRouter: router !== undefined,
      truncateDim,
      prompts,
      similarityFunction,
      description: {
        modelType: "SentenceTransformer",
        name: source.name,
        family,
        routes: router === undefined ? [] : [...read.keys()],
        modules,
        parameters,
        fileBytes: source.weightBytes,
        bytes: compiled.reduce((sum, { bytes }) => sum + bytes, 0),
        dimension,
        // What is cut after the model has scaled it is shorter.
        isNormalized: compiled.every((route) => route.isNormalized) && (truncateDim ?? dimension) >= dimension,
        maxSeqLength: mainRoute.limits.sentence,
        vocabularySize: mainRoute.tokenizer.vocabularySize,
        similarityFunction,
        prompts: prompts.texts,
        defaultPromptName: prompts.defaultName,
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
    throw new HpdError("invalid_argument", `a model's folder or hub id should be a string, got ${found}`);
  }
  requireOptionalOneOf("dtype", options.dtype, ["fp32", "int8"]);
  requireOptionalOneOf("pooling", options.pooling, [...poolingModes, "pooler"]);
  requireOptionalOneOf("similarityFunction", options.similarityFunction, similarityFunctions);
  requireTruncateDim(options.truncateDim);
  requireWorkers(options.workers);
}

interface ReadRoute {
  readonly input: Pick<InputModule, "kind" | "vocabularySize">;
  readonly compiled: CompiledRoute;
}

/** All that is read of the weights. */
async function readModel(source: ModelSource, options: LoadOptions, warn: (message: string) => void) {
  const { config, router, pipelines, modules } = await loadModules(source, options.pooling, warn);
  const routes = new Map<string, { input: InputModule; compiled: CompiledRoute }>();
  for (const [name, pipeline] of pipelines) {
    const compiled = await compileRoute(pipeline, "sentence_embedding", options.dtype ?? "fp32", source.name);
    routes.set(name, { input: pipeline.input, compiled });
  }
  return {
    config,
    router,
    routes,
    family: [...pipelines.values()].map(({ input }) => familyOf(input)).join(", "),
    parameters: modules.reduce((sum, module) => sum + (module.type === "Router" ? 0 : module.parameters.count), 0),
    modules: modules.map(({ type, config }) => ({ type, config })),
  };
}

/** The session of the one route of a model that begins with a Transformer. */
async function startSession(reading: ReturnType<typeof readModel>, options: LoadOptions): Promise<Session> {
  const graph = reading.then(({ routes }) => {
    const [route] = routes.values();
    const { compiled } = route!;
    if ("graph" in compiled.code) return compiled.code.graph;
    throw new Error("a Transformer needs the runtime");
  });
  graph.catch(() => {});
  return await createSession(graph, options);
}

/** @param session of the route, where it was started already */
function openRoute(
  source: ModelSource,
  name: string,
  { input, compiled }: ReadRoute,
  loaded: LoadedTokenizer,
  options: LoadOptions,
  session: Promise<Session> | undefined,
): Route {
  const encoderOf = async (
    session: Promise<Session>,
    { inputs }: Pick<CompiledRoute, "inputs">,
    allowsEmpty: boolean,
  ): Promise<Encoder> => new Encoder(textTokenizer(loaded.tokenizer), await session, inputs, allowsEmpty);
  const start = session === undefined ? starting(compiled, options) : () => session;
  // No function here may hold `compiled`: its weights are those of a session that runs.
  const { dimension, inputs } = compiled;
  const vocabularySize = Math.min(input.vocabularySize, loaded.tokenizer.vocabularySize);
  return new Route(
    loaded,
    { dimension, inputs, vocabularySize },
    {
      encoder: () => encoderOf(start(), { inputs }, input.kind !== "Transformer"),
      tokenEncoder: async () => {
        const route = await withWeightsOpen(source, (open) => readRoute(open, name, "token_embeddings", options));
        return encoderOf(sessionOf(route, options), route, false);
      },
    },
  );
}

function starting(compiled: CompiledRoute, options: LoadOptions): () => Promise<Session> {
  return () => sessionOf(compiled, options);
}

async function sessionOf({ code }: CompiledRoute, options: LoadOptions): Promise<Session> {
  return "program" in code ? new StaticSession(code.program) : await createSession(code.graph, options);
}

async function readRoute(
  source: ModelSource,
  name: string,
  output: ModelOutput,
  { pooling, dtype = "fp32" }: LoadOptions,
): Promise<CompiledRoute> {
  const { pipelines } = await loadModules(source, pooling, () => {});
  return await compileRoute(pipelines.get(name)!, output, dtype, source.name);
}
