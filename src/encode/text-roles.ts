/** What texts are to a model, and what follows: the prompt before them, and a length of their own. */
import type { TextKind } from "../modules/transformer/text-lengths.ts";
import type { Prompts } from "./prompts.ts";

/** What a model puts before the texts of each role. */
export type RolePrompts = Readonly<Record<TextKind, string>>;

/** The roles whose texts a model cuts to a length of their own. */
export type RoleTasks = Readonly<Partial<Record<TextKind, "query" | "document">>>;

/** What an evaluation says of texts to the model that embeds them. */
export interface TextRoles {
  readonly prompts: RolePrompts;
  readonly tasks: RoleTasks;
}

/**
 * Of texts that are encoded as `encode`, `encodeQuery` and `encodeDocument` would.
 *
 * @param limits in tokens, by the role
 * @param hasRoutes whether queries and documents may go through other modules
 */
export function textRoles(
  { texts, defaultName }: Prompts,
  limits: Readonly<Record<TextKind, number>>,
  hasRoutes = false,
): TextRoles {
  return {
    prompts: {
      sentence: defaultName === undefined ? "" : texts[defaultName]!,
      query: texts.query ?? "",
      document: texts.document ?? "",
    },
    // Texts that go one way and are cut alike are embedded once, whatever their role.
    tasks: {
      ...((hasRoutes || limits.query !== limits.sentence) && { query: "query" as const }),
      ...((hasRoutes || limits.document !== limits.sentence) && { document: "document" as const }),
    },
  };
}
