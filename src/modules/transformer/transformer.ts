/**
 * The first module of every model here: a transformer encoder, from config.json and its weights.
 * Source: `sentence_transformers.models.Transformer`, transformers' `AutoModel`.
 */
import { HpdError } from "../../errors.ts";
import { activation, linear, pool } from "../../graph/build.ts";
import type { Node } from "../../graph/node.ts";
import type { ModelSource } from "../../hub/model-source.ts";
import { type Checkpoint, openCheckpoint } from "../checkpoint.ts";
import type { Features } from "../features.ts";
import type { Module } from "../module.ts";
import { oldName, type Parameters, readParameters } from "../parameters.ts";
import { pathIn, readJsonObject } from "../read-json.ts";
import { parseTransformerConfig, type TransformerConfig } from "./config.ts";
import { buildEncoder, encoderParameterNames } from "./encoder.ts";

export interface Transformer extends Module {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  /** transformers' `pooler_output`, as a module that writes the sentence embedding. SimCSE's teachers use it. */
  readonly pooler: Module;
}

const poolerParameters = ["pooler.dense.weight", "pooler.dense.bias"];

/** Weights that checkpoints carry and encoding has no use for: not worth a warning. */
const expectedExtras = /(^|\.)(position_ids|token_type_ids)$|^pooler\.dense\./;

/**
 * @param folder of the module inside the model
 * @param onWarning told of weights in the checkpoint that are not used
 */
export async function loadTransformer(
  source: ModelSource,
  folder: string,
  needsPooler: boolean,
  onWarning: (message: string) => void,
): Promise<Transformer> {
  const configFile = pathIn(folder, "config.json");
  const config = parseTransformerConfig(await readJsonObject(source, configFile), `${source.name}/${configFile}`);
  if (needsPooler && !config.architecture.hasPooler) {
    throw new HpdError("unsupported", `${source.name}: a ${config.architecture.className} has no pooler`);
  }
  const checkpoint = await openCheckpoint(source, folder);
  try {
    // Before a name is made for each weight of each layer.
    if (config.layers > checkpoint.tensors.size) {
      throw new HpdError(
        "invalid_model",
        `${source.name}/${configFile}: ${config.architecture.keys.layers} is ${config.layers}, ` +
          `but ${checkpoint.file} has only ${checkpoint.tensors.size} weights`,
      );
    }
    const { prefix } = config.architecture;
    const first = "embeddings.word_embeddings.weight";
    const usedPrefix = checkpoint.tensors.has(prefix + first) ? prefix : "";
    const names = [...encoderParameterNames(config), ...(needsPooler ? poolerParameters : [])].map(
      (name) => usedPrefix + name,
    );
    warnOfExtras(checkpoint, usedPrefix, names, onWarning);
    return buildTransformer(config, await readParameters(checkpoint, names), usedPrefix);
  } finally {
    await checkpoint.close();
  }
}

function buildTransformer(config: TransformerConfig, parameters: Parameters, prefix: string): Transformer {
  const { architecture, hiddenSize } = config;
  return {
    type: "Transformer",
    config: {
      architecture: architecture.className,
      layers: config.layers,
      hidden_size: hiddenSize,
      heads: config.heads,
      intermediate_size: config.intermediateSize,
      activation: config.activation,
    },
    parameterCount: parameters.count,
    vocabularySize: config.vocabularySize,
    hiddenSize,
    build: (features) => ({ ...features, token_embeddings: buildEncoder(config, parameters, prefix, features) }),
    pooler: {
      type: "Pooler",
      config: {},
      parameterCount: 0,
      build: (features) => ({ ...features, sentence_embedding: buildPooler(config, parameters, prefix, features) }),
    },
  };
}

/** tanh(W first token + b). Source: `BertPooler`. */
function buildPooler(
  { hiddenSize }: TransformerConfig,
  parameters: Parameters,
  prefix: string,
  features: Features,
): Node {
  const mask = features.attention_mask;
  const first = pool(features.token_embeddings!, mask, mask, "cls");
  const weight = parameters.get(`${prefix}pooler.dense.weight`, [hiddenSize, hiddenSize]);
  const bias = parameters.get(`${prefix}pooler.dense.bias`, [hiddenSize]);
  return activation(linear(first, weight, bias), "tanh");
}

function warnOfExtras(
  checkpoint: Checkpoint,
  prefix: string,
  used: readonly string[],
  onWarning: (message: string) => void,
): void {
  const usedNames = new Set([...used, ...used.map(oldName)]);
  const extras = [...checkpoint.tensors.keys()].filter(
    (name) => !usedNames.has(name) && !expectedExtras.test(name.startsWith(prefix) ? name.slice(prefix.length) : name),
  );
  if (extras.length === 0) return;
  const shown = extras.slice(0, 8).join(", ");
  const more = extras.length > 8 ? ` and ${extras.length - 8} more` : "";
  onWarning(`${checkpoint.file}: weights that are not used: ${shown}${more}`);
}
