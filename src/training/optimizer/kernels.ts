/**
 * The optimizer's loops over dense parameters, in WebAssembly: five times as fast as in JavaScript, where they would
 * take more than a tenth of a step. All arithmetic is in float32, as in PyTorch.
 */

import { sequence } from "../../wasm/code.ts";
import { forEach } from "../../wasm/for-each.ts";
import { f32x4, f64, f64x2, i8x16, lanesOf32Bits, local, v128 } from "../../wasm/instructions.ts";
import { wasmFunction, wasmModule } from "../../wasm/module.ts";
import type { AdamWOptions, AdamWStep } from "./adamw.ts";

/** Addresses are in bytes from the start of the memory; counts are of elements, multiples of four. */
export interface Kernels {
  /** target += source */
  add(target: number, source: number, count: number): void;
  sumOfSquares(numbers: number, count: number): number;
  /** The same step as `adamW` in adamw.ts. */
  adamW(
    addresses: { parameters: number; first: number; second: number; gradients: number },
    count: number,
    options: Pick<AdamWOptions, "beta1" | "beta2">,
    step: AdamWStep,
  ): void;
}

export function createKernels(memory: WebAssembly.Memory): Kernels {
  const pages = memory.buffer.byteLength / 65_536;
  const module = new WebAssembly.Module(wasmModule([addFunction, squaresFunction, adamWFunction], pages));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const { add, squares, adamW } = exports as Record<string, (...numbers: number[]) => number>;
  return {
    add: (target, source, count) => void add!(target, source, target + 4 * count),
    sumOfSquares: (numbers, count) => squares!(numbers, numbers + 4 * count),
    adamW({ parameters, first, second, gradients }, count, { beta1, beta2 }, { factor, size, epsilon, decay }) {
      const end = parameters + 4 * count;
      const betas = [beta1, 1 - beta1, beta2, 1 - beta2];
      adamW!(parameters, first, second, gradients, end, factor, ...betas, epsilon, size, decay);
    },
  };
}

const { get, set } = local;
/** Bytes of a vector: four float32. */
const vectorBytes = 16;

const addFunction = wasmFunction({
  name: "add",
  parameters: { target: "i32", source: "i32", end: "i32" },
  locals: {},
  result: "nothing",
  body({ target, source, end }) {
    const sum = f32x4.add(v128.load(get(target)), v128.load(get(source)));
    const strides = [target, source].map((address) => [address, vectorBytes] as const);
    return forEach(strides, end, v128.store(get(target), sum));
  },
});

const squaresFunction = wasmFunction({
  name: "squares",
  parameters: { numbers: "i32", end: "i32" },
  locals: { four: "v128", low: "v128", high: "v128" },
  result: "f64",
  body({ numbers, end, four, low, high }) {
    const lowDoubles = f64x2.promote_low_f32x4(get(four));
    const highDoubles = f64x2.promote_low_f32x4(i8x16.shuffle(get(four), get(four), lanesOf32Bits([2, 3, 0, 1])));
    const loop = forEach(
      [[numbers, vectorBytes]],
      end,
      sequence([
        set(four, v128.load(get(numbers))),
        set(low, f64x2.add(get(low), f64x2.mul(lowDoubles, lowDoubles))),
        set(high, f64x2.add(get(high), f64x2.mul(highDoubles, highDoubles))),
      ]),
    );
    return sequence(
      [loop, set(low, f64x2.add(get(low), get(high)))],
      f64.add(f64x2.extract_lane(get(low), 0), f64x2.extract_lane(get(low), 1)),
    );
  },
});

const adamWFunction = wasmFunction({
  name: "adamW",
  parameters: {
    ...({ parameters: "i32", first: "i32", second: "i32", gradients: "i32", end: "i32" } as const),
    ...({ factor: "f32", beta1: "f32", rest1: "f32", beta2: "f32", rest2: "f32" } as const),
    ...({ epsilon: "f32", size: "f32", decay: "f32" } as const),
  },
  locals: { gradient: "v128", momentum: "v128", square: "v128", parameter: "v128" },
  result: "nothing",
  body({ parameters, first, second, gradients, end, gradient, momentum, square, parameter, ...scalars }) {
    const splat = (name: keyof typeof scalars) => f32x4.splat(get(scalars[name]));
    const times = f32x4.mul;
    const squared = times(get(gradient), get(gradient));
    const change = f32x4.div(times(splat("size"), get(momentum)), f32x4.add(f32x4.sqrt(get(square)), splat("epsilon")));
    return forEach(
      [parameters, first, second, gradients].map((address) => [address, vectorBytes] as const),
      end,
      sequence([
        set(gradient, times(v128.load(get(gradients)), splat("factor"))),
        set(momentum, f32x4.add(times(v128.load(get(first)), splat("beta1")), times(get(gradient), splat("rest1")))),
        set(square, f32x4.add(times(v128.load(get(second)), splat("beta2")), times(squared, splat("rest2")))),
        v128.store(get(first), get(momentum)),
        v128.store(get(second), get(square)),
        set(parameter, f32x4.sub(v128.load(get(parameters)), change)),
        // Not times 1 - decay: in float32 that is 1, or several percent off, for the usual decay of 1e-6.
        v128.store(get(parameters), f32x4.sub(get(parameter), times(get(parameter), splat("decay")))),
      ]),
    );
  },
});
