/**
 * Functions and modules of WebAssembly.
 * Source: WebAssembly Core Specification 2.0, binary format of modules.
 */
import type { OwnBytes } from "../common/own-bytes.ts";
import { type Code, type Local, unsigned, type ValueType } from "./code.ts";

/** Variables by name, in order: one, or several of a kind as a list. */
export type Variables = Readonly<Record<string, ValueType | readonly ValueType[]>>;

type LocalsOfTypes<Types extends readonly ValueType[]> = { readonly [At in keyof Types]: Local<Types[At]> };

/** The locals of variables, as a body uses them. */
export type LocalsOf<V extends Variables> = {
  readonly [Name in keyof V]: V[Name] extends ValueType
    ? Local<V[Name]>
    : V[Name] extends readonly ValueType[]
      ? LocalsOfTypes<V[Name]>
      : never;
};

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  /** Zero when the function begins. */
  readonly locals: readonly ValueType[];
  readonly result: ValueType | undefined;
  readonly body: readonly number[];
}

/**
 * A function of named variables.
 *
 * @param declaration.body makes the code from the parameters and locals; what it leaves on the stack is the result
 */
export function wasmFunction<
  const Parameters extends Variables,
  const Locals extends Variables,
  Result extends ValueType | "nothing",
>(declaration: {
  readonly name: string;
  readonly parameters: Parameters;
  readonly locals: Locals;
  readonly result: Result;
  body(variables: LocalsOf<Parameters> & LocalsOf<Locals>): Code<NoInfer<Result>>;
}): WasmFunction {
  const { name, result } = declaration;
  const parameters = Object.values(declaration.parameters).flat();
  const locals = Object.values(declaration.locals).flat();
  let index = 0;
  const next = (type: ValueType): Local<ValueType> => ({ type, index: index++ });
  const variables = Object.fromEntries(
    Object.entries({ ...declaration.parameters, ...declaration.locals }).map(([key, type]) => [
      key,
      typeof type === "string" ? next(type) : type.map(next),
    ]),
  );
  const body = declaration.body(variables as LocalsOf<Parameters> & LocalsOf<Locals>);
  return { name, parameters, locals, result: result === "nothing" ? undefined : result, body };
}

const typeBytes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/**
 * A module that exports the functions and imports its memory as `env.memory`.
 *
 * @param pages maximum of the memory, in 64 KiB
 * @param isShared whether the memory is shared; browsers allow that only in pages isolated from other origins
 */
export function wasmModule(functions: readonly WasmFunction[], pages: number, isShared = true): OwnBytes {
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...vector(parameters.map((type) => [typeBytes[type]])),
    ...vector(result === undefined ? [] : [[typeBytes[result]]]),
  ]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(runsOf(locals)), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, [[...text("env"), ...text("memory"), 0x02, isShared ? 0x03 : 0x01, 0, ...unsigned(pages)]]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]),
    ),
    ...section(10, bodies),
  ]);
}

/** Declarations of locals: neighbours of one type as their number and the type. */
function runsOf(locals: readonly ValueType[]): number[][] {
  const starts = locals.flatMap((type, index) => (type === locals[index - 1] ? [] : [index]));
  return starts.map((start, run) => [
    ...unsigned((starts[run + 1] ?? locals.length) - start),
    typeBytes[locals[start]!],
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const content = vector(entries);
  return [id, ...unsigned(content.length), ...content];
}

function vector(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function text(name: string): number[] {
  return vector([...new TextEncoder().encode(name)].map((byte) => [byte]));
}
