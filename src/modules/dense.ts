/**
 * A linear layer with an activation, such as the one that brings a student to its output dimension.
 * Source: `sentence_transformers.models.Dense`. Unlike Python, an activation that is not known is refused: there it
 * becomes Tanh with a warning.
 */

import { describe, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { Activation } from "../graph/activation.ts";
import { activation, add, linear } from "../graph/build.ts";
import { featureNames } from "./features.ts";
import { type Module, requireFeature } from "./module.ts";
import type { Parameters } from "./parameters.ts";
import { boolean, positiveInteger } from "./read-json.ts";
import { torchClass } from "./torch-class.ts";

/** Classes of torch.nn, all with their default arguments. */
const activationOfClass: Readonly<Record<string, Activation>> = {
  CELU: "celu",
  ELU: "elu",
  GELU: "gelu",
  Hardshrink: "hardshrink",
  Hardsigmoid: "hardsigmoid",
  Hardswish: "hardswish",
  Hardtanh: "hardtanh",
  Identity: "identity",
  LeakyReLU: "leaky_relu",
  LogSigmoid: "logsigmoid",
  LogSoftmax: "log_softmax",
  Mish: "mish",
  ReLU: "relu",
  ReLU6: "relu6",
  RReLU: "rrelu",
  SELU: "selu",
  Sigmoid: "sigmoid",
  SiLU: "silu",
  Softmax: "softmax",
  Softmin: "softmin",
  Softplus: "softplus",
  Softshrink: "softshrink",
  Softsign: "softsign",
  Tanh: "tanh",
  Tanhshrink: "tanhshrink",
};

/** The settings of the Denses that this library makes, beside their dimensions. */
export const denseSettings = {
  /** Python's default. */
  tanh: { bias: true, activation_function: "torch.nn.modules.activation.Tanh" },
  /** A matrix alone. */
  projection: { bias: false, activation_function: "torch.nn.modules.linear.Identity" },
} as const;

/** The config of a Dense from `inputs` to `outputs` dimensions. */
export function denseConfig(inputs: number, outputs: number, kind: keyof typeof denseSettings): JsonObject {
  return { in_features: inputs, out_features: outputs, ...denseSettings[kind] };
}

export function buildDense(config: JsonObject, file: string, parameters: Parameters): Module {
  const inFeatures = positiveInteger(config, "in_features", file);
  const outFeatures = positiveInteger(config, "out_features", file);
  const hasBias = boolean(config, "bias", file, true);
  const { activation_function: activationClass = denseSettings.tanh.activation_function } = config;
  const kind = activationOf(activationClass, file);
  const { input: inputName, output: outputName } = featureNames(config, file);
  const useResidual = boolean(config, "use_residual", file, false);
  const weight = parameters.get("linear.weight", [outFeatures, inFeatures]);
  const bias = hasBias ? parameters.get("linear.bias", [outFeatures]) : undefined;
  const residual =
    useResidual && inFeatures !== outFeatures
      ? parameters.get("residual.weight", [outFeatures, inFeatures])
      : undefined;
  const shown = {
    in_features: inFeatures,
    out_features: outFeatures,
    bias: hasBias,
    activation_function: activationClass,
  };
  return {
    type: "Dense",
    config: shown,
    parameters,
    build(features) {
      const x = requireFeature("Dense", features, inputName);
      const out = activation(linear(x, weight, bias), kind);
      const shortcut = residual === undefined ? x : linear(x, residual);
      return { ...features, [outputName]: useResidual ? add(out, shortcut) : out };
    },
    withParameters: (others) => buildDense(config, file, others),
    configFiles: () => ({
      // Older versions refuse keys that they don't know.
      "config.json": {
        ...shown,
        ...(inputName === "sentence_embedding" ? {} : { module_input_name: inputName }),
        ...(outputName === inputName ? {} : { module_output_name: outputName }),
        ...(useResidual ? { use_residual: true } : {}),
      },
    }),
  };
}

function activationOf(path: unknown, file: string): Activation {
  const name = torchClass(path);
  const kind = name !== undefined && Object.hasOwn(activationOfClass, name) ? activationOfClass[name] : undefined;
  if (kind !== undefined) return kind;
  throw new HpdError(
    "unsupported",
    `${file}: activation_function ${describe(path)} is not known; known are the classes of torch.nn ` +
      `${Object.keys(activationOfClass).join(", ")}`,
  );
}
