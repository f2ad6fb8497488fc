/** The one loop that all functions here are made of. */
import { type Code, code, type Local } from "./code.ts";
import { i32, local } from "./instructions.ts";

/** An address that moves on, and by how many bytes each time. */
export type Stride = readonly [address: Local<"i32">, bytes: number];

/** Repeats the body, moving the addresses on after it, while the first of them is below `end`. */
export function forEach(strides: readonly Stride[], end: Local<"i32">, body: Code<"nothing">): Code<"nothing"> {
  const [[first]] = strides as readonly [Stride];
  const [block, loop, brIf, br, endOfBlock, noResult] = [0x02, 0x03, 0x0d, 0x0c, 0x0b, 0x40] as const;
  return code(
    [block, noResult, loop, noResult],
    i32.ge_u(local.get(first), local.get(end)),
    [brIf, 1],
    body,
    ...strides.map(([address, bytes]) => local.set(address, i32.add(local.get(address), i32.const(bytes)))),
    [br, 0, endOfBlock, endOfBlock],
  );
}
