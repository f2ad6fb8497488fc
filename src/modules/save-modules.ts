/**
 * Writes modules as the files of a model folder, the inverse of `loadModules`: in the oldest format of
 * sentence-transformers that can express them, which all later versions read. Why:
 * docs/decisions/2026-11-25-saved-format.md. Source: `SentenceTransformer.save` of version 2.
 */

import type { JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { safetensorsParts } from "../formats/safetensors.ts";
import { toFloat16 } from "../tensor/convert.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { withFloats } from "./keys/float-keys.ts";
import { modelConfigName } from "./model-config.ts";
import type { Module, WeightDType } from "./module.ts";
import { pathIn } from "./read-json.ts";

/** The files of a model folder beside those of its modules. */
export interface ModelFiles {
  /** Files of the first module, unchanged: the tokenizer's, and sentence_bert_config.json. */
  readonly inputFiles: ReadonlyMap<string, Uint8Array>;
  /** The content of config_sentence_transformers.json: prompts, the similarity function. */
  readonly config: JsonObject;
}

/** The folder in which a module is saved: the first one in the model's root, others as `2_Dense`. */
export function moduleFolder({ type }: Module, index: number): string {
  return index === 0 ? "" : `${index}_${type}`;
}

/**
 * Paths and contents one by one, so that only one is in memory at a time; float32 weights in parts that are not copied.
 *
 * @throws HpdError `invalid_argument` naming a weight that is not finite, or that is too large for float16
 */
export function* savedFiles(
  modules: readonly Module[],
  { inputFiles, config }: ModelFiles,
  dtype: WeightDType,
): Generator<[path: string, contents: Uint8Array | readonly Uint8Array[]]> {
  yield* inputFiles;
  for (const [index, module] of modules.entries()) {
    const folder = moduleFolder(module, index);
    for (const [name, content] of Object.entries(module.configFiles())) {
      yield [pathIn(folder, name), json(content)];
    }
    const { tensors } = module.parameters;
    if (tensors.size === 0) continue;
    const type = isReadAsStored(module, modules) ? "float32" : dtype;
    const weights = new Map([...tensors].map(([name, tensor]) => [name, weight(pathIn(folder, name), tensor, type)]));
    // transformers refuses a file without its format.
    yield [pathIn(folder, "model.safetensors"), safetensorsParts(weights, { format: "pt" })];
  }
  yield [modelConfigName, json(config)];
  const entries = modules.map((module, index) => ({
    idx: index,
    name: String(index),
    path: moduleFolder(module, index),
    type: `sentence_transformers.models.${module.type}`,
  }));
  yield ["modules.json", json(entries)];
}

/**
 * Whether float16 is refused: Python computes with a StaticEmbedding in the element type of the file, which a Dense
 * refuses.
 */
function isReadAsStored(module: Module, modules: readonly Module[]): boolean {
  return module.type === "StaticEmbedding" && modules.some(({ type }) => type === "Dense");
}

function weight(
  name: string,
  { shape, data }: Tensor<"float32">,
  dtype: WeightDType,
): Tensor<"float32"> | Tensor<"float16"> {
  if (!data.every(Number.isFinite)) {
    throw new HpdError(
      "invalid_argument",
      `the weight ${name} should hold finite numbers, got NaN or infinity; it is not saved`,
    );
  }
  if (dtype === "float32") return { dtype, shape, data };
  const halves = toFloat16(data);
  const infinite = halves.findIndex((half) => (half & 0x7c00) === 0x7c00);
  if (infinite === -1) return { dtype, shape, data: halves };
  throw new HpdError(
    "invalid_argument",
    `the weight ${name} holds ${data[infinite]}, beyond the largest float16, 65,504: save float32`,
  );
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${withFloats(JSON.stringify(value, undefined, 2))}\n`);
}
