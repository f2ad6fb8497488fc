/** A model as evaluation sees it. */
import type { SentenceTransformer } from "../encode/sentence-transformer.ts";
import { type TextRoles, textRoles } from "../encode/text-roles.ts";
import type { Encode } from "./evaluator.ts";

/**
 * Texts are encoded as `encode`, `encodeQuery` and `encodeDocument` would, by their role. For `evaluate` and
 * `EmbeddedTexts.encode`.
 */
export function modelEncode(model: SentenceTransformer): { encode: Encode } & TextRoles {
  const { prompts, defaultPromptName, routes, maxSeqLength, maxQueryLength, maxDocumentLength } = model;
  const limits = { sentence: maxSeqLength, query: maxQueryLength, document: maxDocumentLength };
  return {
    encode: (texts, options) => model.encode(texts, options),
    ...textRoles({ texts: prompts, defaultName: defaultPromptName }, limits, routes.length > 0),
  };
}
