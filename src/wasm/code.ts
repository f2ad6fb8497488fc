/**
 * Code of WebAssembly as bytes, with the type of what it leaves on the operand stack. An operand of the wrong type is
 * an error of the compiler; at run time there is nothing but the bytes.
 * Source: WebAssembly Core Specification 2.0, binary format.
 */

export type ValueType = "i32" | "f32" | "f64" | "v128";

declare const operand: unique symbol;

/** Instructions that leave one operand of type `T` on the stack, or nothing. */
export type Code<T extends ValueType | "nothing"> = readonly number[] & { readonly [operand]: T };

/** Bytes whose effect on the stack is what the caller says. */
export function code<T extends ValueType | "nothing">(...parts: readonly (readonly number[])[]): Code<T> {
  return parts.flat() as readonly number[] as Code<T>;
}

/** Statements in order and, where one is given, the operand that the whole leaves on the stack. */
export function sequence(statements: readonly Code<"nothing">[]): Code<"nothing">;
export function sequence<T extends ValueType>(statements: readonly Code<"nothing">[], result: Code<T>): Code<T>;
export function sequence(statements: readonly Code<"nothing">[], result: readonly number[] = []): Code<never> {
  return code(...statements, result);
}

/** A parameter or local variable of a function. */
export interface Local<T extends ValueType> {
  readonly type: T;
  readonly index: number;
}

/** An integer as unsigned LEB128. */
export function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** An integer as signed LEB128. */
export function signed(value: number): readonly number[] {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
