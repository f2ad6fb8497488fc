/**
 * From a model folder to its modules: what `modules.json` lists, or, in a plain transformers folder, the transformer
 * and a pooling. A module that is not known is refused by name, never skipped.
 * Source: `SentenceTransformer._load_sbert_model` and `_load_auto_model`.
 */

import { describe, type JsonObject } from "../common/json.ts";
import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { mostModules } from "../hub/select-files.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { buildDense } from "./dense.ts";
import { buildDropout } from "./dropout.ts";
import { moduleEntryKeys, moduleKeys } from "./keys/module-keys.ts";
import { buildLayerNorm } from "./layer-norm.ts";
import { readModelConfig } from "./model-config.ts";
import { type Module, type ModuleType, moduleTypes } from "./module.ts";
import { buildNormalize } from "./normalize.ts";
import { type Parameters, readParameters } from "./parameters.ts";
import { buildPooling, type PoolingMode, parsePoolingConfig } from "./pooling.ts";
import { pathIn, readJson, readJsonObject } from "./read-json.ts";
import { poolerModules } from "./transformer/pooler.ts";
import { plainSettings, readTransformerSettings, type TransformerSettings } from "./transformer/settings.ts";
import { loadTransformer, type Transformer } from "./transformer/transformer.ts";

export interface LoadedModules {
  /** What config_sentence_transformers.json says. */
  readonly config: JsonObject;
  /** The folder of the transformer inside the model, where its tokenizer lies too. */
  readonly transformerFolder: string;
  /** The settings of the transformer. */
  readonly settings: TransformerSettings;
  readonly transformer: Transformer;
  /** All of them in order, the transformer first. */
  readonly modules: readonly Module[];
}

/** @param pooling for a plain transformers folder only; refused where the model has its own modules. */
export async function loadModules(
  source: ModelSource,
  pooling: PoolingMode | "pooler" | undefined,
  onWarning: (message: string) => void,
): Promise<LoadedModules> {
  if (!source.files.includes("modules.json")) return loadPlainTransformer(source, pooling, onWarning);
  const config = await readModelConfig(source, onWarning);
  if (pooling !== undefined) {
    throw new HpdError(
      "invalid_argument",
      `${source.name} has its own modules (modules.json); \`pooling\` is for a plain transformers folder`,
    );
  }
  const [first, ...rest] = parseModules(await readJson(source, "modules.json"), `${source.name}/modules.json`);
  if (first?.type !== "Transformer") {
    throw new HpdError(
      "unsupported",
      `${source.name}/modules.json: the first module should be a Transformer, got ${first?.type ?? "none"}`,
    );
  }
  const settings = await readTransformerSettings(source, first.path);
  const transformer = await loadTransformer(source, first.path, settings, onWarning);
  const modules: Module[] = [transformer];
  for (const entry of rest) modules.push(await loadModule(source, entry));
  return { config, transformerFolder: first.path, settings, transformer, modules };
}

/** Of a model whose weights are not loaded: where its tokenizer lies. */
export async function transformerFolderOf(source: ModelSource): Promise<string> {
  if (!source.files.includes("modules.json")) return "";
  return parseModules(await readJson(source, "modules.json"), `${source.name}/modules.json`)[0]!.path;
}

async function loadPlainTransformer(
  source: ModelSource,
  pooling: PoolingMode | "pooler" | undefined,
  onWarning: (message: string) => void,
): Promise<LoadedModules> {
  if (!source.files.includes("config.json")) {
    throw new HpdError(
      "not_found",
      `${source.name} is not a model: it has neither modules.json (sentence-transformers) nor config.json (transformers)`,
    );
  }
  await refuseChatTemplate(source);
  const settings = plainSettings;
  const transformer = await loadTransformer(source, "", settings, onWarning);
  const mode = pooling ?? (isCausal(transformer.json) ? "lasttoken" : "mean");
  if (pooling === undefined) {
    onWarning(`${source.name} is a plain transformers folder without modules.json: using ${mode} pooling`);
  }
  const embeddingDimension = transformer.transformerConfig.hiddenSize;
  const pooled =
    mode === "pooler"
      ? poolerModules(transformer, source.name)
      : [buildPooling({ embeddingDimension, modes: [mode], includePrompt: true }, source.name)];
  // Python reads neither sentence_bert_config.json nor config_sentence_transformers.json here.
  return { config: {}, transformerFolder: "", settings, transformer, modules: [transformer, ...pooled] };
}

/** Without a sentence_bert_config.json that says otherwise, Python writes texts into the template of a chat. */
async function refuseChatTemplate(source: ModelSource): Promise<void> {
  const { files } = source;
  const config = files.includes("tokenizer_config.json") ? await readJsonObject(source, "tokenizer_config.json") : {};
  const file = ["chat_template.jinja", "chat_template.json"].find((name) => files.includes(name));
  if (file === undefined && (config.chat_template ?? undefined) === undefined) return;
  throw new HpdError(
    "unsupported",
    `${source.name} is a plain transformers folder with a chat template (${file ?? "tokenizer_config.json"}), which is ` +
      "not supported",
  );
}

/** Whether the weights are those of a causal language model, which says most in its last token. */
function isCausal({ architectures, is_causal: causal = true }: JsonObject): boolean {
  const first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof first === "string" && first.endsWith("ForCausalLM") && Boolean(causal);
}

interface ModuleEntry {
  readonly type: ModuleType;
  readonly path: string;
}

function parseModules(value: unknown, file: string): ModuleEntry[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > mostModules) {
    const found = Array.isArray(value) ? `${value.length} of them` : describe(value);
    throw new HpdError("corrupt_file", `${file} should hold a list of 1 to ${mostModules} modules, got ${found}`);
  }
  const names = new Set<string>();
  return value.map((entry: unknown) => {
    const { type, path, name } = (entry ?? {}) as JsonObject;
    if (typeof type !== "string" || typeof path !== "string" || path.split("/").includes("..")) {
      throw new HpdError(
        "corrupt_file",
        `${file}: a module needs a type and a path inside the model, got ${describe(entry)}`,
      );
    }
    checkKeys(entry as JsonObject, moduleEntryKeys, file);
    if (typeof name === "string" && names.size === names.add(name).size) {
      throw new HpdError("invalid_model", `${file}: two modules are called ${describe(name)}; Python would drop one`);
    }
    return {
      type: parseType(type, file),
      path: path
        .split("/")
        .filter((part) => part !== "" && part !== ".")
        .join("/"),
    };
  });
}

/**
 * The class of a module. Its path has three generations: `sentence_transformers.models.*`,
 * `sentence_transformers.sentence_transformer.modules.*` and `sentence_transformers.base.modules.*`.
 */
function parseType(path: string, file: string): ModuleType {
  const name = /^sentence_transformers\.(?:models|(?:sentence_transformer|base)\.modules)\.(?:\w+\.)*(\w+)$/.exec(path);
  const type = moduleTypes.find((known) => known === name?.[1]);
  if (type !== undefined) return type;
  throw new HpdError(
    "unsupported",
    `${file}: the module ${path} is not known; known are ${moduleTypes.join(", ")} of sentence_transformers`,
  );
}

async function loadModule(source: ModelSource, { type, path }: ModuleEntry): Promise<Module> {
  if (type === "Transformer") {
    throw new HpdError("unsupported", `${source.name}/modules.json: a second Transformer (${path}) is not known`);
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
