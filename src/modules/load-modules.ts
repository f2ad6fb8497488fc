/**
 * From a model folder to its modules: what `modules.json` lists, or, in a plain transformers folder, the transformer
 * and a pooling. A module that is not known is refused by name, never skipped.
 * Source: `SentenceTransformer._load_sbert_model` and `_load_auto_model`.
 */

import type { JsonObject } from "../common/json.ts";
import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { buildDense } from "./dense.ts";
import { buildDropout } from "./dropout.ts";
import { type InputModule, type Pipeline, transformerInput } from "./input-module.ts";
import { moduleKeys } from "./keys/module-keys.ts";
import { buildLayerNorm } from "./layer-norm.ts";
import { readModelConfig } from "./model-config.ts";
import type { Module } from "./module.ts";
import { type ModuleEntry, parseType, readModuleEntries } from "./module-entries.ts";
import { buildNormalize } from "./normalize.ts";
import { type Parameters, readParameters } from "./parameters.ts";
import { buildPooling, type PoolingMode, parsePoolingConfig } from "./pooling.ts";
import { pathIn, readJsonObject } from "./read-json.ts";
import { type Router, readRouter } from "./router.ts";
import { loadStaticEmbedding } from "./static-embedding.ts";
import { poolerModules } from "./transformer/pooler.ts";
import { plainSettings, readTransformerSettings } from "./transformer/settings.ts";
import { loadTransformer } from "./transformer/transformer.ts";
import { loadWordEmbeddings } from "./word-embeddings.ts";

export interface LoadedModules {
  /** What config_sentence_transformers.json says. */
  readonly config: JsonObject;
  /** By the names of the routes; a model without a Router has the one of the name "". */
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  /** What they consist of, as people read it: the Router before the modules of its routes. */
  readonly modules: readonly (Module | Router)[];
  readonly router: Router | undefined;
}

/** @param pooling for a plain transformers folder only; refused where the model has its own modules. */
export async function loadModules(
  source: ModelSource,
  pooling: PoolingMode | "pooler" | undefined,
  onWarning: (message: string) => void,
): Promise<LoadedModules> {
  if (!source.files.includes("modules.json")) {
    const { config, ...pipeline } = await loadPlainTransformer(source, pooling, onWarning);
    return { config, pipelines: new Map([["", pipeline]]), modules: pipeline.modules, router: undefined };
  }
  const config = await readModelConfig(source, onWarning);
  if (pooling !== undefined) {
    throw new HpdError(
      "invalid_argument",
      `${source.name} has its own modules (modules.json); \`pooling\` is for a plain transformers folder`,
    );
  }
  const entries = await readModuleEntries(source);
  const at = entries.findIndex(({ type }) => type === "Router");
  const router = at < 0 ? undefined : await readRouter(source, entries[at]!.path, at === 0);
  const load = loadingOnce(source, onWarning);
  const pipelines = new Map<string, Pipeline>();
  for (const [route, ids] of router?.routes ?? [["", []]]) {
    const routed = ids.map((id): ModuleEntry => {
      const file = `${source.name}: Router`;
      return { type: parseType(router!.types.get(id)!, file), path: pathIn(entries[at]!.path, id) };
    });
    pipelines.set(route, await load([...entries.slice(0, Math.max(at, 0)), ...routed, ...entries.slice(at + 1)]));
  }
  return { config, pipelines, modules: inOrder(pipelines, router, at, entries.length - at - 1), router };
}

