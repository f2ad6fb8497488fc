/**
 * Activations as ONNX operators. Where ONNX has no operator of its own the formula stands beside it.
 * Source: the class documentation of `torch.nn`, with the default arguments.
 */
import type { Activation } from "./activation.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

const lowerings: Record<Activation, (emit: OnnxEmitter, x: string) => string> = {
  celu: (emit, x) => emit.op("Celu", [x]),
  elu: (emit, x) => emit.op("Elu", [x]),
  gelu: (emit, x) => emit.contributed("Gelu", [x]),
  gelu_tanh: (emit, x) => emit.contributed("FastGelu", [x]),
  // ONNX's own Shrink has other defaults: this is x where |x| > 0.5, else 0.
  hardshrink: (emit, x) => emit.op("Shrink", [x], { lambd: { float: 0.5 }, bias: { float: 0 } }),
  hardsigmoid: (emit, x) => emit.op("HardSigmoid", [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  hardswish: (emit, x) => emit.op("HardSwish", [x]),
  hardtanh: (emit, x) => emit.op("Clip", [x, emit.float(-1), emit.float(1)]),
  identity: (_, x) => x,
  leaky_relu: (emit, x) => emit.op("LeakyRelu", [x], { alpha: { float: 0.01 } }),
  log_softmax: (emit, x) => emit.op("LogSoftmax", [x], { axis: { int: -1 } }),
  // log sigmoid(x) = -softplus(-x)
  logsigmoid: (emit, x) => emit.op("Neg", [emit.op("Softplus", [emit.op("Neg", [x])])]),
  mish: (emit, x) => emit.op("Mish", [x]),
  quick_gelu: (emit, x) => emit.contributed("QuickGelu", [x], { alpha: { float: 1.702 } }),
  relu: (emit, x) => emit.op("Relu", [x]),
  relu6: (emit, x) => emit.op("Clip", [x, emit.float(0), emit.float(6)]),
  // With the mean of its random slopes, as torch does outside of training.
  rrelu: (emit, x) => emit.op("LeakyRelu", [x], { alpha: { float: (1 / 8 + 1 / 3) / 2 } }),
  selu: (emit, x) => emit.op("Selu", [x]),
  sigmoid: (emit, x) => emit.op("Sigmoid", [x]),
  silu: (emit, x) => emit.op("Mul", [x, emit.op("Sigmoid", [x])]),
  softmax: (emit, x) => emit.op("Softmax", [x], { axis: { int: -1 } }),
  softmin: (emit, x) => emit.op("Softmax", [emit.op("Neg", [x])], { axis: { int: -1 } }),
  softplus: (emit, x) => emit.op("Softplus", [x]),
  softshrink: (emit, x) => emit.op("Shrink", [x], { lambd: { float: 0.5 }, bias: { float: 0.5 } }),
  softsign: (emit, x) => emit.op("Softsign", [x]),
  tanh: (emit, x) => emit.op("Tanh", [x]),
  tanhshrink: (emit, x) => emit.op("Sub", [x, emit.op("Tanh", [x])]),
};

/** The normal distribution, (1 + erf(x / sqrt(2))) / 2; what is clipped lies between 0 and 1 anyway. */
export function gaussianDistribution(emit: OnnxEmitter, x: string): string {
  const error = emit.op("Erf", [emit.op("Mul", [x, emit.float(Math.SQRT1_2)])]);
  return emit.op("HardSigmoid", [error], { alpha: { float: 0.5 }, beta: { float: 0.5 } });
}

export function lowerActivation(emit: OnnxEmitter, kind: Activation, x: string): string {
  return lowerings[kind](emit, x);
}
