/**
 * A tokenizer with more ids than the model has embeddings: one token was added to the vocabulary alone, or vocab.txt
 * ends in a blank line. Python fails, with an IndexError, once such an id occurs; here the text is refused before it is
 * computed with.
 */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import type { ModelTokenizer } from "./build-tokenizer.ts";

/**
 * @param embeddings number of embeddings of the model, for ids from 0 on
 * @param name of the model, for messages
 * @returns the tokenizer itself where each of its ids has an embedding
 * @throws HpdError `invalid_model` where every text would have an id without one, or a batch of unequal texts
 */
export function withinEmbeddings(tokenizer: ModelTokenizer, embeddings: number, name: string): ModelTokenizer {
  if (tokenizer.vocabularySize <= embeddings) return tokenizer;
  const missing = [...tokenizer.encode(""), tokenizer.padId].find((id) => id >= embeddings);
  if (missing !== undefined) {
    throw new HpdError(
      "invalid_model",
      `${name}: the tokenizer puts the token ${missing} into every batch, but the model has embeddings for ${embeddings} tokens only`,
    );
  }
  const check = (ids: Int32Array, ...texts: readonly string[]): void => {
    for (const id of ids) {
      if (id < embeddings) continue;
      throw new HpdError(
        "invalid_model",
        `${name}: the text ${texts.map(describe).join(" with ")} has the token ${id}, but the model has embeddings for ` +
          `${embeddings} tokens only. Leave the text out, or give the model an embedding for its tokenizer's token`,
      );
    }
  };
  return {
    maxLength: tokenizer.maxLength,
    padId: tokenizer.padId,
    vocabularySize: tokenizer.vocabularySize,
    specialIds: tokenizer.specialIds,
    paddingSide: tokenizer.paddingSide,
    encode(text, maxLength) {
      const ids = tokenizer.encode(text, maxLength);
      check(ids, text);
      return ids;
    },
    encodePair(first, second, maxLength) {
      const pair = tokenizer.encodePair(first, second, maxLength);
      check(pair.ids, first, second);
      return pair;
    },
  };
}