/** @param at where the Router stands, with `after` modules behind it */
function inOrder(
  pipelines: ReadonlyMap<string, Pipeline>,
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

/** The one way through a model without a Router. @throws HpdError `unsupported` naming the routes of another */
export function onlyPipeline({ pipelines, router }: LoadedModules, name: string, purpose: string): Pipeline {
  const [pipeline] = pipelines.values();
  if (router === undefined) return pipeline!;
  throw new HpdError(
    "unsupported",
    `${name}: ${purpose} needs a model of one route, and its Router has ${[...pipelines.keys()].join(", ")}`,
  );
}

/** Loads pipelines; a module that lies in several of them is read once. */
function loadingOnce(source: ModelSource, onWarning: (message: string) => void) {
  const inputs = new Map<string, InputModule>();
  const modules = new Map<string, Module>();
  return async ([first, ...rest]: readonly ModuleEntry[]): Promise<Pipeline> => {
    const input = inputs.get(first?.path ?? "") ?? (await loadInput(source, first, onWarning));
    inputs.set(input.folder, input);
    const loaded: Module[] = [input.module];
    for (const entry of rest) {
      const key = `${entry.type} ${entry.path}`;
      const module = modules.get(key) ?? (await loadModule(source, entry));
      modules.set(key, module);
      loaded.push(module);
    }
    return { input, modules: loaded };
  };
}

const inputTypes: readonly InputModule["kind"][] = ["Transformer", "StaticEmbedding", "WordEmbeddings"];

async function loadInput(
  source: ModelSource,
  entry: ModuleEntry | undefined,
  onWarning: (message: string) => void,
): Promise<InputModule> {
  if (entry?.type === "StaticEmbedding") return await loadStaticEmbedding(source, entry.path);
  if (entry?.type === "WordEmbeddings") return await loadWordEmbeddings(source, entry.path);
  if (entry?.type !== "Transformer") {
    throw new HpdError(
      "unsupported",
      `${source.name}/modules.json: the first module should be one of ${inputTypes.join(", ")}, got ${entry?.type ?? "none"}`,
    );
  }
  const settings = await readTransformerSettings(source, entry.path);
  return transformerInput(entry.path, settings, await loadTransformer(source, entry.path, settings, onWarning));
}

async function loadPlainTransformer(
  source: ModelSource,
  pooling: PoolingMode | "pooler" | undefined,
  onWarning: (message: string) => void,
): Promise<Pipeline & { config: JsonObject }> {
  if (!source.files.includes("config.json")) {
    throw new HpdError(
      "not_found",
      `${source.name} is not a model: it has neither modules.json (sentence-transformers) nor config.json (transformers)`,
    );
  }
  await refuseChatTemplate(source);
  const json = await readJsonObject(source, "config.json");
  if (json.model_type === "model2vec") {
    throw new HpdError(
      "unsupported",
      `${source.name} is a folder of model2vec's without the modules.json by which sentence-transformers knows it: save ` +
        "it anew with model2vec",
    );
  }
  if (pooling === undefined) refuseClassifier(json, source.name);
  const settings = plainSettings;
  const transformer = await loadTransformer(source, "", settings, onWarning);
  const mode = pooling ?? (isCausal(transformer.transformerConfig.json) ? "lasttoken" : "mean");
  if (pooling === undefined) {
    onWarning(`${source.name} is a plain transformers folder without modules.json: using ${mode} pooling`);
  }
  const embeddingDimension = transformer.transformerConfig.parsed.hiddenSize;
  const pooled =
    mode === "pooler"
      ? poolerModules(transformer, source.name)
      : [buildPooling({ embeddingDimension, modes: [mode], includePrompt: true }, source.name)];
  // Python reads neither sentence_bert_config.json nor config_sentence_transformers.json here.
  return { config: {}, input: transformerInput("", settings, transformer), modules: [transformer, ...pooled] };
}

/** Without a sentence_bert_config.json that says otherwise, Python writes texts into the template of a chat. */
export async function refuseChatTemplate(source: ModelSource): Promise<void> {
  const { files } = source;
  const config = files.includes("tokenizer_config.json") ? await readJsonObject(source, "tokenizer_config.json") : {};
  const file = ["chat_template.jinja", "chat_template.json"].find((name) => files.includes(name));
  if (file === undefined && (config.chat_template ?? undefined) === undefined) return;
  throw new HpdError(
    "unsupported",
    `${source.name} is a plain transformers folder with a chat template (${file ?? "tokenizer_config.json"}): texts ` +
      "would be written into it as messages, which is not supported. Remove the template, or give the folder a " +
      "modules.json: texts are embedded as they are then, in Python too",
  );
}

/** Whether the weights are those of a causal language model, which says most in its last token. */
function isCausal({ architectures, is_causal: causal = true }: JsonObject): boolean {
  const first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof first === "string" && first.endsWith("ForCausalLM") && Boolean(causal);
}

/** The class of a model with a classification head, which config.json names first; undefined for any other. */
export function classifierClass({ architectures }: JsonObject): string | undefined {
  const found: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof found === "string" && found.endsWith("ForSequenceClassification") ? found : undefined;
}

/** Refuses a cross-encoder, whose tokens nobody trained to be embeddings: Python would take their mean without a word. */
function refuseClassifier(json: JsonObject, name: string): void {
  const found = classifierClass(json);
  if (found === undefined) return;
  throw new HpdError(
    "unsupported",
    `${name} is a ${found}: a cross-encoder or another classifier, and no model that embeds texts. Load it by ` +
      'CrossEncoder.load of "hpd/cross-encoder", or name it to hpd search --rerank; to embed with its tokens all the ' +
      "same, say which `pooling`",
  );
}

function isInput(type: ModuleEntry["type"]): type is InputModule["kind"] {
  return (inputTypes as readonly string[]).includes(type);
}

async function loadModule(source: ModelSource, { type, path }: ModuleEntry): Promise<Module> {
  if (isInput(type) || type === "Router") {
    throw new HpdError(
      "unsupported",
      `${source.name}/modules.json: a ${type} after the first module (${path}) is not known`,
    );
  }
  const configFile = pathIn(path, "config.json");
  const file = `${source.name}/${configFile}`;
  // Normalize had no config until lately, and Python makes a Dropout without one too.
  const isOptional = type === "Normalize" || type === "Dropout";
  const config = isOptional && !source.files.includes(configFile) ? {} : await readJsonObject(source, configFile);
  checkKeys(config, moduleKeys[type], file);
  switch (type) {
    case "Pooling":
      return buildPooling(parsePoolingConfig(config, file), file);
    case "Dense":
      return buildWithWeights(source, path, (parameters) => buildDense(config, file, parameters));
    case "Normalize":
      return buildNormalize(config, file);
    case "LayerNorm":
      return buildWithWeights(source, path, (parameters) => buildLayerNorm(config, file, parameters));
    case "Dropout":
      return buildDropout(config, file);
  }
}

async function buildWithWeights(
  source: ModelSource,
  folder: string,
  build: (parameters: Parameters) => Module,
): Promise<Module> {
  const checkpoint = await openCheckpoint(source, folder);
  try {
    return build(await readParameters(checkpoint, folder, build));
  } finally {
    await checkpoint.close();
  }
}
