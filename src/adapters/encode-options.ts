/** Options of `encode` that every adapter takes, and embeddings as frameworks want them. */
import { checkedOptions, type OptionTable } from "../common/options.ts";
import type { EncodeOptions } from "../encode/options.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

export interface AdapterEncodeOptions
  extends Pick<EncodeOptions, "prompt" | "promptName" | "truncateDim" | "normalizeEmbeddings"> {}

const table: OptionTable<AdapterEncodeOptions> = {
  prompt: "string",
  promptName: "string",
  truncateDim: "number",
  normalizeEmbeddings: "boolean",
};

/** @throws HpdError `invalid_argument` for an unknown option or a value of the wrong type */
export function checkedEncodeOptions<T extends AdapterEncodeOptions>(
  where: string,
  options: T,
  more: OptionTable<Omit<T, keyof AdapterEncodeOptions>>,
): T {
  return checkedOptions<T>(where, options, { ...table, ...more } as OptionTable<T>);
}

/** Rows as the arrays that frameworks of JavaScript work with. */
export function numberRows(embeddings: Embeddings): number[][] {
  return Array.from(embeddings, (row) => Array.from(row));
}
