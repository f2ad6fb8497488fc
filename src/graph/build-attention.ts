/** Makes the nodes of attention and of its position encodings. */
import { HpdError } from "../errors.ts";
import { node, width } from "./build-node.ts";
import {
  type AttentionAttributes,
  type Dimension,
  type Node,
  type Operations,
  type PositionMaskAttributes,
  type RelativeScoresAttributes,
  type RotaryAttributes,
  requireShape,
} from "./node.ts";

/** Defaults: `keyHeads` is `heads`, `scale` is 1 / sqrt(width of a head), neither causal nor a window. */
export type AttentionOptions = Pick<AttentionAttributes, "heads"> & Partial<Operations["attention"]>;

/** The inputs of attention beside query, key and value: see `Operations`. */
export interface AttentionMasks {
  readonly mask: Node;
  readonly positionBias?: Node | undefined;
}

/**
 * Attention whose heads are as wide as the query's width says, whatever the model's hidden size is.
 *
 * @throws HpdError `invalid_model` where heads don't divide, and for inputs of other shapes
 */
export function attention(
  query: Node,
  key: Node,
  value: Node,
  options: AttentionOptions & AttentionMasks,
): Node<"attention"> {
  const { mask, positionBias, heads, keyHeads = heads, causal = false, window, dropout = 0 } = options;
  const headWidth = widthOfHeads("attention", query, heads);
  if (!isCount(keyHeads) || heads % keyHeads !== 0) {
    throw new HpdError("invalid_model", `attention: ${keyHeads} key heads should divide ${heads} heads`);
  }
  const { scale = 1 / Math.sqrt(headWidth) } = options;
  if (!Number.isFinite(scale)) throw new HpdError("invalid_model", `attention: the scale is ${scale}`);
  requireWindow(window);
  requireShape("attention", "keys", key, ["tokens", keyHeads * headWidth]);
  requireShape("attention", "values", value, ["tokens", keyHeads * headWidth]);
  requireShape("attention", "a mask", mask, ["batch", "sequence"]);
  if (positionBias !== undefined) {
    const shape: Dimension[] = [positionBias.shape[0] === "batch" ? "batch" : 1, heads, "sequence", "sequence"];
    requireShape("attention", "a position bias", positionBias, shape);
  }
  const attributes = { heads, keyHeads, scale, causal, window, dropout };
  return node("attention", attributes, [query, key, value, mask, positionBias], query.shape);
}

export function packedAttention(
  packed: Node,
  mask: Node,
  { heads, keyHeads, scale, causal, window }: AttentionAttributes,
  positionBias?: Node,
): Node {
  const headWidth = width(packed) / (heads + 2 * keyHeads);
  const attributes = { heads, keyHeads, scale, causal, window };
  return node("packedAttention", attributes, [packed, mask, positionBias], ["tokens", heads * headWidth]);
}

export function positionMask(like: Node, { causal, window }: PositionMaskAttributes): Node {
  return node("positionMask", { causal, window }, [like], ["sequence", "sequence"]);
}

/**
 * Rotary position embedding in the form of two halves, as `rotate_half` of transformers; positions count from 0.
 *
 * @param like [batch, sequence], for the lengths
 * @param options `frequencies`: float32 numbers, half as many as the elements of a head that are rotated; `scale` of
 *   cosine and sine, default 1
 */
export function rotary(
  x: Node,
  like: Node,
  options: Pick<RotaryAttributes, "heads" | "frequencies"> & Partial<RotaryAttributes>,
): Node {
  const { heads, frequencies, scale = 1, reversed = false } = options;
  const headWidth = widthOfHeads("rotary", x, heads);
  requireShape("rotary", "an input", x, ["tokens", heads * headWidth]);
  requireShape("rotary", "sentences", like, ["batch", "sequence"]);
  const rotated = 2 * frequencies.length;
  if (rotated === 0 || rotated > headWidth || ![...frequencies, scale].every(Number.isFinite)) {
    throw new HpdError(
      "invalid_model",
      `rotary: a head of ${headWidth} numbers takes 1 to ${Math.floor(headWidth / 2)} frequencies and a scale, all ` +
        `finite; got ${frequencies.length}, and the scale ${scale}`,
    );
  }
  return node("rotary", { heads, frequencies, scale, reversed }, [x, like], x.shape);
}

/** T5's relative position bias. @param maxDistance from which on all keys share a bucket; 128 in T5 and MPNet */
export function relativePositionBias(table: Node, like: Node, { maxDistance = 128 } = {}): Node {
  const [buckets] = table.shape as [number];
  if (buckets < 4) throw new HpdError("invalid_model", `relative positions need 4 buckets or more, got ${buckets}`);
  const exact = Math.floor(Math.floor(buckets / 2) / 2);
  if (!Number.isInteger(maxDistance) || maxDistance <= exact) {
    throw new HpdError(
      "invalid_model",
      `${buckets} buckets of relative positions need a largest distance above ${exact}, got ${maxDistance}`,
    );
  }
  return node("relativePositionBias", { maxDistance }, [table, like], [1, width(table), "sequence", "sequence"]);
}

export function relativePositionBuckets(like: Node, maxDistance: number, buckets: number): Node {
  return node("relativePositionBuckets", { maxDistance, buckets }, [like], ["sequence", "sequence"], "int32");
}

/** ALiBi. @param slopes one a head, positive: subtracted from a score for each position between query and key */
export function alibi(like: Node, slopes: readonly number[]): Node {
  if (slopes.length === 0 || !slopes.every(Number.isFinite)) {
    throw new HpdError("invalid_model", `alibi: expected a finite slope for each head, got [${slopes}]`);
  }
  return node("alibi", { slopes }, [like], [1, slopes.length, "sequence", "sequence"]);
}

/**
 * Scores of content against relative positions, as DeBERTa adds them to those of attention.
 *
 * @param like [batch, sequence], for the lengths
 */
export function relativeScores(x: Node, table: Node, like: Node, attributes: RelativeScoresAttributes): Node {
  const { heads, rows } = attributes;
  widthOfHeads("relativeScores", x, heads);
  const [count] = table.shape as [number];
  requireShape("relativeScores", "a table", table, [count, width(x)]);
  if (rows.length % 2 === 0 || rows.some((row) => !Number.isInteger(row) || row < 0 || row >= count)) {
    throw new HpdError("invalid_model", `relativeScores: expected an odd number of rows of ${count}, got [${rows}]`);
  }
  return node("relativeScores", attributes, [x, table, like], ["batch", heads, "sequence", "sequence"]);
}

function widthOfHeads(operation: string, x: Node, heads: number): number {
  const whole = width(x);
  if (isCount(heads) && whole % heads === 0) return whole / heads;
  throw new HpdError("invalid_model", `${operation}: a width of ${whole} can't be split into ${heads} heads`);
}

function requireWindow(window: number | undefined): void {
  if (window === undefined || (Number.isInteger(window) && window >= 0)) return;
  throw new HpdError(
    "invalid_model",
    `attention: a window should be a non-negative number of positions, got ${window}`,
  );
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}
