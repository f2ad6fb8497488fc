/** Loads a sparse encoder: from its files to what encoding needs. */
import { openModel } from "#hub";
import { optionsHint, requireOptionalOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { describe, type JsonObject } from "../common/json.ts";
import { requireWorkers } from "../encode/check-arguments.ts";
import { collectWarnings } from "../encode/collect-warnings.ts";
import { compileRoute } from "../encode/compile-route.ts";
import { measuredSource } from "../encode/measured-source.ts";
import { openRoutes } from "../encode/open-routes.ts";
import { type Prompts, parsePrompts } from "../encode/prompts.ts";
import { partsOf, type ReadModel, type ReadRoute } from "../encode/read-model.ts";
import type { Route } from "../encode/route.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import type { AnyInput, Pipeline } from "../modules/input-module.ts";
import { type LoadedModules, loadSparseModules } from "../modules/load-modules.ts";
import { modelConfigName } from "../modules/model-config.ts";
import { optionalPositiveInteger } from "../modules/read-json.ts";
import { activeDimensionsOf } from "../modules/sparse-auto-encoder.ts";
import { withWeightsOpen } from "../modules/weights-open.ts";
import { type SimilarityFunction, similarityFunctions } from "../similarity/similarity.ts";
import type { SparseEncoderDescription } from "./description.ts";
import type { SparseEncoderLoadOptions } from "./options.ts";

export interface SparseRoute {
  readonly route: Route;
  /** Maximum active dimensions of an embedding, unless a call asks for another number. */
  readonly maxActiveDims: number | undefined;
}

export interface SparseEncoderModel {
  readonly prompts: Prompts;
  readonly similarityFunction: SimilarityFunction;
  /** The route of texts without a task: the Router's default, or the first of those that are loaded. */
  readonly mainRoute: SparseRoute;
  readonly routes: readonly SparseRoute[];
  readonly hasRouter: boolean;
  readonly description: SparseEncoderDescription;
  /** The route for a task. @throws HpdError `invalid_argument` where there is none, naming those that there are */
  route(task: string | undefined): SparseRoute;
}

export async function loadSparseEncoderModel(
  idOrPath: string,
  options: SparseEncoderLoadOptions,
): Promise<SparseEncoderModel> {
  checkOptions(idOrPath, options);
  const { warnings, warn } = collectWarnings(options.onWarning);
  const source = measuredSource(await openModel(idOrPath, options));
  const { config, router, routes: read, parts } = await withWeightsOpen(source, (open) => readAll(open, options, warn));
  const opened = await openRoutes({ source, options, session: undefined }, read);
  const file = `${source.name}/${modelConfigName}`;
  const maxActiveDims = options.maxActiveDims ?? optionalPositiveInteger(config, "max_active_dims", file);
  const routes = new Map<string, SparseRoute>();
  // No function here may hold `read`: its weights are those of a session that runs.
  for (const [name, route] of opened) {
    routes.set(name, { route, maxActiveDims: maxActiveDims ?? read.get(name)!.active });
  }
  const mainRoute = routes.get(router?.defaultRoute ?? "") ?? [...routes.values()][0]!;
  const prompts = parsePrompts(config, file);
  // Python knows others, of models that are not sparse, and passes over them.
  const stated = similarityFunctions.find((known) => known === config.similarity_fn_name);
  const similarityFunction = options.similarityFunction ?? stated ?? "dot";
  const compiled = [...read.values()].map((route) => route.compiled);
  return {
    prompts,
    similarityFunction,
    mainRoute,
    routes: [...routes.values()],
    hasRouter: router !== undefined,
    description: {
      modelType: "SparseEncoder",
      name: source.name,
      ...parts,
      routes: router === undefined ? [] : [...routes.keys()],
      fileBytes: source.weightBytes,
      bytes: compiled.reduce((sum, { bytes }) => sum + bytes, 0),
      arithmetic: compiled.find(({ arithmetic }) => arithmetic !== "fp32")?.arithmetic ?? "fp32",
      dimension: mainRoute.route.dimension,
      maxActiveDims: mainRoute.maxActiveDims,
      maxSeqLength: mainRoute.route.limits.sentence,
      vocabularySize: mainRoute.route.tokenizer.vocabularySize,
      similarityFunction,
      prompts: prompts.texts,
      defaultPromptName: prompts.defaultName,
      warnings,
    },
    route(task) {
      const route = router === undefined ? mainRoute : routes.get(router.route(task));
      if (route !== undefined) return route;
      throw new HpdError(
        "invalid_argument",
        `${source.name} was loaded for texts of the task ${describe(options.task)} alone, got ${describe(task)}: load it for ` +
          "this one, or without `task`",
      );
    },
  };
}

function checkOptions(idOrPath: unknown, options: SparseEncoderLoadOptions): void {
  if (typeof idOrPath !== "string") {
    throw new HpdError(
      "invalid_argument",
      `a sparse encoder's folder or hub id should be a string, got ${describe(idOrPath)}${optionsHint(idOrPath)}`,
    );
  }
  requireOptionalOneOf("dtype", options.dtype, ["fp32", "int8"]);
  requireOptionalOneOf("similarityFunction", options.similarityFunction, similarityFunctions);
  if (options.maxActiveDims !== undefined) requirePositiveInteger("maxActiveDims", options.maxActiveDims);
  requireWorkers(options.workers);
}

interface ReadSparseRoute extends ReadRoute {
  /** The number of active dimensions of a SparseAutoEncoder. */
  readonly active: number | undefined;
}

interface ReadAll extends Pick<LoadedModules, "config" | "router"> {
  readonly routes: ReadonlyMap<string, ReadSparseRoute>;
  readonly parts: ReadModel["parts"];
}

/** Reads the weights and compiles the routes. @param source with its weights open */
async function readAll(
  source: ModelSource,
  { dtype, task }: SparseEncoderLoadOptions,
  warn: (message: string) => void,
): Promise<ReadAll> {
  const { config, router, pipelines, modules } = await loadSparseModules(source, task, warn);
  if (router === undefined) requireOptionalOneOf("task", task, ["query", "document"]);
  const routes = new Map<string, ReadSparseRoute>();
  for (const [name, pipeline] of pipelines) {
    requireSparse(pipeline, source.name);
    const compiled = await compileRoute(pipeline, "sentence_embedding", dtype, source.name);
    await compiled.tables;
    routes.set(name, { input: pipeline.input, compiled, active: activeOf(pipeline, source.name) });
  }
  return {
    config,
    router,
    routes,
    parts: partsOf({ pipelines, modules }),
  };
}

/** Requires a last module that gives sparse embeddings. */
function requireSparse({ modules }: Pipeline<AnyInput>, name: string): void {
  const { type } = modules.at(-1)!;
  const sparse: readonly string[] = ["SpladePooling", "SparseAutoEncoder", "SparseStaticEmbedding"];
  if (sparse.includes(type)) return;
  throw new HpdError(
    "unsupported",
    `${name}: the last module of a sparse encoder should be one of ${sparse.join(", ")}, got ${type}`,
  );
}

function activeOf({ modules }: Pipeline<AnyInput>, name: string): number | undefined {
  const { type, config } = modules.at(-1)!;
  return type === "SparseAutoEncoder" ? activeDimensionsOf(config as JsonObject, name) : undefined;
}
