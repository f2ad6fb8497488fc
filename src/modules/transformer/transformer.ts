/**
 * The first module of every model here: a transformer encoder, from config.json and its weights.
 * Source: `sentence_transformers.models.Transformer`, transformers' `AutoModel`.
 */

import { firstFew } from "../../common/first-few.ts";
import type { JsonObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import type { ModelSource } from "../../hub/model-source.ts";
import { type Checkpoint, openCheckpoint } from "../checkpoint.ts";
import { inputFeatures } from "../features.ts";
import type { Module } from "../module.ts";
import { oldName, type Parameters, readParameters } from "../parameters.ts";
import { isOfQuantized } from "../quantized-weights.ts";
import { pathIn, readJsonObject } from "../read-json.ts";
import { parseTransformerConfig, type TransformerConfig } from "./config.ts";
import { Scope } from "./layers/scope.ts";
import type { TransformerSettings } from "./settings.ts";

export interface Transformer extends Module {
  /** The parsed config.json. */
  readonly transformerConfig: TransformerConfig;
  /** Weights by their names without the family's prefix. */
  readonly scope: Scope;
  withParameters(parameters: Parameters): Transformer;
}

/** Weights that checkpoints carry but encoding does not use: not worth a warning. */
const expectedExtras = /(^|\.)(position_ids|token_type_ids)$|^pooler\.(dense\.)?(weight|bias)$|^(decoder|lm_head)\./;

export interface LoadTransformerOptions {
  /** Settings of the module. */
  readonly settings: TransformerSettings;
  /** Called with weights in the checkpoint that are not used. */
  readonly onWarning: (message: string) => void;
  /** Requests the parameters of a head from the transformer's, so that they are read too. */
  readonly head?: (transformer: Transformer) => void;
}

/** Loads a transformer. @param folder of the module inside the model */
export async function loadTransformer(
  source: ModelSource,
  folder: string,
  { settings, onWarning, head }: LoadTransformerOptions,
): Promise<Transformer> {
  const file = `${source.name}/${pathIn(folder, "config.json")}`;
  const json = await readJsonObject(source, pathIn(folder, "config.json"));
  refuseAdapter(source, folder);
  const config = parseTransformerConfig(json, file, settings.config);
  const { family, parsed } = config;
  const checkpoint = await openCheckpoint(source, folder);
  try {
    if (parsed.layers > checkpoint.tensors.size) {
      throw new HpdError(
        "invalid_model",
        `${file}: ${family.layersKey} is ${parsed.layers}, ` +
          `but ${checkpoint.file} has only ${checkpoint.tensors.size} weights`,
      );
    }
    const request = (recording: Parameters): void => {
      const transformer = buildTransformer(config, recording);
      transformer.build(inputFeatures());
      requestPooler(transformer);
      head?.(transformer);
    };
    const parameters = await readParameters(
      checkpoint,
      folder,
      request,
      source.keepOpen === undefined ? "now" : "later",
    );
    const transformer = buildTransformer(config, parameters);
    refuseDoubles(checkpoint, transformer);
    warnOfRounding(config, checkpoint, onWarning);
    warnOfExtras(checkpoint, transformer, onWarning);
    return transformer;
  } finally {
    if (source.keepOpen === undefined) await checkpoint.close();
    else source.keepOpen(checkpoint);
  }
}

export function buildTransformer(config: TransformerConfig, parameters: Parameters): Transformer {
  const { family, parsed } = config;
  // A checkpoint with a head has the family's prefix before all names but those of the head.
  const names = [...parameters.tensors.keys()];
  const hasPrefix = 2 * names.filter((name) => name.startsWith(family.prefix)).length > names.length;
  const scope = new Scope(parameters, hasPrefix ? family.prefix : "");
  return {
    type: "Transformer",
    config: {
      architecture: family.className,
      layers: parsed.layers,
      hidden_size: parsed.hiddenSize,
      heads: parsed.heads,
      intermediate_size: parsed.intermediateSize,
      activation: parsed.activation,
    },
    parameters,
    transformerConfig: config,
    scope,
    build: (features) => ({ ...features, token_embeddings: family.build(parsed, scope, features) }),
    ...(family.layerPattern !== undefined && {
      depth: {
        layers: parsed.layers,
        build: (features, layers) => ({
          ...features,
          token_embeddings: family.build({ ...parsed, layers }, scope, features),
        }),
      },
    }),
    withParameters: (others) => buildTransformer(config, others),
    configFiles: () => ({ "config.json": savedConfig(config) }),
  };
}

/**
 * The config.json of a saved transformer. Its class is the one without a head, since heads are not saved. Its element
 * type is that of the arithmetic, not of the stored weights: transformers 5 would else compute in float16 on a CPU,
 * slowly, and with other embeddings. `auto_map` is dropped where Python has a class of its own: custom code knows other
 * keys, and may not be saved with the weights.
 */
export function savedConfig({ json, family }: TransformerConfig): JsonObject {
  const isOnlyOne = family.ownCode?.isOnlyOne ?? false;
  const kept = Object.entries(json).filter(([key]) => key !== "torch_dtype" && (isOnlyOne || key !== "auto_map"));
  return { ...Object.fromEntries(kept), architectures: [family.className], dtype: "float32" };
}

/** Requests the pooler's weights if there are any: no part of the encoder, but saved for Python. */
function requestPooler({ scope, transformerConfig }: Transformer): void {
  const { family, parsed } = transformerConfig;
  if (family.pooler === undefined) return;
  const pooler = scope.at(family.pooler);
  if (pooler.has("weight")) pooler.get("weight", [parsed.hiddenSize, parsed.hiddenSize]);
  if (pooler.has("bias")) pooler.get("bias", [parsed.hiddenSize]);
}

/** Refuses a PEFT adapter, which changes the weights. */
function refuseAdapter(source: ModelSource, folder: string): void {
  const adapter = pathIn(folder, "adapter_config.json");
  if (!source.files.includes(adapter)) return;
  throw new HpdError(
    "unsupported",
    `${source.name}/${adapter}: PEFT adapters are not supported; merge it into the weights in Python with ` +
      "merge_and_unload()",
  );
}

/** Refuses two weights for one parameter: which one is used depends on the version of transformers. */
function refuseDoubles({ file, tensors }: Checkpoint, { parameters, transformerConfig }: Transformer): void {
  const { prefix } = transformerConfig.family;
  for (const name of parameters.tensors.keys()) {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const names = new Set([bare, oldName(bare), prefix + bare, prefix + oldName(bare)]);
    const stored = [...names].filter((candidate) => tensors.has(candidate));
    if (stored.length < 2) continue;
    throw new HpdError("invalid_model", `${file}: there are two weights for one parameter: ${stored.join(", ")}`);
  }
}

/**
 * Warns of float32 weights that Python would round to half precision; half-precision weights are computed in float32.
 */
function warnOfRounding(
  { json: { dtype, torch_dtype: oldDtype }, file }: TransformerConfig,
  { tensors }: Checkpoint,
  onWarning: (message: string) => void,
): void {
  const asked = dtype ?? oldDtype;
  if (asked !== "float16" && asked !== "bfloat16") return;
  if (![...tensors.values()].some((stored) => stored.dtype === "float32")) return;
  onWarning(
    `${file}: dtype is ${asked}, to which Python rounds these weights of float32. They are not rounded here: the ` +
      "embeddings are more precise than Python's and differ slightly",
  );
}

/** Maximum number of weights that a warning names. */
const maxShown = 8;

function warnOfExtras(
  checkpoint: Checkpoint,
  { parameters, scope }: Transformer,
  onWarning: (message: string) => void,
): void {
  const used = [...parameters.tensors.keys()];
  const usedNames = new Set([...used, ...used.map(oldName)]);
  const extras = [...checkpoint.tensors.keys()].filter(
    (name) =>
      !usedNames.has(name) &&
      !isOfQuantized(name, usedNames) &&
      !expectedExtras.test(name.startsWith(scope.prefix) ? name.slice(scope.prefix.length) : name),
  );
  if (extras.length === 0) return;
  onWarning(`${checkpoint.file}: weights that are not used: ${firstFew(extras, maxShown)}`);
}
