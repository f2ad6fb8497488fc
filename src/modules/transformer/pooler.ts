/**
 * transformers' `pooler_output`: tanh(W first token + b), which is a `cls` pooling and a Dense. SimCSE's teachers use
 * it. Source: `BertPooler`.
 */
import { HpdError } from "../../errors.ts";
import { buildDense } from "../dense.ts";
import type { Module } from "../module.ts";
import { Parameters } from "../parameters.ts";
import { buildPooling } from "../pooling.ts";
import { poolerParameters, type Transformer } from "./transformer.ts";

/** @throws HpdError `unsupported` where the architecture has no pooler; `invalid_model` where its weights are missing. */
export function poolerModules({ transformerConfig, parameters, prefix }: Transformer, name: string): Module[] {
  const { architecture, hiddenSize } = transformerConfig;
  if (!architecture.hasPooler) {
    throw new HpdError("unsupported", `${name}: a ${architecture.className} has no pooler`);
  }
  const [weight, bias] = poolerParameters.map((parameter) => prefix + parameter) as [string, string];
  const tensors = new Map([
    ["linear.weight", parameters.tensor(weight, [hiddenSize, hiddenSize])],
    ["linear.bias", parameters.tensor(bias, [hiddenSize])],
  ]);
  const config = {
    in_features: hiddenSize,
    out_features: hiddenSize,
    bias: true,
    activation_function: "torch.nn.modules.activation.Tanh",
  };
  return [
    buildPooling({ embeddingDimension: hiddenSize, modes: ["cls"], includePrompt: true }, name),
    buildDense(config, name, new Parameters(parameters.file, "2_Dense", tensors)),
  ];
}
