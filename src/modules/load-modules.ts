/**
 * Loads the modules of a model: those that `modules.json` lists, or, of a plain transformers folder, the transformer
 * and a pooling. A module that is not known is refused by name, never skipped. Source:
 * `SentenceTransformer._load_sbert_model` and `_load_auto_model`.
 */
import type { JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import type { AnyInput, InputModule, Pipeline } from "./input-module.ts";
import { sparseEncoderConfigKeys } from "./keys/sparse-encoder-keys.ts";
import { loadInput, loadModule } from "./load-module.ts";
import { modelConfigName, readModelConfig } from "./model-config.ts";
import type { ModelKind, Module } from "./module.ts";
import { type ModuleEntry, parseType, readModuleEntries } from "./module-entries.ts";
import { loadPlainSplade, loadPlainTransformer } from "./plain-transformer.ts";
import type { PoolingMode } from "./pooling.ts";
import { pathIn } from "./read-json.ts";
import { type Router, readRouter } from "./router.ts";

export interface LoadedModules<Input extends AnyInput = InputModule> {
  /** The content of config_sentence_transformers.json. */
  readonly config: JsonObject;
  /** Pipelines by the names of the routes that are loaded; a model without a Router has one, of the name "". */
  readonly pipelines: ReadonlyMap<string, Pipeline<Input>>;
  /** All modules in order, the Router before the modules of its routes. */
  readonly modules: readonly (Module | Router)[];
  readonly router: Router | undefined;
}

/** Loads the modules of a model. @param pooling for a plain transformers folder only, refused for any other model */
export async function loadModules(
  source: ModelSource,
  pooling: PoolingMode | "pooler" | undefined,
  onWarning: (message: string) => void,
): Promise<LoadedModules> {
  if (!source.files.includes("modules.json")) {
    const pipeline = await loadPlainTransformer(source, pooling, onWarning);
    // Python reads neither sentence_bert_config.json nor config_sentence_transformers.json here.
    return { config: {}, pipelines: new Map([["", pipeline]]), modules: pipeline.modules, router: undefined };
  }
  const config = await readModelConfig(source, onWarning);
  if (pooling !== undefined) {
    throw new HpdError(
      "invalid_argument",
      `${source.name} has its own modules (modules.json); \`pooling\` is for a plain transformers folder`,
    );
  }
  // Only a sparse encoder's modules.json may list the other kinds of inputs.
  return (await loadListed(source, config, { kind: "SentenceTransformer", onWarning })) as LoadedModules;
}

/**
 * Loads the modules of a sparse encoder. Source: sentence-transformers 6.2, `SparseEncoder._load_default_modules`.
 *
 * @param task of which alone the route is loaded. Default: all routes
 * @throws HpdError `invalid_argument` for a task without a route
 */
export async function loadSparseModules(
  source: ModelSource,
  task: string | undefined,
  onWarning: (message: string) => void,
): Promise<LoadedModules<AnyInput>> {
  if (!source.files.includes("modules.json")) {
    const pipeline = await loadPlainSplade(source, onWarning);
    return { config: {}, pipelines: new Map([["", pipeline]]), modules: pipeline.modules, router: undefined };
  }
  const config = await readModelConfig(source, onWarning, sparseEncoderConfigKeys);
  if (config.model_type === undefined) {
    throw new HpdError(
      "unsupported",
      `${source.name} is a SentenceTransformer, not a sparse encoder: model_type in ${modelConfigName} should be ` +
        '"SparseEncoder"; load it with SentenceTransformer.load',
    );
  }
  return await loadListed(source, config, { kind: "SparseEncoder", task, onWarning });
}

interface LoadListedOptions {
  readonly kind: ModelKind;
  readonly task?: string | undefined;
  readonly onWarning: (message: string) => void;
}

/** Loads the modules that modules.json lists. */
async function loadListed(
  source: ModelSource,
  config: JsonObject,
  options: LoadListedOptions,
): Promise<LoadedModules<AnyInput>> {
  const { kind, task } = options;
  const entries = await readModuleEntries(source, kind);
  const at = entries.findIndex(({ type }) => type === "Router");
  const router = at < 0 ? undefined : await readRouter(source, entries[at]!.path, entries[0]!.type);
  const load = loadingOnce(source, options);
  const pipelines = new Map<string, Pipeline<AnyInput>>();
  const only = task === undefined ? undefined : router?.route(task);
  for (const [route, ids] of router?.routes ?? [["", []]]) {
    if (only !== undefined && route !== only) continue;
    const routed = ids.map((id): ModuleEntry => {
      const file = `${source.name}: Router`;
      return { type: parseType(router!.types.get(id)!, file, kind), path: pathIn(entries[at]!.path, id) };
    });
    pipelines.set(route, await load([...entries.slice(0, Math.max(at, 0)), ...routed, ...entries.slice(at + 1)]));
  }
  return { config, pipelines, modules: inOrder(pipelines, router, at, entries.length - at - 1), router };
}

/** @param at index of the Router, @param after number of modules behind it */
function inOrder(
  pipelines: ReadonlyMap<string, Pipeline<AnyInput>>,
  router: Router | undefined,
  at: number,
  after: number,
): (Module | Router)[] {
  const routes = [...pipelines.values()].map(({ modules }) => modules);
  const [first] = routes;
  if (router === undefined) return [...first!];
  const routed = new Set(routes.flatMap((modules) => modules.slice(at, modules.length - after)));
  return [...first!.slice(0, at), router, ...routed, ...first!.slice(first!.length - after)];
}

/** The only pipeline of a model without a Router. @throws HpdError `unsupported` naming the routes of another model */
export function onlyPipeline({ pipelines, router }: LoadedModules, name: string, purpose: string): Pipeline {
  const [pipeline] = pipelines.values();
  if (router === undefined) return pipeline!;
  throw new HpdError(
    "unsupported",
    `${name}: ${purpose} needs a model of one route, and its Router has ${[...pipelines.keys()].join(", ")}`,
  );
}

/** Loads pipelines, their modules at the same time; a module that is part of several is read once. */
function loadingOnce(source: ModelSource, options: LoadListedOptions) {
  const inputs = new Map<string, AnyInput>();
  const modules = new Map<string, Promise<Module>>();
  return async ([first, ...rest]: readonly ModuleEntry[]): Promise<Pipeline<AnyInput>> => {
    const others = rest.map((entry) => {
      const key = `${entry.type} ${entry.path}`;
      const module = modules.get(key) ?? loadModule(source, entry);
      modules.set(key, module);
      // Of several errors the first module's is the one that is met.
      module.catch(() => {});
      return module;
    });
    const input = inputs.get(first?.path ?? "") ?? (await loadInput(source, first, options));
    inputs.set(input.folder, input);
    const loaded = [input.module];
    for (const module of others) loaded.push(await module);
    return { input, modules: loaded };
  };
}
