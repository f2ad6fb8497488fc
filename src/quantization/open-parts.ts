/** The parts of the model that is quantized. */
import { loadTokenizer } from "../encode/load-tokenizer.ts";
import { printWarning } from "../encode/print-warning.ts";
import { parsePrompts } from "../encode/prompts.ts";
import { HpdError } from "../errors.ts";
import type { ModelSource } from "../hub/model-source.ts";
import { requireTransformer, type TransformerInput } from "../modules/input-module.ts";
import { looksLikeCrossEncoder } from "../modules/load-cross-encoder.ts";
import { loadModules, onlyPipeline } from "../modules/load-modules.ts";
import { modelConfigName } from "../modules/model-config.ts";
import type { Module } from "../modules/module.ts";
import { QuantizedTensor } from "../tensor/quantized-tensor.ts";
import type { QuantizeOptions } from "./options.ts";

/** Tokens of a calibration text at most: attention to longer ones takes memory, and their numbers are no other. */
const maxTokens = 256;

/** The parts of a model. */
export interface Parts {
  readonly input: TransformerInput;
  readonly others: readonly Module[];
  readonly name: string;
  readonly prompts: readonly string[];
  readonly tokens: (text: string) => Int32Array;
  readonly padId: number;
}

/** @throws HpdError as `quantize` */
export async function openParts(source: ModelSource, options: QuantizeOptions): Promise<Parts> {
  const { pooling, onWarning = printWarning } = options;
  if (pooling === undefined && (await looksLikeCrossEncoder(source))) {
    throw new HpdError("unsupported", `${source.name} is a cross-encoder: only embedding models are quantized`);
  }
  const loaded = await loadModules(source, pooling, onWarning);
  const pipeline = onlyPipeline(loaded, source.name, "quantization");
  const input = requireTransformer(pipeline.input, source.name, "quantization");
  if ([...input.module.parameters.tensors.values()].some((tensor) => tensor instanceof QuantizedTensor)) {
    throw new HpdError("invalid_argument", `${source.name} is quantized already: give the model that it was made from`);
  }
  const { tokenizer, limits } = await loadTokenizer(source, input);
  const { texts, defaultName } = parsePrompts(loaded.config, `${source.name}/${modelConfigName}`);
  const prompts = [...new Set([defaultName === undefined ? "" : texts[defaultName]!, ...Object.values(texts)])];
  const length = Math.min(limits.sentence, maxTokens);
  return {
    input,
    others: pipeline.modules.slice(1),
    name: source.name,
    prompts,
    tokens: (text) => tokenizer.encode(text, length),
    padId: tokenizer.padId,
  };
}
