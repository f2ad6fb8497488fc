/** A model as evaluation sees it. */
import type { SentenceTransformer } from "../encode/sentence-transformer.ts";
import type { RolePrompts, RoleTasks } from "./embedded-texts.ts";
import type { Encode } from "./evaluator.ts";

/**
 * Texts are encoded as `encode`, `encodeQuery` and `encodeDocument` would, by their role. For `evaluate` and
 * `EmbeddedTexts.encode`.
 */
export function modelEncode(model: SentenceTransformer): { encode: Encode; prompts: RolePrompts; tasks: RoleTasks } {
  const { prompts, defaultPromptName, routes, maxSeqLength, maxQueryLength, maxDocumentLength } = model;
  const hasRoutes = routes.length > 0;
  return {
    encode: (texts, options) => model.encode(texts, options),
    prompts: {
      sentence: defaultPromptName === undefined ? "" : prompts[defaultPromptName]!,
      query: prompts.query ?? "",
      document: prompts.document ?? "",
    },
    // Texts that go one way and are cut alike are embedded once, whatever their role.
    tasks: {
      ...((hasRoutes || maxQueryLength !== maxSeqLength) && { query: "query" as const }),
      ...((hasRoutes || maxDocumentLength !== maxSeqLength) && { document: "document" as const }),
    },
  };
}
