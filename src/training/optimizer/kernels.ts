/**
 * The loops over all numbers of a model, in WebAssembly: five times as fast as in JavaScript, where the optimizer would
 * cost more than a tenth of a step. Each number is computed in float32, as PyTorch does.
 */

import {
  addDoubles,
  addFloats,
  divideFloats,
  forEachFour,
  get,
  highDoubles,
  load,
  lowDoubles,
  multiplyDoubles,
  multiplyFloats,
  repeated,
  rootOfFloats,
  set,
  store,
  subtractFloats,
  sumOfDoubles,
  type WasmFunction,
  wasmModule,
} from "../../wasm/wasm-code.ts";
import type { AdamWOptions } from "./adamw.ts";

/** Addresses are in bytes from the start of the memory; counts are of numbers, in fours. */
export interface Kernels {
  /** target += source */
  add(target: number, source: number, count: number): void;
  sumOfSquares(numbers: number, count: number): number;
  /** As `adamW` in adamw.ts. */
  adamW(
    addresses: { parameters: number; first: number; second: number; gradients: number },
    count: number,
    options: AdamWOptions,
    step: { factor: number; size: number; decay: number },
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
    adamW({ parameters, first, second, gradients }, count, { beta1, beta2, epsilon }, { factor, size, decay }) {
      const end = parameters + 4 * count;
      const betas = [beta1, 1 - beta1, beta2, 1 - beta2];
      adamW!(parameters, first, second, gradients, end, factor, ...betas, epsilon, size, decay);
    },
  };
}

const addFunction: WasmFunction = (() => {
  const [target, source, end] = [0, 1, 2] as const;
  const sum = addFloats(load(get(target)), load(get(source)));
  const body = forEachFour([target, source], end, store(get(target), sum));
  return { name: "add", addresses: 3, floats: 0, vectors: 0, returns: "nothing", body };
})();

const squaresFunction: WasmFunction = (() => {
  const [numbers, end, four, low, high] = [0, 1, 2, 3, 4] as const;
  const square = (x: readonly number[]) => multiplyDoubles(x, x);
  const body = forEachFour([numbers], end, [
    ...set(four, load(get(numbers))),
    ...set(low, addDoubles(get(low), square(lowDoubles(get(four))))),
    ...set(high, addDoubles(get(high), square(highDoubles(get(four))))),
  ]);
  const total = [...set(low, addDoubles(get(low), get(high))), ...sumOfDoubles(get(low))];
  return { name: "squares", addresses: 2, floats: 0, vectors: 3, returns: "float64", body: [...body, ...total] };
})();

const adamWFunction: WasmFunction = (() => {
  const [parameters, first, second, gradients, end] = [0, 1, 2, 3, 4] as const;
  const [factor, beta1, rest1, beta2, rest2, epsilon, size, decay] = [5, 6, 7, 8, 9, 10, 11, 12].map((local) =>
    repeated(get(local)),
  ) as [number[], number[], number[], number[], number[], number[], number[], number[]];
  const [gradient, momentum, square, parameter] = [13, 14, 15, 16] as const;
  const squared = multiplyFloats(get(gradient), get(gradient));
  const change = divideFloats(multiplyFloats(size, get(momentum)), addFloats(rootOfFloats(get(square)), epsilon));
  const body = forEachFour([parameters, first, second, gradients], end, [
    ...set(gradient, multiplyFloats(load(get(gradients)), factor)),
    ...set(momentum, addFloats(multiplyFloats(load(get(first)), beta1), multiplyFloats(get(gradient), rest1))),
    ...set(square, addFloats(multiplyFloats(load(get(second)), beta2), multiplyFloats(squared, rest2))),
    ...store(get(first), get(momentum)),
    ...store(get(second), get(square)),
    ...set(parameter, subtractFloats(load(get(parameters)), change)),
    // Not times 1 - decay: in float32 that is 1, or several percent off, for the usual decay of 1e-6.
    ...store(get(parameters), subtractFloats(get(parameter), multiplyFloats(get(parameter), decay))),
  ]);
  return { name: "adamW", addresses: 5, floats: 8, vectors: 4, returns: "nothing", body };
})();
