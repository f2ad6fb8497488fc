/** Tokens of a prompt, for pooling that leaves the prompt out (`include_prompt: false`). */
import type { ModelTokenizer } from "./build-tokenizer.ts";

/**
 * The tokens of `prompt` alone without a special token at the end: the first so many tokens of a text with that
 * prompt are left out of the pooling. Follows `Transformer._get_prompt_length` of sentence-transformers 6.2; `[CLS]`
 * counts, and so does a token that the text's first letters would join to the prompt's last ones.
 */
export function promptLength(tokenizer: ModelTokenizer, prompt: string, maxLength: number): number {
  const ids = tokenizer.encode(prompt, maxLength);
  return tokenizer.specialIds.has(ids.at(-1)!) ? ids.length - 1 : ids.length;
}
