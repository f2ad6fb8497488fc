/** The roles of texts: plain sentences, queries, documents, with the prompt and the task of each. */
import type { TextKind } from "../modules/transformer/text-lengths.ts";
import type { Prompts } from "./prompts.ts";

/** The prompt before the texts of each role. */
export type RolePrompts = Readonly<Record<TextKind, string>>;

/** The task of each role whose texts are encoded differently: by another route, or to another length. */
export type RoleTasks = Readonly<Partial<Record<TextKind, "query" | "document">>>;

/** Prompts and tasks with which an evaluation encodes texts. */
export interface TextRoles {
  readonly prompts: RolePrompts;
  readonly tasks: RoleTasks;
}

/**
 * The roles of a model's texts, encoded as by `encode`, `encodeQuery` and `encodeDocument`.
 *
 * @param limits maximum tokens by role
 * @param hasRoutes whether queries and documents may take other routes
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
    // Texts with the same route and limit are embedded once, whatever their role.
    tasks: {
      ...((hasRoutes || limits.query !== limits.sentence) && { query: "query" as const }),
      ...((hasRoutes || limits.document !== limits.sentence) && { document: "document" as const }),
    },
  };
}
