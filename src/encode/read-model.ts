/** Reads the weights of a model and compiles its routes. */
import type { JsonObject } from "../common/json.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { type AnyInput, familyOf } from "../modules/input-module.ts";
import { type LoadedModules, loadModules } from "../modules/load-modules.ts";
import type { Router } from "../modules/router.ts";
import { withWeightsOpen } from "../modules/weights-open.ts";
import { type CompiledRoute, compileRoute, type ModelOutput } from "./compile-route.ts";
import type { ModelDescription } from "./description.ts";
import type { LoadOptions } from "./options.ts";

export interface ReadRoute {
  readonly input: AnyInput;
  readonly compiled: CompiledRoute;
}

/** A model whose weights are read. It holds none but those that its routes compute with. */
export interface ReadModel {
  /** The content of config_sentence_transformers.json. */
  readonly config: JsonObject;
  readonly router: Router | undefined;
  /** Routes by name; a model without a Router has one, of the name "". */
  readonly routes: ReadonlyMap<string, ReadRoute>;
  readonly parts: Pick<ModelDescription, "family" | "parameters" | "modules">;
}

/** A model that is being read. */
export interface Reading {
  /** The model, when all but the tables of its lookups is read: enough to make a session and a tokenizer. */
  readonly model: Promise<ReadModel>;
  /** Resolves when the tables are read, too. Rejects as `model` does, or because of them. */
  readonly whole: Promise<void>;
}

export function startReading(source: ModelSource, options: LoadOptions, onWarning: (message: string) => void): Reading {
  let opened!: (source: ModelSource) => void;
  const open = new Promise<ModelSource>((resolve) => {
    opened = resolve;
  });
  const model = open.then((source) => readModel(source, options, onWarning));
  const whole = withWeightsOpen(source, async (source) => {
    opened(source);
    await Promise.all([...(await model).routes.values()].map(({ compiled }) => compiled.tables));
  });
  // Both are for others to wait for.
  model.catch(() => {});
  whole.catch(() => {});
  return { model, whole };
}

/** @param source with its weights open */
async function readModel(
  source: ModelSource,
  { pooling, dtype }: LoadOptions,
  onWarning: (message: string) => void,
): Promise<ReadModel> {
  const { config, router, pipelines, modules } = await loadModules(source, pooling, onWarning);
  const routes = new Map<string, ReadRoute>();
  for (const [name, pipeline] of pipelines) {
    const compiled = await compileRoute(pipeline, "sentence_embedding", dtype, source.name);
    routes.set(name, { input: pipeline.input, compiled });
  }
  return {
    config,
    router,
    routes,
    parts: partsOf({ pipelines, modules }),
  };
}

export function partsOf({
  pipelines,
  modules,
}: Pick<LoadedModules<AnyInput>, "pipelines" | "modules">): ReadModel["parts"] {
  return {
    family: [...pipelines.values()].map(({ input }) => familyOf(input)).join(", "),
    parameters: modules.reduce((sum, module) => sum + (module.type === "Router" ? 0 : module.parameters.count), 0),
    modules: modules.map(({ type, config }) => ({ type, config })),
  };
}

/** Compiles one route once more, to another output. @param source with its weights open */
export async function readRoute(
  source: ModelSource,
  name: string,
  output: ModelOutput,
  { pooling, dtype }: LoadOptions,
): Promise<CompiledRoute> {
  const { pipelines } = await loadModules(source, pooling, () => {});
  const compiled = await compileRoute(pipelines.get(name)!, output, dtype, source.name);
  await compiled.tables;
  return compiled;
}
