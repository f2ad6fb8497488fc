/** The first module of a student, and its tokenizer. */
import { plainTokenizerOf, tokenizerOf } from "../../encode/load-tokenizer.ts";
import type { Transformer } from "../../modules/transformer/transformer.ts";
import type { ModelTokenizer } from "../../tokenizer/build-tokenizer.ts";
import { tokenizerFileNames } from "../../tokenizer/tokenizer-files.ts";
import type { InputWithFiles } from "./model-files.ts";

export type StudentInput = Exclude<InputWithFiles, { kind: "WordEmbeddings" }>;

export function vocabularySizeOf({ kind, module }: StudentInput): number {
  return kind === "Transformer"
    ? module.transformerConfig.parsed.vocabularySize
    : (module.config.num_embeddings as number);
}

/** The tokenizer of the saved student, from its files. */
export function savedTokenizerOf(
  files: ReadonlyMap<string, Uint8Array>,
  { kind, module }: StudentInput,
): ModelTokenizer {
  const texts = new Map<string, string>();
  for (const [name, bytes] of files) {
    if (tokenizerFileNames.includes(name)) texts.set(name, new TextDecoder().decode(bytes));
  }
  if (kind === "Transformer") return tokenizerOf(texts, module);
  return plainTokenizerOf(texts.get("tokenizer.json")!, "tokenizer.json");
}

export function warnOfOwnCode(
  { transformerConfig: { family } }: Transformer,
  name: string,
  onWarning: ((message: string) => void) | undefined,
): void {
  if (!family.ownCode?.isOnlyOne) return;
  onWarning?.(
    `${name}: transformers has no ${family.className} of its own: load the student with trust_remote_code=True in Python, ` +
      "or its embeddings are wrong or loading fails",
  );
}
