/**
 * The derivatives of the activations as ONNX operators; above each its formula. Where one is not defined it is what
 * PyTorch takes.
 */
import type { ElementwiseActivation } from "./activation.ts";
import { gaussianDistribution } from "./lower-activation.ts";
import type { OnnxEmitter } from "./onnx-emitter.ts";

type Lowering = (emit: OnnxEmitter, x: string) => string;

const derivatives: Record<ElementwiseActivation, Lowering> = {
  // 1 or exp(x)
  celu: (emit, x) => emit.op("Exp", [emit.op("Min", [x, emit.float(0)])]),
  // 1 or exp(x)
  elu: (emit, x) => emit.op("Exp", [emit.op("Min", [x, emit.float(0)])]),
  // P(x) + x p(x) with the normal distribution P and its density p(x) = exp(-x^2 / 2) / sqrt(2 pi)
  gelu: (emit, x) => {
    const power = emit.op("Exp", [emit.op("Mul", [emit.op("Mul", [x, emit.float(-0.5)]), x])]);
    const density = emit.op("Mul", [emit.op("Mul", [power, x]), emit.float(1 / Math.sqrt(2 * Math.PI))]);
    return emit.op("Add", [gaussianDistribution(emit, x), density]);
  },
  // (1 + t) / 2 + x (1 - t^2) u' / 2, with t = tanh u, u = c (x + 0.044715 x^3), c = sqrt(2 / pi)
  gelu_tanh: (emit, x) => {
    const c = Math.sqrt(2 / Math.PI);
    const square = emit.op("Mul", [x, x]);
    const inner = affine(emit, square, 0.044715 * c, c);
    const t = emit.op("Tanh", [emit.op("Mul", [x, inner])]);
    const slope = emit.op("Mul", [
      emit.op("Mul", [x, affine(emit, square, 3 * 0.044715 * c, c)]),
      oneMinusSquare(emit, t),
    ]);
    return affine(emit, emit.op("Add", [t, slope]), 0.5, 0.5);
  },
  // 1 where |x| > 0.5
  hardshrink: (emit, x) => emit.op("Sub", [emit.float(1), within(emit, x, -0.5, 0.5)]),
  // 1/6 inside (-3, 3)
  hardsigmoid: (emit, x) => emit.op("Mul", [inside(emit, x, -3, 3), emit.float(1 / 6)]),
  // 0, (2x + 3) / 6, 1
  hardswish: (emit, x) =>
    emit.op("Where", [
      emit.op("Less", [x, emit.float(3)]),
      emit.op("Mul", [affine(emit, x, 1 / 3, 1 / 2), step(emit, x, -3)]),
      emit.float(1),
    ]),
  // 1 inside (-1, 1)
  hardtanh: (emit, x) => inside(emit, x, -1, 1),
  // 1 or the slope
  leaky_relu: (emit, x) => twoSlopes(emit, x, 0.01),
  // sigmoid(-x)
  logsigmoid: (emit, x) => emit.op("Sigmoid", [emit.op("Neg", [x])]),
  // t + x (1 - t^2) sigmoid(x), with t = tanh(softplus(x))
  mish: (emit, x) => {
    const t = emit.op("Tanh", [emit.op("Softplus", [x])]);
    const slope = emit.op("Mul", [oneMinusSquare(emit, t), emit.op("Sigmoid", [x])]);
    return emit.op("Add", [t, emit.op("Mul", [x, slope])]);
  },
  // s (1 + a x (1 - s)), with s = sigmoid(a x), a = 1.702
  quick_gelu: (emit, x) => swishDerivative(emit, x, 1.702),
  // 1 where x > 0
  relu: (emit, x) => step(emit, x, 0),
  // 1 inside (0, 6)
  relu6: (emit, x) => inside(emit, x, 0, 6),
  // 1 or the mean of the slopes
  rrelu: (emit, x) => twoSlopes(emit, x, (1 / 8 + 1 / 3) / 2),
  // scale, or scale alpha exp(x)
  selu: (emit, x) => {
    const [alpha, scale] = [1.6732632423543772, 1.0507009873554805];
    const below = emit.op("Mul", [emit.op("Exp", [emit.op("Min", [x, emit.float(0)])]), emit.float(alpha * scale)]);
    return emit.op("Where", [emit.op("Greater", [x, emit.float(0)]), emit.float(scale), below]);
  },
  // s (1 - s)
  sigmoid: (emit, x) => {
    const s = emit.op("Sigmoid", [x]);
    return emit.op("Mul", [s, emit.op("Sub", [emit.float(1), s])]);
  },
  // s (1 + x (1 - s)), with s = sigmoid(x)
  silu: (emit, x) => swishDerivative(emit, x, 1),
  // sigmoid(x)
  softplus: (emit, x) => emit.op("Sigmoid", [x]),
  // 1 where |x| > 0.5
  softshrink: (emit, x) => emit.op("Sub", [emit.float(1), within(emit, x, -0.5, 0.5)]),
  // 1 / (1 + |x|)^2
  softsign: (emit, x) => {
    const size = emit.op("Add", [emit.op("Abs", [x]), emit.float(1)]);
    return emit.op("Reciprocal", [emit.op("Mul", [size, size])]);
  },
  // 1 - tanh(x)^2
  tanh: (emit, x) => oneMinusSquare(emit, emit.op("Tanh", [x])),
  // tanh(x)^2
  tanhshrink: (emit, x) => {
    const t = emit.op("Tanh", [x]);
    return emit.op("Mul", [t, t]);
  },
};

