/** The activations that a graph knows, under PyTorch's names of their functions. */

export const activations = [
  "celu",
  "elu",
  "gelu",
  "gelu_tanh",
  "hardshrink",
  "hardsigmoid",
  "hardswish",
  "hardtanh",
  "identity",
  "leaky_relu",
  "logsigmoid",
  "mish",
  "quick_gelu",
  "relu",
  "relu6",
  "selu",
  "sigmoid",
  "silu",
  "softplus",
  "softshrink",
  "softsign",
  "tanh",
  "tanhshrink",
] as const;

export type Activation = (typeof activations)[number];
