/**
 * Token ids in the place of a text. They have to come from the model's own tokenizer, special tokens included, as
 * `/tokenize` gives them. Clients made for OpenAI send ids of tiktoken, which would stand for unrelated words.
 */
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { prefixLength, type TokenizedText } from "../../encode/tokenized.ts";
import { Failure } from "../failure.ts";

/** @throws Failure `invalid` where the special tokens of the model aren't at both ends */
export function requireOwnIds(
  model: SentenceTransformer,
  ids: Int32Array,
  index: number,
  task: string | undefined,
): TokenizedText {
  const options = { prompt: "", ...(task !== undefined && { task }) };
  const around = model.tokenize("", options).ids;
  const prefix = prefixLength(around, model.tokenize("a", options).ids);
  const isOwn =
    ids.length >= around.length &&
    around.every((id, at) => ids[at < prefix ? at : ids.length - around.length + at] === id);
  if (isOwn && ids.length > 0) return { ids, ...(task !== undefined && { task }) };
  throw new Failure(
    "invalid",
    `input ${index} should be token ids of this model's tokenizer, with its special tokens ` +
      `(${[...around].join(", ")}) as /tokenize gives them, got ids of another one. Send texts instead; LangChain does ` +
      "with check_embedding_ctx_length=False",
    { param: "input" },
  );
}
