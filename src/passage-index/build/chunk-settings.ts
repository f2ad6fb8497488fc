/** Chunk settings of a build: those of the user within the limits of the model. */
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import type { ChunkOptions } from "../chunk/chunk.ts";

/** Maximum tokens per passage by default: one vector represents longer passages badly, whatever the model's maximum. */
const mostByDefault = 256;

/** @throws HpdError `invalid_argument` for more tokens than the model takes, or for fewer than a passage needs */
export function chunkSettings(
  model: SentenceTransformer,
  chunkTokens: number | undefined,
  overlapTokens: number | undefined,
): ChunkOptions {
  const countTokens = (text: string) => model.countTokens(text, { promptName: "document", task: "document" });
  const overhead = countTokens("");
  // The tokenizer truncates at the model's limit, so a text with that many tokens may have had more.
  const most = model.maxDocumentLength - 1;
  const maxTokens = chunkTokens ?? Math.min(most, mostByDefault);
  if (!Number.isInteger(maxTokens) || maxTokens <= overhead || maxTokens > most) {
    throw new HpdError(
      "invalid_argument",
      `chunkTokens should be ${overhead + 1} to ${most} for this model, special tokens and prompt included, got ${maxTokens}`,
    );
  }
  const overlap = overlapTokens ?? Math.floor(maxTokens / 8);
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= maxTokens) {
    throw new HpdError("invalid_argument", `overlapTokens should be 0 to ${maxTokens - 1}, got ${overlap}`);
  }
  return { countTokens, maxTokens, overlapTokens: overlap };
}
