/** Loads single modules, each from its folder. A class that is not known is refused by name. */
import { checkKeys } from "../common/key-table.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { buildDense } from "./dense.ts";
import { buildDropout } from "./dropout.ts";
import { type AnyInput, transformerInput } from "./input-module.ts";
import { moduleKeys } from "./keys/module-keys.ts";
import { buildLayerNorm } from "./layer-norm.ts";
import type { ModelKind, Module } from "./module.ts";
import type { ModuleEntry } from "./module-entries.ts";
import { buildNormalize } from "./normalize.ts";
import { type Parameters, readParameters } from "./parameters.ts";
import { buildPooling, parsePoolingConfig } from "./pooling.ts";
import { pathIn, readJsonObject } from "./read-json.ts";
import { buildSparseAutoEncoder } from "./sparse-auto-encoder.ts";
import { loadSparseStaticEmbedding } from "./sparse-static-embedding.ts";
import { buildSpladePooling } from "./splade-pooling.ts";
import { loadStaticEmbedding } from "./static-embedding.ts";
import { loadMaskedTransformer } from "./transformer/masked-language-head.ts";
import { type KnownTasks, readTransformerSettings } from "./transformer/settings.ts";
import { loadTransformer } from "./transformer/transformer.ts";
import { loadWordEmbeddings } from "./word-embeddings.ts";

const denseInputs = ["Transformer", "StaticEmbedding", "WordEmbeddings"] as const;
const inputTypes: Readonly<Record<ModelKind, readonly AnyInput["kind"][]>> = {
  SentenceTransformer: denseInputs,
  SparseEncoder: [...denseInputs, "SparseStaticEmbedding"],
};

interface LoadInputOptions {
  readonly kind: ModelKind;
  readonly onWarning: (message: string) => void;
}

/** Loads the first module. @throws HpdError `unsupported` for a class that takes no texts */
export async function loadInput(
  source: ModelSource,
  entry: ModuleEntry | undefined,
  { kind, onWarning }: LoadInputOptions,
): Promise<AnyInput> {
  if (entry?.type === "StaticEmbedding") return await loadStaticEmbedding(source, entry.path);
  if (entry?.type === "WordEmbeddings") return await loadWordEmbeddings(source, entry.path);
  if (entry?.type === "SparseStaticEmbedding") return await loadSparseStaticEmbedding(source, entry.path);
  if (entry?.type !== "Transformer" && entry?.type !== "MLMTransformer") {
    throw new HpdError(
      "unsupported",
      `${source.name}/modules.json: the first module should be one of ${inputTypes[kind].join(", ")}, got ${entry?.type ?? "none"}`,
    );
  }
  const settings = await readTransformerSettings(source, entry.path, tasksOf(entry.type, kind));
  const load = settings.task === "fill-mask" ? loadMaskedTransformer : loadTransformer;
  return transformerInput(entry.path, settings, await load(source, entry.path, { settings, onWarning }));
}

function tasksOf(type: "Transformer" | "MLMTransformer", kind: ModelKind): KnownTasks {
  if (type === "MLMTransformer") return { known: ["fill-mask"], otherwise: "fill-mask" };
  return { known: kind === "SparseEncoder" ? ["feature-extraction", "fill-mask"] : ["feature-extraction"] };
}

function isInput(type: ModuleEntry["type"]): type is AnyInput["kind"] {
  return (inputTypes.SparseEncoder as readonly string[]).includes(type);
}

/** Loads a module after the first. @throws HpdError `unsupported` for one that can only be the first */
export async function loadModule(source: ModelSource, { type, path }: ModuleEntry): Promise<Module> {
  if (isInput(type) || type === "MLMTransformer" || type === "Router") {
    throw new HpdError(
      "unsupported",
      `${source.name}/modules.json: a ${type} after the first module (${path}) is not known`,
    );
  }
  const configFile = pathIn(path, "config.json");
  const file = `${source.name}/${configFile}`;
  // Earlier versions save no config for Normalize, and Python builds a Dropout without one too.
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
    case "SpladePooling":
      return buildSpladePooling(config, file);
    case "SparseAutoEncoder":
      return buildWithWeights(source, path, (parameters) => buildSparseAutoEncoder(config, file, parameters));
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
