/**
 * The fields of a request's body, checked against the types of their API. null counts as absent. Unknown fields are
 * ignored, as the servers of these APIs do.
 */
import { describe, isObject, type JsonObject } from "../common/json.ts";
import type { TextInput } from "./engine/embedding-engine.ts";
import { Failure } from "./failure.ts";

export class Fields {
  readonly #body: JsonObject;
  readonly #prefix: string;

  constructor(body: JsonObject, prefix = "") {
    this.#body = body;
    this.#prefix = prefix;
  }

  /** The names of the fields that are not null. */
  names(): string[] {
    return Object.keys(this.#body).filter((name) => this.has(name));
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#body, name) ? (this.#body[name] ?? undefined) : undefined;
  }

  string(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "string") return value;
    throw this.wrong(name, "a string", value);
  }

  requiredString(name: string): string {
    const value = this.string(name);
    if (value !== undefined) return value;
    throw this.missing(name);
  }

  boolean(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "boolean") return value;
    throw this.wrong(name, "a boolean", value);
  }

  /** An integer from 1 up. */
  positiveInteger(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0))
      return value as number | undefined;
    throw this.wrong(name, "a positive integer", value);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.string(name);
    const choice = choices.find((each) => each === value);
    if (value === undefined || choice !== undefined) return choice;
    throw this.wrong(name, `one of ${choices.join(", ")}`, value);
  }

  object(name: string): Fields | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (isObject(value)) return new Fields(value, `${this.#prefix}${name}.`);
    throw this.wrong(name, "an object", value);
  }

  /** An array of at least one string. */
  strings(name: string): string[] {
    const value = this.value(name);
    if (value === undefined) throw this.missing(name);
    if (!Array.isArray(value)) throw this.wrong(name, "an array of strings", value);
    if (value.length === 0) throw this.empty(name);
    const wrong = value.findIndex((each) => typeof each !== "string");
    if (wrong >= 0) throw this.wrong(`${name}[${wrong}]`, "a string", value[wrong]);
    return value as string[];
  }

  /** A text, an array of texts, the token ids of one text, or an array of those. */
  inputs(name: string): { inputs: TextInput[]; isSingle: boolean } {
    const value = this.value(name);
    if (value === undefined) throw this.missing(name);
    if (typeof value === "string") return { inputs: [value], isSingle: true };
    if (!Array.isArray(value)) {
      throw this.wrong(name, "a string, an array of strings, or an array of token ids", value);
    }
    if (value.length === 0) throw this.empty(name);
    if (typeof value[0] === "number") return { inputs: [this.#ids(name, value)], isSingle: true };
    const inputs = value.map((each: unknown, at): TextInput => {
      if (typeof each === "string") return each;
      if (Array.isArray(each)) return this.#ids(`${name}[${at}]`, each);
      throw this.wrong(`${name}[${at}]`, "a string or an array of token ids", each);
    });
    return { inputs, isSingle: false };
  }

  #ids(name: string, values: readonly unknown[]): Int32Array {
    if (values.length === 0) throw this.empty(name);
    const wrong = values.findIndex((id) => !(Number.isInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 31));
    if (wrong >= 0) throw this.wrong(`${name}[${wrong}]`, "a token id", values[wrong]);
    return Int32Array.from(values as number[]);
  }

  missing(name: string): Failure {
    return new Failure("invalid", `${this.#prefix}${name} is missing`, { param: this.#prefix + name });
  }

  empty(name: string): Failure {
    return new Failure("empty", `\`${this.#prefix}${name}\` cannot be empty`, { param: this.#prefix + name });
  }

  wrong(name: string, expected: string, value: unknown): Failure {
    const param = this.#prefix + name;
    return new Failure("invalid", `${param} should be ${expected}, got ${describe(value)}`, { param });
  }
}