export function lowerActivationDerivative(emit: OnnxEmitter, kind: ElementwiseActivation, x: string): string {
  return derivatives[kind](emit, x);
}

/** s (1 + a x (1 - s)), with s = sigmoid(a x) */
function swishDerivative(emit: OnnxEmitter, x: string, a: number): string {
  const scaled = emit.op("Mul", [x, emit.float(a)]);
  const s = emit.op("Sigmoid", [scaled]);
  const rest = emit.op("Mul", [scaled, emit.op("Sub", [emit.float(1), s])]);
  return emit.op("Mul", [s, emit.op("Add", [rest, emit.float(1)])]);
}

/** factor x + offset */
function affine(emit: OnnxEmitter, x: string, factor: number, offset: number): string {
  return emit.op("Add", [emit.op("Mul", [x, emit.float(factor)]), emit.float(offset)]);
}

function oneMinusSquare(emit: OnnxEmitter, x: string): string {
  return emit.op("Sub", [emit.float(1), emit.op("Mul", [x, x])]);
}

/** 1 where x > threshold, else 0. */
function step(emit: OnnxEmitter, x: string, threshold: number): string {
  return number(emit, emit.op("Greater", [x, emit.float(threshold)]));
}

function twoSlopes(emit: OnnxEmitter, x: string, below: number): string {
  return emit.op("Where", [emit.op("Greater", [x, emit.float(0)]), emit.float(1), emit.float(below)]);
}

/** 1 where low < x < high, else 0. */
function inside(emit: OnnxEmitter, x: string, low: number, high: number): string {
  return number(
    emit,
    emit.op("And", [emit.op("Greater", [x, emit.float(low)]), emit.op("Less", [x, emit.float(high)])]),
  );
}

/** 1 where low <= x <= high, else 0. */
function within(emit: OnnxEmitter, x: string, low: number, high: number): string {
  return number(
    emit,
    emit.op("And", [emit.op("GreaterOrEqual", [x, emit.float(low)]), emit.op("LessOrEqual", [x, emit.float(high)])]),
  );
}

function number(emit: OnnxEmitter, condition: string): string {
  return emit.op("Cast", [condition], { to: { int: 1 } });
}
