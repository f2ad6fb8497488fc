/**
 * Two texts as one input, for models that judge pairs: a cross-encoder, say. Follows `tokenizer(a, b,
 * truncation="longest_first")` of transformers 5.23, which is `truncate_encodings` of `tokenizers` 0.23.
 */
import { HpdError } from "../errors.ts";
import type { PairTemplate } from "./pair-template.ts";

export interface EncodedPair {
  /** The ids of both texts with the special tokens around and between them. */
  readonly ids: Int32Array;
  /** The type of each token, as the network is given it: all 0 where the tokenizer gives it none. */
  readonly typeIds: Int32Array;
}

export interface PairOptions {
  /** Made when the first pair comes, so that a template for pairs that is not known hinders no single texts. */
  readonly template: () => PairTemplate;
  /** Whether the network is given the types of tokens. */
  readonly tokenTypes: boolean;
  readonly truncationSide: "left" | "right";
  /** The first ids of a text without special tokens, at least `limit` of them or all. */
  readonly contentIds: (text: string, limit: number) => ArrayLike<number>;
}

/**
 * @param maxLength maximum ids of the pair, special tokens included
 * @throws HpdError `invalid_argument` where there is no room for the special tokens
 */
export function encodePair(options: PairOptions, first: string, second: string, maxLength: number): EncodedPair {
  const pieces = options.template();
  const specialTokens = pieces.length - 2;
  const limit = maxLength - specialTokens;
  if (!(limit >= 0)) {
    throw new HpdError(
      "invalid_argument",
      `a maximum length of ${maxLength} tokens is less than the ${specialTokens} special tokens of a pair`,
    );
  }
  const texts = contents(options, first, second, limit);
  const length = specialTokens + texts.first.length + texts.second.length;
  const ids = new Int32Array(length);
  const typeIds = new Int32Array(length);
  let position = 0;
  for (const piece of pieces) {
    const start = position;
    if ("text" in piece) {
      for (const id of texts[piece.text]) ids[position++] = id;
    } else {
      ids[position++] = piece.id;
    }
    if (options.tokenTypes) typeIds.fill(piece.type, start, position);
  }
  return { ids, typeIds };
}

/** Both texts cut to `limit` ids together, the longer one first. */
function contents({ contentIds, truncationSide }: PairOptions, first: string, second: string, limit: number) {
  const known = truncationSide === "right" ? limit + 1 : Number.MAX_SAFE_INTEGER;
  let one = Array.from(contentIds(first, known));
  let other = Array.from(contentIds(second, known));
  // Of two texts that are both too long, the longer one keeps the odd token.
  if (one.length > limit && other.length > limit && limit % 2 === 1) {
    one = Array.from(contentIds(first, Number.MAX_SAFE_INTEGER));
    other = Array.from(contentIds(second, Number.MAX_SAFE_INTEGER));
  }
  const [mostOfOne, mostOfOther] = longestFirst(one.length, other.length, limit);
  const cut = (ids: number[], most: number): number[] =>
    ids.length <= most ? ids : truncationSide === "right" ? ids.slice(0, most) : ids.slice(ids.length - most);
  return { first: cut(one, mostOfOne), second: cut(other, mostOfOther) };
}

/** The number of ids that each of two texts keeps: the shorter one all, unless it has more than half. */
function longestFirst(one: number, other: number, limit: number): readonly [number, number] {
  if (one + other <= limit) return [one, other];
  let shorter = Math.min(one, other);
  let longer = shorter > limit ? shorter : Math.max(shorter, limit - shorter);
  if (shorter + longer > limit) {
    shorter = Math.floor(limit / 2);
    longer = shorter + (limit % 2);
  }
  return one > other ? [longer, shorter] : [shorter, longer];
}
