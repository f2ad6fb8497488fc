/**
 * Time grows with the length of what is read, not with its square: for every reader of texts that somebody else wrote, and
 * for what each of their regular expressions and loops finds hardest.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { replaceSynonyms } from "../src/distillation/augmentation/replace-synonyms.ts";
import { sentencesOf } from "../src/distillation/corpus/sentence-files.ts";
import { pairLabelOf } from "../src/evaluation/tasks/pair-label.ts";
import { numberIn } from "../src/evaluation/tasks/read-tab-separated.ts";
import { termsOf, wordSegmenter, wordsOf } from "../src/map/words/terms.ts";
import { chunkBlocks } from "../src/passage-index/chunk/chunk.ts";
import { blocksOfFile } from "../src/passage-index/files/blocks-of-file.ts";
import { Random } from "../src/random.ts";
import { expectLinear } from "./expect-linear.ts";
import { isTestedPair } from "./share-of-pairs.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-growth-"));
afterAll(() => rm(folder, { recursive: true }));
const { signal } = new AbortController();

const length = 24_000;

/** Repeated, or around something that is: what a pattern may try again and again. */
const shapes: Readonly<Record<string, (length: number) => string>> = {
  "one letter": (n) => "a".repeat(n),
  spaces: (n) => `a${" ".repeat(n)}b`,
  "spaces alone": (n) => " ".repeat(n),
  "line ends": (n) => "\n".repeat(n),
  "line ends of three kinds": (n) => `a${"\r\n\r\n\n".repeat(n / 5)}b`,
  "words with a separator": (n) => "a\u2028 b ".repeat(n / 5),
  sentences: (n) => "A. b! ".repeat(n / 6),
  digits: (n) => `${"1".repeat(n)}x`,
  "digits and points": (n) => "1.1e1".repeat(n / 5),
  "quotation marks": (n) => '"'.repeat(n),
  "doubled ones, open": (n) => `"${'""'.repeat(n / 2)}`,
  delimiters: (n) => ",\t".repeat(n / 2),
  brackets: (n) => "[".repeat(n),
  "brackets in pairs": (n) => "[](".repeat(n / 3),
  braces: (n) => '{"a":'.repeat(n / 5),
  backslashes: (n) => `"${"\\".repeat(n)}`,
  "a heading of spaces": (n) => `# ${" ".repeat(n)}x\u2028y`,
  "a heading with spaces in it": (n) => `# a${" ".repeat(n)}b`,
  "a heading of number signs": (n) => `# a ${"# ".repeat(n / 2)}b`,
  headings: (n) => "# a\n".repeat(n / 4),
  "headings of each level": (n) => "# a\n## b\n### c\n".repeat(n / 15),
  underlines: (n) => `a\n${"=".repeat(n)}x`,
  "rulers below a list": (n) => `- a\n${"---\n".repeat(n / 4)}`,
  "rulers below a text": (n) => `> a\n${"===\n".repeat(n / 4)}`,
  fences: (n) => "```\n".repeat(n / 4),
  "a long fence": (n) => `${"`".repeat(n)}\na\n`,
  "ticks and a tick": (n) => `${"`".repeat(n)} a \``,
  "list items": (n) => "- a\n".repeat(n / 4),
  "an indented item": (n) => `${" ".repeat(n)}- a`,
  "table rows": (n) => "| a | b |\n".repeat(n / 10),
  tags: (n) => `# ${"<a ".repeat(n / 3)}`,
  "html headings": (n) => "<h1>a</h1>\n".repeat(n / 11),
  emphasis: (n) => `# ${"*a _b `c ".repeat(n / 9)}`,
  "front matter of keys": (n) => `---\n${"a: b: c\n".repeat(n / 8)}---\ntext`,
  "front matter of commas": (n) => `---\na: [${",".repeat(n)}]\n---\ntext`,
  "front matter of anchors": (n) => `---\na: ${"&a ".repeat(n / 3)}\n---\ntext`,
  "front matter that doesn't end": (n) => `---\n${"a: b\n".repeat(n / 5)}`,
  "high surrogates": (n) => "\ud83c\udfb8".repeat(n / 2),
  ideographs: (n) => "数据".repeat(n / 2),
};

async function drain(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values);
}

const countTokens = (text: string) => 2 + Math.ceil(text.length / 4);

async function indexed(text: string, file: string): Promise<void> {
  await writeFile(file, text);
  const blocks = [];
  const options = { isLines: false, field: "text", onProblem() {} };
  for await (const block of blocksOfFile(file, options, signal)) blocks.push(block);
  for (const _ of chunkBlocks(blocks, { countTokens, maxTokens: 64, overlapTokens: 8 }));
}

/** Files: the text as it is, and as a text in each format. */
const files: readonly (readonly [extension: string, contentOf: (text: string) => string])[] = [
  ["md", (text) => text],
  ["txt", (text) => text],
  ["csv", (text) => text],
  ["tsv", (text) => `text\n${text}`],
  ["json", (text) => text],
  ["csv", (text) => `text,n\n"${text.replaceAll('"', '""')}",1\n`],
  ["jsonl", (text) => `${JSON.stringify({ text, other: text })}\n`],
  ["json", (text) => JSON.stringify([text, { text }])],
];

test("what is quadratic is found", async () => {
  const quadratic = (n: number) => {
    let steps = 0;
    for (let row = 0; row < n; row += 5) for (let column = 0; column < n; column += 5) steps += column & row;
    return steps;
  };
  await expect(expectLinear(length, quadratic)).rejects.toThrow();
});

for (const [row, [shape, textOf]] of Object.entries(shapes).entries()) {
  test(shape, { timeout: 60_000 }, async () => {
    for (const [index, [extension, contentOf]] of files.entries()) {
      if (!isTestedPair(row, index)) continue;
      const file = join(folder, `${index}.${extension}`);
      await expectLinear(length, (n) => indexed(contentOf(textOf(n)), file).catch(() => {}));
    }
    const sentences = join(folder, "sentences.tsv");
    await expectLinear(length, async (n) => {
      await writeFile(sentences, `text\n${textOf(n)}`);
      await drain(sentencesOf({ path: sentences }, signal)).catch(() => {});
    });
    const segmenter = wordSegmenter();
    const synonyms = new Map([["a", ["c"]]]);
    const trying = (work: () => unknown) => {
      try {
        work();
      } catch {
        // Refused, which is as good.
      }
    };
    await expectLinear(length, (n) => {
      const text = textOf(n);
      trying(() => numberIn(text, "line 1"));
      trying(() => pairLabelOf(text, "line 1"));
      trying(() => termsOf(wordsOf(text, segmenter), new Set()));
      trying(() => replaceSynonyms(text, synonyms, 0.1, new Random(1)));
    });
  });
}
