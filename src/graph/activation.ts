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
  "log_softmax",
  "logsigmoid",
  "mish",
  "quick_gelu",
  "relu",
  "relu6",
  "rrelu",
  "selu",
  "sigmoid",
  "silu",
  "softmax",
  "softmin",
  "softplus",
  "softshrink",
  "softsign",
  "tanh",
  "tanhshrink",
] as const;

export type Activation = (typeof activations)[number];

/** Activations that map each element by itself. */
export type ElementwiseActivation = Exclude<Activation, "identity" | "log_softmax" | "softmax" | "softmin">;
