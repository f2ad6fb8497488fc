/** The program that draws texts of many kinds into one file. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../tools/data/mixed-texts.ts", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "hpd-mixed-texts-"));
afterAll(() => rm(folder, { recursive: true }));

const sentences = join(folder, "sentences.txt");
await writeFile(sentences, "A dog runs.\na dog  runs.\nA man eats the bread.\nIt is warm and it rains in the north\n");
const pairs = join(folder, "pairs.jsonl");
await writeFile(pairs, `${JSON.stringify({ query: "how to\nlist files", positive: "one two three four" })}\n`);

async function textsOf(...flags: string[]): Promise<string[]> {
  const out = join(folder, "mixed.txt.gz");
  await promisify(execFile)(process.execPath, ["--conditions=hpd-source", program, ...flags, "--out", out]);
  return gunzipSync(await readFile(out))
    .toString("utf8")
    .trimEnd()
    .split("\n");
}

test("draws from texts and fields, each text once, on one line", async () => {
  const texts = await textsOf(`${sentences}=9`, `${pairs}:query=9`);
  expect(texts).toHaveLength(4);
  expect(texts.map((text) => text.toLowerCase()).toSorted()).toEqual([
    "a dog runs.",
    "a man eats the bread.",
    "how to list files",
    "it is warm and it rains in the north",
  ]);
  expect(await textsOf(`${sentences}=2`)).toHaveLength(2);
});

test("queries are spans of words, with and without stop words", async () => {
  const spans = await textsOf(`${sentences}=1`, "--queries", `${sentences}=9`, "--seed", "3");
  for (const span of spans) expect(span.split(" ").length).toBeGreaterThan(1);
  const source = await readFile(sentences, "utf8");
  const words = new Set(source.split(/[\s.]+/u));
  expect(spans.flatMap((span) => span.split(/[\s.]+/u)).filter((word) => !words.has(word))).toEqual([]);
});

test("long texts end at a word; equal seeds draw the same", async () => {
  const texts = await textsOf(`${pairs}:positive=1`, "--max-characters", "9");
  expect(texts).toEqual(["one two"]);
  const drawn = await textsOf(`${sentences}=2`, "--seed", "7");
  expect(await textsOf(`${sentences}=2`, "--seed", "7")).toEqual(drawn);
});

test("refuses a source without a number", async () => {
  await expect(textsOf(sentences)).rejects.toThrow("a source should be FILE=N or FILE:FIELD=N");
});
