/** A model as evaluation sees it. */
import type { SentenceTransformer } from "../encode/sentence-transformer.ts";
import type { RolePrompts } from "./embedded-texts.ts";
import type { Encode } from "./evaluator.ts";

/**
 * Texts are encoded as `encode`, `encodeQuery` and `encodeDocument` would, by their role. For `evaluate` and
 * `EmbeddedTexts.encode`.
 */
export function modelEncode(model: SentenceTransformer): { encode: Encode; prompts: RolePrompts } {
  const { prompts, defaultPromptName } = model;
  return {
    encode: (texts, options) => model.encode(texts, options),
    prompts: {
      sentence: defaultPromptName === undefined ? "" : prompts[defaultPromptName]!,
      query: prompts.query ?? "",
      document: prompts.document ?? "",
    },
  };
}
