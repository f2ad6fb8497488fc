/**
 * One file of texts of many kinds for distillation, drawn from several files of texts or rows.
 *
 *     node --conditions hpd-source tools/data/mixed-texts.ts SENTENCES.txt.gz=500000 PAIRS.jsonl.gz:query=90000 ...
 *         --queries TECHNICAL.txt.gz=100000 --out mixed.txt.gz [--max-characters 1200] [--seed 42]
 *
 * A source is FILE=N, or FILE:FIELD=N for rows: N of its texts are drawn. `--queries`, which may come several times, draws
 * N spans of 2 to 8 words instead, half of them without stop words, as people type them into a search box. Longer texts
 * than `--max-characters` end at a word before it. A text comes once, whatever its letter case. Texts are in random
 * order, one a line, with single spaces.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { stopwords } from "@orama/stopwords/english";
import { Random } from "../../src/random.ts";
import { openTexts } from "../../src/texts/open-texts.ts";

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    queries: { type: "string", multiple: true, default: [] },
    "max-characters": { type: "string", default: "1200" },
    out: { type: "string" },
    seed: { type: "string", default: "42" },
  },
});
if (positionals.length === 0 || options.out === undefined) {
  throw new Error("sources and --out are missing: see the head of this program");
}
const random = new Random(Number(options.seed));
const maxCharacters = Number(options["max-characters"]);
const stopWords = new Set<string>(stopwords);

const seen = new Set<string>();
const texts: string[] = [];
for (const source of positionals) await take(source, (text) => text);
for (const source of options.queries) await take(source, query);

await writeFile(options.out, gzipSync(random.shuffle(texts).join("\n").concat("\n")));
console.error(`${options.out}: ${texts.length} texts`);

/** Adds the number of texts that `source` asks for, each changed by `change`. */
async function take(source: string, change: (text: string) => string): Promise<void> {
  const [, file, field, asked] = /^([^:=]+)(?::([^=]+))?=(\d+)$/.exec(source) ?? [];
  if (file === undefined) throw new Error(`a source should be FILE=N or FILE:FIELD=N, got ${source}`);
  const opened = await openTexts(file, { field: field ?? "text", signal: new AbortController().signal });
  const all: string[] = [];
  for await (const text of opened.texts) all.push(text);

  let taken = 0;
  for (const text of random.shuffle(all)) {
    if (taken === Number(asked)) break;
    const changed = cut(change(text.replaceAll(/\s+/gu, " ").trim()));
    if (changed === "" || seen.has(changed.toLowerCase())) continue;
    seen.add(changed.toLowerCase());
    texts.push(changed);
    taken++;
  }
  console.error(`${source}: ${taken} texts of ${all.length}`);
}

function cut(text: string): string {
  if (text.length <= maxCharacters) return text;
  return text.slice(0, text.lastIndexOf(" ", maxCharacters));
}

/** A span of 2 to 8 words, or an empty text where there are fewer. */
function query(text: string): string {
  const all = text
    .replaceAll(/[^\p{L}\p{N}_.+#/-]+/gu, " ")
    .trim()
    .split(" ");
  const words = random.nextFloat() < 0.5 ? all : all.filter((word) => !stopWords.has(word.toLowerCase()));
  if (words.length < 2) return "";
  const count = Math.min(words.length, 2 + random.nextInteger(7));
  const start = random.nextInteger(words.length - count + 1);
  return words
    .slice(start, start + count)
    .join(" ")
    .replaceAll(/[./-]+(?= |$)/gu, "");
}
