/** A model as evaluation sees it. */
import type { SentenceTransformer } from "../encode/sentence-transformer.ts";
import type { RolePrompts, RoleTasks } from "./embedded-texts.ts";
import type { Encode } from "./evaluator.ts";

/**
 * Texts are encoded as `encode`, `encodeQuery` and `encodeDocument` would, by their role. For `evaluate` and
 * `EmbeddedTexts.encode`.
 */
export function modelEncode(model: SentenceTransformer): { encode: Encode; prompts: RolePrompts; tasks: RoleTasks } {
  const { prompts, defaultPromptName, maxSeqLength, maxQueryLength, maxDocumentLength } = model;
  return {
    encode: (texts, options) => model.encode(texts, options),
    prompts: {
      sentence: defaultPromptName === undefined ? "" : prompts[defaultPromptName]!,
      query: prompts.query ?? "",
      document: prompts.document ?? "",
    },
    // Texts that are cut alike are embedded once, whatever their role.
    tasks: {
      ...(maxQueryLength !== maxSeqLength && { query: "query" as const }),
      ...(maxDocumentLength !== maxSeqLength && { document: "document" as const }),
    },
  };
}
