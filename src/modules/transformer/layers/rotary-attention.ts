/** Self-attention with rotary positions. */
import { HpdError } from "../../../errors.ts";
import * as graph from "../../../graph/build.ts";
import type { Node } from "../../../graph/node.ts";
import type { InitialHints } from "../../parameters.ts";
import { type Layer, linear, type Scope } from "./scope.ts";

export interface LinearOptions {
  readonly bias: boolean;
  readonly key?: string | undefined;
  readonly hints?: InitialHints | undefined;
}

export interface RotaryAttentionOptions {
  readonly heads: number;
  /** Number of key and value heads, each shared by equally many query heads. Default: `heads`. */
  readonly keyHeads?: number;
  readonly frequencies: readonly number[];
  /** Whether a token sees only those before it. */
  readonly causal?: boolean;
  /** Maximum distance that a token sees, to each side; undefined for any. */
  readonly window?: number | undefined;
  /** Factor of the scores. Default: 1 / sqrt(width of a head). */
  readonly scale?: number | undefined;
}

/** @param parts query, [tokens, heads * headWidth], key and value, [tokens, keyHeads * headWidth] */
export function rotaryAttention(
  [query, key, value]: readonly Node[],
  mask: Node,
  { heads, keyHeads = heads, frequencies, causal = false, window, scale }: RotaryAttentionOptions,
): Node {
  const rotate = (x: Node, count: number) => graph.rotary(x, mask, { heads: count, frequencies });
  const options = { heads, keyHeads, causal, window, ...(scale !== undefined && { scale }) };
  return graph.attention(rotate(query!, heads), rotate(key!, keyHeads), value!, { mask, ...options });
}

/**
 * Several linears of one input, with weights of their own under `names`, or stacked in a single weight under `fused`.
 *
 * @throws HpdError `invalid_model` where a checkpoint has both, `unsupported` where it has biases that Python leaves
 *   out
 */
export function linears(
  scope: Scope,
  { fused, names }: { readonly fused: string; readonly names: readonly string[] },
  { inputs, outputs, bias }: { readonly inputs: number; readonly outputs: number; readonly bias: boolean },
): (x: Node) => Node[] {
  const isFused = whichOf(scope, [`${names[0]}.weight`, `${fused}.weight`]) === 1;
  if (!isFused) {
    const parts = names.map((name) => linearOf(scope.at(name), inputs, outputs, { bias }));
    return (x) => parts.map((part) => part(x));
  }
  const all = linearOf(scope.at(fused), inputs, names.length * outputs, { bias });
  return (x) => {
    const side = all(x);
    return names.map((_, index) => graph.slice(side, 1, index * outputs, outputs));
  };
}

/**
 * A linear. If it has no bias, the checkpoint must not have one either: transformers would ignore it.
 *
 * @param options `bias`: whether there is one, and `key`, the key of the config that says so, for messages
 */
export function linearOf(scope: Scope, inputs: number, outputs: number, { bias, key, hints }: LinearOptions): Layer {
  if (!bias && scope.has("bias")) {
    const why = key === undefined ? "the model has no such bias" : `${key} is not true`;
    throw new HpdError("unsupported", `${scope.whereIs("bias")} is a bias that would be ignored, because ${why}`);
  }
  return linear(scope, inputs, outputs, { bias, hints });
}

/**
 * The index of the name that a weight has among several; 0 where it has none of them.
 *
 * @throws HpdError `invalid_model` for two weights for one parameter: which one is used depends on the version of
 *   transformers
 */
export function whichOf(scope: Scope, names: readonly string[]): number {
  const there = [...names.keys()].filter((index) => scope.has(names[index]!));
  if (there.length < 2) return there[0] ?? 0;
  const [first, second] = there.map((index) => names[index]!);
  throw new HpdError("invalid_model", `${scope.whereIs(first!)} is for one parameter with the weight ${second}`);
}
