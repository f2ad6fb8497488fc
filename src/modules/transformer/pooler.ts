/**
 * transformers' `pooler_output`: tanh(W first token + b), a `cls` pooling and a Dense. SimCSE models use it.
 * Source: `BertPooler`.
 */
import { HpdError } from "../../errors.ts";
import { buildDense, denseConfig } from "../dense.ts";
import type { Module } from "../module.ts";
import { Parameters } from "../parameters.ts";
import { buildPooling } from "../pooling.ts";
import type { Transformer } from "./transformer.ts";

/**
 * The pooler as modules.
 *
 * @throws HpdError `unsupported` where the family has no pooler; `invalid_model` where its weights are missing.
 */
export function poolerModules({ transformerConfig, parameters, scope }: Transformer, name: string): Module[] {
  const { family, parsed } = transformerConfig;
  if (family.pooler === undefined) {
    throw new HpdError("unsupported", `${name}: a ${family.className} has no pooler`);
  }
  const { hiddenSize } = parsed;
  const { prefix } = scope.at(family.pooler);
  const tensors = new Map([
    ["linear.weight", parameters.tensor(`${prefix}weight`, [hiddenSize, hiddenSize])],
    ["linear.bias", parameters.tensor(`${prefix}bias`, [hiddenSize])],
  ]);
  const config = denseConfig(hiddenSize, hiddenSize, "tanh");
  return [
    buildPooling({ embeddingDimension: hiddenSize, modes: ["cls"], includePrompt: true }, name),
    buildDense(config, name, new Parameters(parameters.file, "2_Dense", tensors)),
  ];
}
