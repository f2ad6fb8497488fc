/** WebAssembly: operand types are checked by the compiler, and modules compute what their code says. */
import { expect, test } from "vitest";
import { sequence } from "../../src/wasm/code.ts";
import { forEach } from "../../src/wasm/for-each.ts";
import { f32, f32x4, f64, f64x2, i8x16, i32, lanesOf32Bits, local, v128 } from "../../src/wasm/instructions.ts";
import { wasmFunction, wasmModule } from "../../src/wasm/module.ts";

const { get, set } = local;

test("an operand of another type is an error of the compiler", () => {
  const address = { type: "i32", index: 0 } as const;
  const vector = { type: "v128", index: 1 } as const;
  const number = { type: "f32", index: 2 } as const;
  const mistakes = [
    // @ts-expect-error an address is no vector
    () => f32x4.add(get(vector), get(address)),
    // @ts-expect-error a vector is no address
    () => v128.load(get(vector)),
    // @ts-expect-error a lane of float32 is a float32
    () => f64.add(f32x4.extract_lane(get(vector), 0), f64x2.extract_lane(get(vector), 0)),
    // @ts-expect-error a vector is stored by v128.store
    () => f32.store(get(address), get(vector)),
    // @ts-expect-error a local keeps its type
    () => set(vector, get(number)),
    // @ts-expect-error a value that is left on the stack is no statement
    () => sequence([get(vector)]),
    // @ts-expect-error bytes without a type are no operand
    () => f32x4.splat([0x20, 2]),
    () =>
      wasmFunction({
        name: "sum",
        parameters: { x: "f32" },
        locals: {},
        result: "f64",
        // @ts-expect-error a function returns its result
        body: ({ x }) => get(x),
      }),
  ];
  for (const mistake of mistakes) expect(mistake).not.toThrow();
  // What they write is refused only when it is compiled, without a place.
  const body = f32x4.add(get(vector), get(address) as never);
  const module = wasmModule([{ name: "wrong", parameters: ["i32"], locals: ["v128"], result: "v128", body }], 1, false);
  expect(WebAssembly.validate(module)).toBe(false);
});

test("locals have the indices and types that they were declared with", () => {
  const dotProduct = wasmFunction({
    name: "dotProduct",
    parameters: { a: "i32", b: "i32", end: "i32", scale: "f32" },
    locals: { sum: "v128", halves: ["v128", "v128"], next: "i32", total: "f64" },
    result: "f64",
    body({ a, b, end, scale, sum, halves: [low, high], next, total }) {
      const products = f32x4.mul(f32x4.mul(v128.load(get(a)), v128.load(get(b))), f32x4.splat(get(scale)));
      const upper = i8x16.shuffle(get(sum), get(sum), lanesOf32Bits([2, 3, 0, 1]));
      return sequence(
        [
          set(next, i32.add(get(a), i32.const(0))),
          forEach(
            [
              [a, 16],
              [b, 16],
            ],
            end,
            set(sum, f32x4.add(get(sum), products)),
          ),
          set(low, f64x2.promote_low_f32x4(get(sum))),
          set(high, f64x2.promote_low_f32x4(upper)),
          set(low, f64x2.add(get(low), get(high))),
          set(total, f64.add(f64x2.extract_lane(get(low), 0), f64x2.extract_lane(get(low), 1))),
          f32.store(get(next), f32x4.extract_lane(get(sum), 0)),
        ],
        get(total),
      );
    },
  });
  expect(dotProduct.locals).toEqual(["v128", "v128", "v128", "i32", "f64"]);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const module = new WebAssembly.Module(wasmModule([dotProduct], 1, false));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const numbers = new Float32Array(memory.buffer);
  numbers.set([1, 2, 3, 4, 5, 6, 7, 8, 2, 2, 2, 2, 1, 1, 1, 1]);
  expect((exports.dotProduct as (...numbers: number[]) => number)(0, 32, 32, 0.5)).toBe(23);
  expect(numbers[0]).toBe((1 * 2 + 5 * 1) / 2);
});
