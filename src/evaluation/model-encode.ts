/** A model as an `Encode` function with its prompts. */
import { requireMethods } from "../common/arguments.ts";
import type { SentenceTransformer } from "../encode/sentence-transformer.ts";
import { type TextRoles, textRoles } from "../encode/text-roles.ts";
import type { Encode } from "./evaluator.ts";

/**
 * A model's `encode` with its prompts and tasks, for `evaluate` and `EmbeddedTexts.encode`: texts are encoded by their role
 * as `encode`, `encodeQuery` and `encodeDocument` do.
 */
export function modelEncode(model: SentenceTransformer): { readonly encode: Encode } & TextRoles {
  requireMethods("model", model, ["encode", "encodeQuery"], "a loaded SentenceTransformer");
  const { prompts, defaultPromptName, routes, maxSeqLength, maxQueryLength, maxDocumentLength } = model;
  const limits = { sentence: maxSeqLength, query: maxQueryLength, document: maxDocumentLength };
  return {
    encode: (texts, options) => model.encode(texts, options),
    ...textRoles({ texts: prompts, defaultName: defaultPromptName }, limits, routes.length > 0),
  };
}
