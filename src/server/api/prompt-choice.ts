/** The model's prompt that a request asks for. */
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
 * @param promptName takes precedence over `inputType`
 * @param inputType `search_query` and `search_document` act as `encodeQuery` and `encodeDocument`; any other value is the
 *   name of a prompt if the model has one of that name, and is ignored otherwise
 */
export function promptChoice(
  model: Pick<SentenceTransformer, "prompts">,
  promptName: string | undefined,
  inputType: string | undefined,
): Pick<TokenizeRequest, "promptName" | "task"> {
  const task = inputType === undefined ? undefined : Object.hasOwn(tasks, inputType) ? tasks[inputType] : undefined;
  const own = task ?? (inputType !== undefined && Object.hasOwn(model.prompts, inputType) ? inputType : undefined);
  const name = promptName ?? own;
  return { ...(name !== undefined && { promptName: name }), ...(task !== undefined && { task }) };
}
