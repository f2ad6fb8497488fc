/** The prompts of a model. Source: `config_sentence_transformers.json`, `SentenceTransformer._resolve_prompt`. */
import { HpdError } from "../errors.ts";
import type { EncodeOptions } from "./options.ts";

export interface Prompts {
  /** Text of each prompt by its name. */
  readonly texts: Readonly<Record<string, string>>;
  readonly defaultName: string | undefined;
}

/** Prompts that every model that embeds has, for `encodeQuery` and `encodeDocument`. */
const ofRoles: Readonly<Record<string, string>> = { query: "", document: "" };

/**
 * @param builtIn prompts that the model has without a word of its config
 * @throws HpdError `invalid_model` where the config names prompts that are no texts or a default that is not there.
 */
export function parsePrompts(config: Readonly<Record<string, unknown>>, file: string, builtIn = ofRoles): Prompts {
  const prompts = config.prompts ?? {};
  const defaultName = config.default_prompt_name ?? undefined;
  if (
    typeof prompts !== "object" ||
    Array.isArray(prompts) ||
    !Object.values(prompts).every((text) => typeof text === "string" || text === null)
  ) {
    throw new HpdError("invalid_model", `${file}: prompts should map names to texts, got ${JSON.stringify(prompts)}`);
  }
  // A prompt of null is an empty one.
  const given = Object.entries(prompts).map(([name, text]): [string, string] => [name, text ?? ""]);
  const texts: Record<string, string> = { ...builtIn, ...Object.fromEntries(given) };
  if (defaultName !== undefined && !(typeof defaultName === "string" && Object.hasOwn(texts, defaultName))) {
    throw new HpdError(
      "invalid_model",
      `${file}: default_prompt_name should be one of ${namesOf(texts)}, got ${JSON.stringify(defaultName)}`,
    );
  }
  return { texts, defaultName };
}

/**
 * The text before each sentence: `prompt`, else the prompt of that name, else the model's default, else none.
 *
 * @throws HpdError `invalid_argument` for a name that the model does not have, or a prompt that is no text.
 */
export function resolvePrompt({ texts, defaultName }: Prompts, prompt?: string, promptName?: string): string {
  if (prompt !== undefined && typeof prompt !== "string") {
    throw new HpdError("invalid_argument", `prompt should be a string, got ${typeof prompt}`);
  }
  const name = promptName ?? defaultName;
  if (prompt !== undefined || name === undefined) return prompt ?? "";
  if (Object.hasOwn(texts, name)) return texts[name]!;
  throw new HpdError("invalid_argument", `the model has no prompt ${JSON.stringify(name)}; it has: ${namesOf(texts)}`);
}

/** The options for a query or a document, with its own prompt unless one is given. */
export function withTask(task: "query" | "document", options: EncodeOptions): EncodeOptions {
  if (options.prompt !== undefined) return { ...options, task };
  return { ...options, task, promptName: options.promptName ?? task };
}

function namesOf(texts: object): string {
  return Object.keys(texts).join(", ") || "none";
}
