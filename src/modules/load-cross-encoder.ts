/**
 * Loads the network of a cross-encoder: a transformer with a classification head. Three forms of folders are read: a
 * plain transformers folder, one whose config.json names the activation (sentence-transformers 4 and 5, and 2 and 3 by
 * another key), and one with modules.json (6). Source: sentence-transformers 6.2, `CrossEncoder`.
 */
import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { Node } from "../graph/node.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { type Features, inputFeatures } from "./features.ts";
import { type TransformerInput, transformerInput } from "./input-module.ts";
import { crossEncoderConfigKeys } from "./keys/cross-encoder-keys.ts";
import { modelConfigName, readModelConfig } from "./model-config.ts";
import { parseModules } from "./module-entries.ts";
import { classifierClass, refuseChatTemplate } from "./plain-transformer.ts";
import { pathIn, positiveInteger, readJson, readJsonObject } from "./read-json.ts";
import { buildClassificationHead, requireClassificationHead } from "./transformer/classification-head.ts";
import { plainSettings, readTransformerSettings } from "./transformer/settings.ts";
import { loadTransformer, type Transformer } from "./transformer/transformer.ts";

export interface LoadedCrossEncoder {
  /** The content of config_sentence_transformers.json. */
  readonly config: JsonObject;
  readonly input: TransformerInput;
  readonly numLabels: number;
  /** Labels of the scores, if the config names them. */
  readonly labels: readonly string[];
  /** Path of the torch class that is applied to the scores, if a file names one. */
  readonly activation: unknown;
  /** The file that names it. */
  readonly activationFile: string;
  /** The scores without activation, [batch, labels]. */
  build(features: Features): Node;
}

/** Whether a model is a cross-encoder by its configs: those of sentence-transformers, else the class in config.json. */
export async function looksLikeCrossEncoder(source: ModelSource): Promise<boolean> {
  const has = (name: string): boolean => source.files.includes(name);
  if (!has("modules.json")) {
    return has("config.json") && classifierClass(await readJsonObject(source, "config.json")) !== undefined;
  }
  return has(modelConfigName) && (await readJsonObject(source, modelConfigName)).model_type === "CrossEncoder";
}

/** @throws HpdError `not_found`, `invalid_model`, `unsupported` naming the file and what was expected */
export async function loadCrossEncoder(
  source: ModelSource,
  onWarning: (message: string) => void,
): Promise<LoadedCrossEncoder> {
  const isSaved = source.files.includes("modules.json");
  const folder = isSaved ? await transformerFolder(source) : "";
  const config = isSaved ? await readModelConfig(source, onWarning, crossEncoderConfigKeys) : {};
  if (isSaved && config.model_type === undefined) {
    throw new HpdError(
      "unsupported",
      `${source.name} is a SentenceTransformer, not a cross-encoder: model_type in ${modelConfigName} should be ` +
        '"CrossEncoder"; load it with SentenceTransformer.load',
    );
  }
  if (!isSaved) await refuseChatTemplate(source);
  const settings = isSaved
    ? await readTransformerSettings(source, folder, { known: ["sequence-classification"] })
    : plainSettings;
  if (isSaved && settings === plainSettings) {
    throw new HpdError(
      "unsupported",
      `${source.name}: without a sentence_bert_config.json in which transformer_task is "sequence-classification", its ` +
        "Transformer makes token embeddings and no scores",
    );
  }
  const file = `${source.name}/${pathIn(folder, "config.json")}`;
  const headOf = (transformer: Transformer, features: Features): Node => {
    const { json } = transformer.transformerConfig;
    refuseCausal(json, file);
    const labels = numLabels(json, file);
    requireClassificationHead(transformer, labels);
    return buildClassificationHead(transformer, features, labels);
  };
  const transformer = await loadTransformer(source, folder, {
    settings,
    onWarning,
    head: (recorded) => void headOf(recorded, recorded.build(inputFeatures())),
  });
  const { json } = transformer.transformerConfig;
  const own = Object.hasOwn(config, "activation_fn") && config.activation_fn !== null;
  return {
    config,
    input: transformerInput(folder, settings, transformer),
    numLabels: numLabels(json, file),
    labels: labelsOf(json),
    activation: own ? config.activation_fn : activationOfConfig(json),
    activationFile: own ? `${source.name}/${modelConfigName}` : file,
    build: (features) => headOf(transformer, transformer.build(features)),
  };
}

async function transformerFolder(source: ModelSource): Promise<string> {
  const file = `${source.name}/modules.json`;
  const json = await readJson(source, "modules.json");
  const types = Array.isArray(json) ? json.map((entry) => (isObject(entry) ? String(entry.type) : "")) : [];
  if (types.some((type) => type.endsWith(".LogitScore"))) {
    throw new HpdError(
      "unsupported",
      `${file}: LogitScore scores a pair by the next word of a causal language model, which is not supported, only ` +
        "classification heads",
    );
  }
  const modules = parseModules(json, file);
  const [first, second] = modules;
  if (first!.type === "Transformer" && second === undefined) return first!.path;
  throw new HpdError(
    "unsupported",
    `${file}: a cross-encoder should be one Transformer with a classification head, got ` +
      `${modules.map(({ type }) => type).join(", ")}: SentenceTransformer.load is for models that embed texts`,
  );
}

function refuseCausal({ architectures }: JsonObject, file: string): void {
  const [first] = Array.isArray(architectures) ? architectures : [];
  if (typeof first !== "string" || !first.endsWith("ForCausalLM")) return;
  throw new HpdError(
    "unsupported",
    `${file}: Python scores pairs by the next word of a ${first} (LogitScore), which is not supported, only ` +
      "classification heads",
  );
}

/** The number of labels as in transformers: `id2label`, else `num_labels`, else 2; 1 for a model without a head. */
function numLabels(json: JsonObject, file: string): number {
  const { architectures, id2label } = json;
  const hasHead =
    Array.isArray(architectures) && architectures.some((name) => String(name).endsWith("ForSequenceClassification"));
  if (!hasHead) return 1;
  if ((id2label ?? undefined) === undefined)
    return (json.num_labels ?? undefined) === undefined ? 2 : positiveInteger(json, "num_labels", file);
  if (!isObject(id2label) || Object.keys(id2label).length === 0) {
    throw new HpdError("invalid_model", `${file}: id2label should name one label or more, got ${describe(id2label)}`);
  }
  return Object.keys(id2label).length;
}

function labelsOf({ id2label }: JsonObject): string[] {
  if (!isObject(id2label)) return [];
  return Object.entries(id2label)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => String(label));
}

/** The activation in config.json: an object of versions 4 and 5, a key of earlier ones. */
function activationOfConfig({
  sentence_transformers: own,
  sbert_ce_default_activation_function: old,
}: JsonObject): unknown {
  return isObject(own) && "activation_fn" in own ? own.activation_fn : old;
}
