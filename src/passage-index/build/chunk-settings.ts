/** How a model's texts are chunked: its own limit, and what the user says. */
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import type { ChunkOptions } from "../chunk/chunk.ts";

/** Longer passages say too much for one vector, whatever a model can read. */
const mostByDefault = 256;

/** @throws HpdError `invalid_argument` for more tokens than the model takes, or for fewer than a passage needs */
export function chunkSettings(
  model: SentenceTransformer,
  chunkTokens: number | undefined,
  overlapTokens: number | undefined,
): ChunkOptions {
  const countTokens = (text: string) => model.countTokens(text, { promptName: "document", task: "document" });
  const overhead = countTokens("");
  // The tokenizer cuts at the model's limit, so a text that has as many may have had more.
  const most = model.maxDocumentLength - 1;
  const maxTokens = chunkTokens ?? Math.min(most, mostByDefault);
  if (!Number.isInteger(maxTokens) || maxTokens <= overhead || maxTokens > most) {
    throw new HpdError(
      "invalid_argument",
      `passages of this model can have ${overhead + 1} to ${most} tokens (\`chunkTokens\`), special ones and prompt included, ` +
        `got ${maxTokens}`,
    );
  }
  const overlap = overlapTokens ?? Math.floor(maxTokens / 8);
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= maxTokens) {
    throw new HpdError("invalid_argument", `overlapTokens should be 0 to ${maxTokens - 1}, got ${overlap}`);
  }
  return { countTokens, maxTokens, overlapTokens: overlap };
}
