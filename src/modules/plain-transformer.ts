/** Folders of transformers without modules.json. */
import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { type Pipeline, transformerInput } from "./input-module.ts";
import { buildPooling, type PoolingMode } from "./pooling.ts";
import { readJsonObject } from "./read-json.ts";
import { buildSpladePooling } from "./splade-pooling.ts";
import { loadMaskedTransformer } from "./transformer/masked-language-head.ts";
import { poolerModules } from "./transformer/pooler.ts";
import { plainSettings, type TransformerSettings } from "./transformer/settings.ts";
import { loadTransformer } from "./transformer/transformer.ts";

/** The pipeline of a plain transformers folder: its transformer and a pooling. Source: `_load_auto_model`. */
export async function loadPlainTransformer(
  source: ModelSource,
  pooling: PoolingMode | "pooler" | undefined,
  onWarning: (message: string) => void,
): Promise<Pipeline> {
  const json = await readPlainConfig(source);
  if (json.model_type === "model2vec") {
    throw new HpdError(
      "unsupported",
      `${source.name} is a model2vec folder without modules.json, which sentence-transformers needs: save it again with model2vec`,
    );
  }
  if (pooling === undefined) refuseClassifier(json, source.name);
  const transformer = await loadTransformer(source, "", { settings: plainSettings, onWarning });
  const mode = pooling ?? (isCausal(transformer.transformerConfig.json) ? "lasttoken" : "mean");
  if (pooling === undefined) {
    onWarning(`${source.name} is a plain transformers folder without modules.json: using ${mode} pooling`);
  }
  const embeddingDimension = transformer.transformerConfig.parsed.hiddenSize;
  const pooled =
    mode === "pooler"
      ? poolerModules(transformer, source.name)
      : [buildPooling({ embeddingDimension, modes: [mode], includePrompt: true }, source.name)];
  return { input: transformerInput("", plainSettings, transformer), modules: [transformer, ...pooled] };
}

/** The config.json of a plain transformers folder. @throws HpdError `not_found`, `unsupported` */
async function readPlainConfig(source: ModelSource): Promise<JsonObject> {
  if (!source.files.includes("config.json")) {
    throw new HpdError(
      "not_found",
      `${source.name} is not a model: it has neither modules.json (sentence-transformers) nor config.json (transformers)`,
    );
  }
  await refuseChatTemplate(source);
  return await readJsonObject(source, "config.json");
}

/** The pipeline of a plain folder of a model for masked language modeling: its logits and a SpladePooling. */
export async function loadPlainSplade(source: ModelSource, onWarning: (message: string) => void): Promise<Pipeline> {
  const { architectures } = await readPlainConfig(source);
  const isMasked = Array.isArray(architectures) && architectures.some((name) => String(name).endsWith("ForMaskedLM"));
  if (!isMasked) {
    throw new HpdError(
      "unsupported",
      `${source.name} is a plain transformers folder whose architectures name no ...ForMaskedLM, got ` +
        `${describe(architectures)}: Python would put a new SparseAutoEncoder with random weights on it`,
    );
  }
  const settings: TransformerSettings = { ...plainSettings, task: "fill-mask" };
  const transformer = await loadMaskedTransformer(source, "", { settings, onWarning });
  const pooling = buildSpladePooling({}, source.name);
  return { input: transformerInput("", settings, transformer), modules: [transformer, pooling] };
}

/**
 * Refuses a chat template, into which Python would write the texts unless a sentence_bert_config.json says otherwise.
 *
 * @throws HpdError `unsupported`
 */
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

/** Whether the weights are those of a causal language model, whose last token has seen the whole text. */
function isCausal({ architectures, is_causal: causal = true }: JsonObject): boolean {
  const first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof first === "string" && first.endsWith("ForCausalLM") && Boolean(causal);
}

/** The class with a classification head that config.json names first; undefined for any other. */
export function classifierClass({ architectures }: JsonObject): string | undefined {
  const found: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof found === "string" && found.endsWith("ForSequenceClassification") ? found : undefined;
}

/**
 * Refuses a cross-encoder: its token embeddings are not trained for that, and Python would silently take their mean.
 */
function refuseClassifier(json: JsonObject, name: string): void {
  const found = classifierClass(json);
  if (found === undefined) return;
  throw new HpdError(
    "unsupported",
    `${name} is a ${found}: a cross-encoder or another classifier, not a model that embeds texts. Load it with ` +
      'CrossEncoder.load of "hpd/cross-encoder", or pass it to hpd search --rerank; to pool its token embeddings all the ' +
      "same, set `pooling`",
  );
}
