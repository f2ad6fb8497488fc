/** Files of rows and lines, as `hpd encode` and `hpd index build` read them. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { blocksOfFile } from "../../../src/passage-index/files/blocks-of-file.ts";
import { openTexts } from "../../../src/texts/open-texts.ts";
import { mutateBytes, mutateText, pick } from "../mutate.ts";
import type { Target } from "../target.ts";
import { temporaryFile } from "../temporary-file.ts";

const sentences: readonly string[] = [
  'text,label\n"a, ""quoted"" cell",1\nplain,2\n"two\nlines",3\n',
  'text\tlabel\r\na cell\t1\r\nan "other"\t2\r\n',
  '{"text": "one", "label": 1}\n{"text": "two\\n", "tags": ["a", null], "deep": {"a": 1}}\n\n{"text": ""}\n',
  '[{"text": "one", "label": 1},\n "two", {"text": "", "tags": ["a", {"b": "]"}]}]\n',
  "one line\nanother, with 日本 é\r\n\n  spaces  \n",
];
const extensions = ["csv", "tsv", "jsonl", "json", "txt"];

export const rows: Target = {
  name: "rows",
  input(random) {
    const index = random.nextInteger(sentences.length);
    const text = mutateText(random, sentences[index]!);
    const bytes = random.nextInteger(4) === 0 ? mutateBytes(random, new TextEncoder().encode(text)) : Buffer.from(text);
    const isZipped = random.nextInteger(8) === 0;
    const name = `${pick(random, [extensions[index]!, extensions[index]!, pick(random, extensions)])}`;
    const field = pick(random, ["text", "text", "text", "label", "constructor", "__proto__", ""]);
    const isIndexed = random.nextInteger(2) === 0;
    return {
      shown: `${name}${isZipped ? ".gz" : ""}, field ${field}: ${JSON.stringify(Buffer.from(bytes).toString("latin1"))}`,
      async read() {
        const path = temporaryFile(`rows.${name}${isZipped ? ".gz" : ""}`, isZipped ? gzipSync(bytes) : bytes);
        if (isIndexed) await drain(blocksOfFile(path, { isLines: false, field, onProblem: () => {} }, undefined));
        else await drain((await openTexts(path, { field, signal: new AbortController().signal })).texts);
      },
    };
  },
};

const folder = new URL("../../../test/fixtures/tables/", import.meta.url);
const parquetFiles = readdirSync(folder)
  .filter((name) => name.endsWith(".parquet"))
  .map((name) => new Uint8Array(readFileSync(new URL(name, folder))));

/** Of the files that have every type and encoding. */
const typedColumns = ["sorted", "dictionary", "int32", "int64", "uint32", "float", "half", "decimal", "bool", "list"];

export const parquet: Target = {
  name: "parquet",
  input(random) {
    const file = pick(random, parquetFiles);
    // Half of the damage goes to the footer: most of a file is values.
    const footer = file.length - 8 - new DataView(file.buffer, file.byteOffset + file.length - 8).getUint32(0, true);
    const start = random.nextInteger(2) === 0 ? footer : 0;
    const bytes = Buffer.concat([file.subarray(0, start), mutateBytes(random, file.subarray(start))]);
    const field = pick(random, ["text", "text", "text", "sentence1", "label", ...typedColumns]);
    return {
      shown: `field ${field}, as base64: ${Buffer.from(bytes).toString("base64")}`,
      async read() {
        const path = temporaryFile("rows.parquet", bytes);
        await drain((await openTexts(path, { field, signal: new AbortController().signal })).texts);
      },
    };
  },
};

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}
