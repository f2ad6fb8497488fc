/** Self-attention that learns positions by turning queries and keys. */
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import type { InitialHints } from "../../parameters.ts";
import { type Layer, linear, type Scope } from "./scope.ts";

export interface RotaryAttentionOptions {
  readonly heads: number;
  /** Heads of keys and values, each of which serves as many queries as the others; as many as `heads` where it is undefined. */
  readonly keyHeads?: number;
  readonly frequencies: readonly number[];
  /** Whether a token sees those before it alone. */
  readonly causal?: boolean;
  /** Positions to each side that a token sees; undefined for all. */
  readonly window?: number | undefined;
  /** The factor of the scores; 1 / sqrt(width of a head) where it is undefined. */
  readonly scale?: number | undefined;
}

/** @param parts query, [tokens, heads * headWidth], key and value, [tokens, keyHeads * headWidth] */
export function rotaryAttention(
  [query, key, value]: readonly Node[],
  mask: Node,
  { heads, keyHeads = heads, frequencies, causal = false, window, scale }: RotaryAttentionOptions,
): Node {
  const turn = (x: Node, count: number) => graph.rotary(x, mask, { heads: count, frequencies });
  const options = { heads, keyHeads, causal, window, ...(scale !== undefined && { scale }) };
  return graph.attention(turn(query!, heads), turn(key!, keyHeads), value!, { mask, ...options });
}

/**
 * Several linears of one input, each with a weight of its own under `names`, or one below the other in a single weight
 * under `fused`.
 *
 * @throws HpdError `invalid_model` where a checkpoint has both, `unsupported` where it has biases that Python leaves out
 */
export function linears(
  scope: Scope,
  { fused, names }: { readonly fused: string; readonly names: readonly string[] },
  { inputs, outputs, bias }: { readonly inputs: number; readonly outputs: number; readonly bias: boolean },
): (x: Node) => Node[] {
  const isFused = whichOf(scope, [`${names[0]}.weight`, `${fused}.weight`]) === 1;
  if (!isFused) {
    const parts = names.map((name) => linearOf(scope.at(name), inputs, outputs, bias));
    return (x) => parts.map((part) => part(x));
  }
  const all = linearOf(scope.at(fused), inputs, names.length * outputs, bias);
  return (x) => {
    const side = all(x);
    return names.map((_, index) => graph.slice(side, 1, index * outputs, outputs));
  };
}

/**
 * A linear whose checkpoint must not have a bias where the model computes without: transformers would leave it out.
 *
 * @param key of the config that says whether there is one, for messages
 */
export function linearOf(
  scope: Scope,
  inputs: number,
  outputs: number,
  bias: boolean,
  key?: string,
  hints?: InitialHints,
): Layer {
  if (!bias && scope.has("bias")) {
    const why = key === undefined ? "the model has no such bias" : `${key} is not true`;
    throw new HpdError("unsupported", `${scope.whereIs("bias")} is a bias that would be left out, because ${why}`);
  }
  return linear(scope, inputs, outputs, { bias, hints });
}

/**
 * Which of several names a weight has, the first where none is there.
 *
 * @throws HpdError `invalid_model` for two weights for one parameter: which of them wins is up to transformers' version
 */
export function whichOf(scope: Scope, names: readonly string[]): number {
  const there = [...names.keys()].filter((index) => scope.has(names[index]!));
  if (there.length < 2) return there[0] ?? 0;
  const [first, second] = there.map((index) => names[index]!);
  throw new HpdError("invalid_model", `${scope.whereIs(first!)} is for one parameter with the weight ${second}`);
}
