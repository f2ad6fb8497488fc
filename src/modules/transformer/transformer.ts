/**
 * The first module of every model here: a transformer encoder, from config.json and its weights.
 * Source: `sentence_transformers.models.Transformer`, transformers' `AutoModel`.
 */

import { firstFew } from "../../common/first-few.ts";
import type { JsonObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import type { Node } from "../../graph/node.ts";
import type { ModelSource } from "../../hub/model-source.ts";
import { type Checkpoint, openCheckpoint } from "../checkpoint.ts";
import { type Features, inputFeatures } from "../features.ts";
import type { Module } from "../module.ts";
import { oldName, type Parameters, readParameters } from "../parameters.ts";
import { pathIn, readJsonObject } from "../read-json.ts";
import { parseTransformerConfig, type TransformerConfig, withoutAliases } from "./config.ts";
import { buildEncoder } from "./encoder.ts";
import { Scope } from "./layers/scope.ts";
import type { TransformerSettings } from "./settings.ts";

export interface Transformer extends Module {
  /** What its config.json says. */
  readonly transformerConfig: TransformerConfig;
  /** Its config.json as it was read, with all that is of no use here, and with what its settings say instead. */
  readonly json: JsonObject;
  /** What stands before every weight's name in its checkpoint: `bert.` or nothing. */
  readonly prefix: string;
  withParameters(parameters: Parameters): Transformer;
}

/** transformers' `pooler_output` is made of them; Python's AutoModel wants them even where nothing uses them. */
export const poolerParameters = ["pooler.dense.weight", "pooler.dense.bias"] as const;

const firstParameter = "embeddings.word_embeddings.weight";

/** Weights that checkpoints carry and encoding has no use for: not worth a warning. */
const expectedExtras = /(^|\.)(position_ids|token_type_ids)$|^pooler\.(dense\.)?(weight|bias)$|^decoder\./;

/**
 * @param folder of the module inside the model
 * @param settings of the module
 * @param onWarning told of weights in the checkpoint that are not used
 * @param head asks the transformer's parameters for those of its head, which are then read too
 */
export async function loadTransformer(
  source: ModelSource,
  folder: string,
  settings: TransformerSettings,
  onWarning: (message: string) => void,
  head?: (transformer: Transformer) => void,
): Promise<Transformer> {
  const file = `${source.name}/${pathIn(folder, "config.json")}`;
  const json = withoutAliases(await readJsonObject(source, pathIn(folder, "config.json")), file, settings.config);
  refuseAdapter(source, folder);
  const config = parseTransformerConfig(json, file);
  const checkpoint = await openCheckpoint(source, folder);
  try {
    if (config.layers > checkpoint.tensors.size) {
      throw new HpdError(
        "invalid_model",
        `${file}: ${config.architecture.keys.layers} is ${config.layers}, ` +
          `but ${checkpoint.file} has only ${checkpoint.tensors.size} weights`,
      );
    }
    const ask = (recording: Parameters): void => {
      const transformer = buildTransformer(json, file, recording);
      transformer.build(inputFeatures());
      if (config.architecture.hasPooler) askForPooler(recording, transformer.prefix, config.hiddenSize);
      head?.(transformer);
    };
    const parameters = await readParameters(checkpoint, folder, ask, source.keepOpen === undefined ? "now" : "later");
    const transformer = buildTransformer(json, file, parameters);
    refuseDoubles(checkpoint, transformer);
    warnOfRounding(json, file, checkpoint, onWarning);
    warnOfExtras(checkpoint, transformer, onWarning);
    return transformer;
  } finally {
    if (source.keepOpen === undefined) await checkpoint.close();
    else source.keepOpen(checkpoint);
  }
}

/** @param file the config's, for messages */
export function buildTransformer(json: JsonObject, file: string, parameters: Parameters): Transformer {
  const config = parseTransformerConfig(json, file);
  const prefix = prefixOf(config, parameters.tensors);
  return {
    type: "Transformer",
    config: {
      architecture: config.architecture.className,
      layers: config.layers,
      hidden_size: config.hiddenSize,
      heads: config.heads,
      intermediate_size: config.intermediateSize,
      activation: config.activation,
    },
    parameters,
    transformerConfig: config,
    json: withoutAliases(json, file),
    prefix,
    build: (features) => ({ ...features, token_embeddings: buildTokens(config, parameters, prefix, features) }),
    withParameters: (others) => buildTransformer(json, file, others),
    configFiles: () => ({ "config.json": savedConfig(json, config) }),
  };
}

function buildTokens(config: TransformerConfig, parameters: Parameters, prefix: string, features: Features): Node {
  const { architecture, own } = config;
  if (architecture.family === undefined || own === undefined) {
    return buildEncoder(config, parameters, prefix, features);
  }
  return architecture.family.build(own, new Scope(parameters, prefix), features);
}

/**
 * Heads are not saved, so the class is the one without. The element type is that of the arithmetic, whatever the weights
 * are stored as: transformers 5 would else compute in float16 on a CPU, slowly, and with other vectors than ours.
 */
function savedConfig(json: JsonObject, { architecture }: TransformerConfig): JsonObject {
  const { torch_dtype: _oldName, ...rest } = json;
  return { ...rest, architectures: [architecture.className], dtype: "float32" };
}

function prefixOf({ architecture }: TransformerConfig, tensors: ReadonlyMap<string, unknown>): string {
  const { prefix, family } = architecture;
  const isThere =
    family === undefined
      ? tensors.has(prefix + firstParameter)
      : [...tensors.keys()].some((name) => name.startsWith(prefix));
  return isThere ? prefix : "";
}

/** Kept where it is there, for Python; the weights of a pooler are no part of the encoder. */
function askForPooler(parameters: Parameters, prefix: string, hiddenSize: number): void {
  for (const [index, name] of poolerParameters.entries()) {
    const shape = index === 0 ? [hiddenSize, hiddenSize] : [hiddenSize];
    if (parameters.tensors.has(prefix + name)) parameters.tensor(prefix + name, shape);
  }
}

/** An adapter changes the weights of the model that it lies in, or of another. */
function refuseAdapter(source: ModelSource, folder: string): void {
  const adapter = pathIn(folder, "adapter_config.json");
  if (!source.files.includes(adapter)) return;
  throw new HpdError(
    "unsupported",
    `${source.name}/${adapter}: the model has a PEFT adapter, and adapters are not known here. In Python, ` +
      "merge_and_unload() makes it part of the weights.",
  );
}

/** Refuses two weights for one parameter: which of its names wins is up to the version of transformers. */
function refuseDoubles({ file, tensors }: Checkpoint, { parameters, transformerConfig }: Transformer): void {
  const { prefix } = transformerConfig.architecture;
  for (const name of parameters.tensors.keys()) {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const names = new Set([bare, oldName(bare), prefix + bare, prefix + oldName(bare)]);
    const stored = [...names].filter((candidate) => tensors.has(candidate));
    if (stored.length < 2) continue;
    throw new HpdError("invalid_model", `${file}: there are two weights for one parameter: ${stored.join(", ")}`);
  }
}

/** Half precision is computed in float32, so only weights that Python would round give other embeddings. */
function warnOfRounding(
  { dtype, torch_dtype: oldDtype }: JsonObject,
  file: string,
  { tensors }: Checkpoint,
  onWarning: (message: string) => void,
): void {
  const asked = dtype ?? oldDtype;
  if (asked !== "float16" && asked !== "bfloat16") return;
  if (![...tensors.values()].some((stored) => stored.dtype === "float32")) return;
  onWarning(
    `${file}: dtype is ${asked}, to which Python rounds these weights of float32. They are taken as they are: the ` +
      "embeddings are more precise, and not quite Python's",
  );
}

/** Weights that a warning names. */
const mostShown = 8;

function warnOfExtras(
  checkpoint: Checkpoint,
  { parameters, prefix }: Transformer,
  onWarning: (message: string) => void,
): void {
  const used = [...parameters.tensors.keys()];
  const usedNames = new Set([...used, ...used.map(oldName)]);
  const extras = [...checkpoint.tensors.keys()].filter(
    (name) => !usedNames.has(name) && !expectedExtras.test(name.startsWith(prefix) ? name.slice(prefix.length) : name),
  );
  if (extras.length === 0) return;
  onWarning(`${checkpoint.file}: weights that are not used: ${firstFew(extras, mostShown)}`);
}
