/**
 * Token ids in the place of a text. They have to come from the model's own tokenizer, special tokens included, as
 * `/tokenize` gives them. Clients made for OpenAI send ids of tiktoken, which would stand for unrelated words.
 */
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { prefixLength } from "../../encode/tokenized.ts";
import type { TokenizedText } from "../../encode/tokenized-text.ts";
import { Failure } from "../failure.ts";

/** The special tokens before and after every text. */
export function specialTokensAround(
  model: Pick<SentenceTransformer, "tokenize">,
  task?: string,
): { before: Int32Array; after: Int32Array } {
  const options = { prompt: "", ...(task !== undefined && { task }) };
  const around = model.tokenize("", options).ids;
  const prefix = prefixLength(around, model.tokenize("a", options).ids);
  return { before: around.subarray(0, prefix), after: around.subarray(prefix) };
}

/** @throws Failure `invalid` where the special tokens of the model aren't at both ends */
export function requireOwnIds(
  model: Pick<SentenceTransformer, "tokenize">,
  ids: Int32Array,
  index: number,
  task: string | undefined,
): TokenizedText {
  const { before, after } = specialTokensAround(model, task);
  const isOwn =
    ids.length >= before.length + after.length &&
    before.every((id, at) => ids[at] === id) &&
    after.every((id, at) => ids[ids.length - after.length + at] === id);
  if (isOwn && ids.length > 0) return { ids, ...(task !== undefined && { task }) };
  throw new Failure(
    "invalid",
    `input ${index} should be token ids of this model's tokenizer, with its special tokens ` +
      `(${[...before, ...after].join(", ")}) as /tokenize gives them, got ids of another one. Send texts instead; LangChain does ` +
      "with check_embedding_ctx_length=False",
    { param: "input" },
  );
}
