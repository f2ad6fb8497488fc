/** Texts that nobody expected, given to the tokenizers of all kinds. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildTokenizer } from "../../../src/tokenizer/build-tokenizer.ts";
import { tokenizerFileNames } from "../../../src/tokenizer/tokenizer-files.ts";
import { buildWhitespaceTokenizer } from "../../../src/tokenizer/whitespace-tokenizer.ts";
import { mutateText, pick } from "../mutate.ts";
import type { Target } from "../target.ts";

const root = fileURLToPath(new URL("../../../test/fixtures/models", import.meta.url));

/** The tokenizers of the other kinds of model are as that of `bert`. */
const isTransformer = (name: string) => !/^(?:static|model2vec|router|word-embeddings)/.test(name);

const words = JSON.parse(readFileSync(join(root, "word-embeddings/whitespacetokenizer_config.json"), "utf8"));

const transformers = readdirSync(root)
  .filter(isTransformer)
  .map((name) => {
    const present = tokenizerFileNames.filter((file) => readdirSync(join(root, name)).includes(file));
    const files = new Map(present.map((file) => [file, readFileSync(join(root, name, file), "utf8")]));
    return { name, tokenizer: buildTokenizer(files) };
  });

const kinds = [...transformers, { name: "words", tokenizer: buildWhitespaceTokenizer(words, "words", 1_000_000) }];

const texts = [
  "He plays guitar, doesn't he?",
  "A street vendor is outside; 1,234.5 people—naïve—watch.\n\tOK?",
  "東京は日本の首都です。 한국어 텍스트",
  "الكتاب على الطاولة שלום עולם",
  "नमस्ते दुनिया 👩‍👩‍👧‍👦 e\u0301 ﬁ ½ Ⅳ",
  "<s> [CLS] </s> [MASK] <mask> ##ing ▁the Ġof",
];

export const tokenizers: Target = {
  name: "tokenizers",
  input(random) {
    const { name, tokenizer } = pick(random, kinds);
    const text = mutateText(random, pick(random, texts));
    return {
      shown: `${name}: ${JSON.stringify(text)}`,
      read() {
        const ids = tokenizer.encode(text);
        if (ids.length > tokenizer.maxLength) throw new Error(`${ids.length} ids`);
        const wrong = ids.find((id) => id < 0 || id >= tokenizer.vocabularySize);
        if (wrong !== undefined) throw new Error(`an id of ${wrong}`);
      },
    };
  },
};
