/** The row encoder that tokenizes each text by itself. */
import { yieldToEventLoop } from "../../common/yielder.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { RowEncoder } from "./row-encoder.ts";

export interface ColumnPrompt {
  readonly text: string;
  /** Length in tokens, for pooling that excludes the prompt. */
  readonly tokens: number;
}

/** @param prompts one for each column. Default: none */
export function textEncoder(tokenizer: Pick<Tokenizer, "encode">, prompts: readonly ColumnPrompt[] = []): RowEncoder {
  return {
    async encode(columns) {
      const ids: Int32Array[][] = [];
      for (const [column, texts] of columns.entries()) {
        ids.push(await encodeAll(texts, prompts[column]?.text ?? "", tokenizer));
      }
      return { columns: ids, ...(prompts.length > 0 && { promptLengths: prompts.map(({ tokens }) => tokens) }) };
    },
  };
}

async function encodeAll(
  texts: readonly string[],
  prompt: string,
  tokenizer: Pick<Tokenizer, "encode">,
): Promise<Int32Array[]> {
  const ids: Int32Array[] = [];
  for (const text of texts) {
    // This thread also sends the learner its batches: don't block it for long.
    if (ids.length % 64 === 63) await yieldToEventLoop();
    ids.push(tokenizer.encode(prompt + text));
  }
  return ids;
}
