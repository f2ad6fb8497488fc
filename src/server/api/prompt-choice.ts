/** Which of a model's prompts a request's texts get. */
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import type { TokenizeRequest } from "../engine/embedding-engine.ts";

const tasks: Readonly<Record<string, "query" | "document">> = {
  query: "query",
  search_query: "query",
  document: "document",
  passage: "document",
  search_document: "document",
};

/**
 * @param promptName goes before `inputType`
 * @param inputType `search_query` and `search_document` are what encodeQuery and encodeDocument do; another one is a
 *   prompt's name where the model has such a prompt, and else chooses nothing
 */
export function promptChoice(
  model: SentenceTransformer,
  promptName: string | undefined,
  inputType: string | undefined,
): Pick<TokenizeRequest, "promptName" | "task"> {
  const task = inputType === undefined ? undefined : Object.hasOwn(tasks, inputType) ? tasks[inputType] : undefined;
  const own = task ?? (inputType !== undefined && Object.hasOwn(model.prompts, inputType) ? inputType : undefined);
  const name = promptName ?? own;
  return { ...(name !== undefined && { promptName: name }), ...(task !== undefined && { task }) };
}
