/** The parameters of a part of a model, by their names inside it. */
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import type { InitialHints, Parameters } from "../../parameters.ts";

export class Scope {
  readonly #parameters: Parameters;
  /** Prefix of every name, with its final dot; empty for the whole model. */
  readonly prefix: string;

  constructor(parameters: Parameters, prefix: string) {
    this.#parameters = parameters;
    this.prefix = prefix;
  }

  at(part: string): Scope {
    return new Scope(this.#parameters, `${this.prefix}${part}.`);
  }

  /** The checkpoint's file and the whole name of a parameter, for messages. */
  whereIs(name: string): string {
    return `${this.#parameters.file}: the weight ${this.prefix}${name}`;
  }

  has(name: string): boolean {
    return this.#parameters.tensors.has(this.prefix + name);
  }

  /** @param shape as expected; -1 accepts any size @throws HpdError `invalid_model` */
  get(name: string, shape: readonly number[], hints?: InitialHints): Node<"parameter"> {
    return this.#parameters.get(this.prefix + name, shape, hints);
  }

  table(rows: number, width: number, hints?: InitialHints): Node<"parameter"> {
    return this.get("weight", [rows, width], hints);
  }
}

/** A layer with its parameters: a function from one value to the next. */
export type Layer = (x: Node) => Node;

export function linear(
  scope: Scope,
  inputs: number,
  outputs: number,
  { bias = true, hints }: { readonly bias?: boolean; readonly hints?: InitialHints | undefined } = {},
): Layer {
  const weight = scope.get("weight", [outputs, inputs], hints);
  const shift = bias ? scope.get("bias", [outputs]) : undefined;
  return (x) => graph.linear(x, weight, shift);
}

export function layerNorm(scope: Scope, width: number, epsilon: number, { bias: hasBias = true } = {}): Layer {
  const [weight, bias] = [scope.get("weight", [width]), hasBias ? scope.get("bias", [width]) : undefined];
  return (x) => graph.layerNorm(x, weight, bias, epsilon);
}

export function rmsNorm(scope: Scope, width: number, epsilon: number, hints?: InitialHints): Layer {
  const weight = scope.get("weight", [width], hints);
  return (x) => graph.rmsNorm(x, weight, epsilon);
}
