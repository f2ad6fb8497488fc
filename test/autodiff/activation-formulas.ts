/** The activations in float64, as the documentation of `torch.nn` and transformers' `ACT2FN` says them. */
import type { ElementwiseActivation } from "../../src/graph/activation.ts";
import { erf } from "./float64.ts";

const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.log1p(Math.exp(x));
const exponential = (x: number) => (x > 0 ? x : Math.expm1(x));

export const activationFormulas: Record<ElementwiseActivation, (x: number) => number> = {
  celu: exponential,
  elu: exponential,
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  gelu_tanh: (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
  hardshrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
  hardsigmoid: (x) => clamp(x / 6 + 0.5, 0, 1),
  hardswish: (x) => (x * clamp(x + 3, 0, 6)) / 6,
  hardtanh: (x) => clamp(x, -1, 1),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  logsigmoid: (x) => -softplus(-x),
  mish: (x) => x * Math.tanh(softplus(x)),
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  relu: (x) => Math.max(x, 0),
  relu6: (x) => clamp(x, 0, 6),
  rrelu: (x) => (x > 0 ? x : (x * (1 / 8 + 1 / 3)) / 2),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  sigmoid,
  silu: (x) => x * sigmoid(x),
  softplus,
  softshrink: (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0),
  softsign: (x) => x / (1 + Math.abs(x)),
  tanh: Math.tanh,
  tanhshrink: (x) => x - Math.tanh(x),
};
