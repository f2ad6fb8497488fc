/** What passages are, whatever the text: nothing is lost, nothing is too long, lines are right, overlap is as asked. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Block, longestBlock } from "../../src/passage-index/chunk/block.ts";
import { type Chunk, chunkBlocks } from "../../src/passage-index/chunk/chunk.ts";
import { blocksOfMarkdown } from "../../src/passage-index/chunk/markdown-blocks.ts";
import { plainHeading } from "../../src/passage-index/chunk/plain-heading.ts";
import { blocksOfText } from "../../src/passage-index/chunk/text-blocks.ts";
import { anyCharacter } from "../any-character.ts";
import { expectLinear } from "../expect-linear.ts";

/** Two special tokens; words count by their letters, ideographs one each. Additive where there is white space. */
function countTokens(text: string): number {
  const words = text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu) ?? [];
  return 2 + words.reduce((sum, word) => sum + Math.ceil(word.length / 4), 0);
}

/** As some tokenizers are: the whole has more tokens than its sentences have alone. */
function countMore(text: string): number {
  return countTokens(text) + Math.floor((text.match(/\S\s+\S/g)?.length ?? 0) / 3);
}

/** As byte-level tokenizers are: white space has tokens, and what is counted in two parts has other ones. */
function countCharacters(text: string): number {
  return 2 + Math.ceil(text.length / 4);
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split("\n");
}

async function chunk(
  text: string,
  { maxTokens = 12, overlapTokens = 0, count = countTokens, isMarkdown = false } = {},
) {
  const blocks: Block[] = [];
  const reader = isMarkdown ? blocksOfMarkdown(linesOf(text)) : blocksOfText(linesOf(text), { metadata: {} });
  for await (const block of reader) blocks.push(block);
  return [...chunkBlocks(blocks, { countTokens: count, maxTokens, overlapTokens })];
}

const words = fc.oneof(
  fc.stringMatching(/^[a-z]{1,12}$/),
  fc.constantFrom("Mr.", "e.g.", "3.14", "数据库", "\u{1f600}", "ab\u0301c", "#", "##", "-", "1.", "```", "|", "---"),
  fc.stringMatching(/^[a-z]{30,200}$/),
  fc.string({ unit: anyCharacter, maxLength: 8 }).map((text) => text.replaceAll("\n", "")),
);
const texts = fc
  .array(fc.tuple(words, fc.constantFrom(" ", " ", " ", ". ", "! ", "\n", "\n\n", "\n  ", "\t")), { maxLength: 60 })
  .map((pairs) => pairs.flat().join(""));

/** A passage without the lines that make a piece of code or a table whole. */
function ownText({ text, added: { before, after } }: Chunk): string {
  return text.slice(before.length, text.length - after.length);
}

/** Where each passage stands: it is a piece of the text, and lies where its lines say. */
function placesOf(text: string, chunks: readonly Chunk[]): [number, number][] {
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  let from = 0;
  return chunks.map((each) => {
    const lineStart = Math.max(lineStarts[each.firstLine - 1]!, from);
    const start = text.indexOf(each.text, lineStart);
    expect(start).toBeGreaterThanOrEqual(0);
    expect(text.slice(0, start).split("\n").length).toBe(each.firstLine);
    expect(each.lastLine).toBe(each.firstLine + each.text.split("\n").length - 1);
    from = start + 1;
    return [start, start + each.text.length];
  });
}

describe.each([
  { name: "text", isMarkdown: false, count: countTokens },
  { name: "Markdown", isMarkdown: true, count: countTokens },
  { name: "text whose tokens don't add up", isMarkdown: false, count: countMore },
  { name: "Markdown whose white space has tokens", isMarkdown: true, count: countCharacters },
])("passages of $name", ({ isMarkdown, count }) => {
  test("hold every character, in order, and none has too many tokens", async () => {
    const check = async (text: string, maxTokens: number, overlapTokens: number) => {
      const chunks = await chunk(text, { maxTokens, overlapTokens, count, isMarkdown });
      for (const each of chunks) {
        expect(each.text.trim()).not.toBe("");
        // One character may be more than there is room for; nothing else may.
        if ([...each.text].length > 1) expect(count(each.text)).toBeLessThanOrEqual(maxTokens);
      }
      const squeezed = (part: string) => part.replace(/\s/gu, "");
      if (overlapTokens === 0) expect(chunks.map((each) => squeezed(ownText(each))).join("")).toBe(squeezed(text));
      for (const each of chunks) expect(squeezed(text)).toContain(squeezed(ownText(each)));
    };
    const ran = fc.asyncProperty(texts, fc.integer({ min: 4, max: 40 }), fc.constantFrom(0, 0, 5), check);
    await fc.assert(ran, { numRuns: 300, seed: 3 });
  });
});

test("lines are those of the file", async () => {
  const prose = texts.map((text) => text.replace(/[^\S\n]+(?=\n|$)/g, "").replace(/\n\s+\n/g, "\n\n"));
  const check = async (text: string) => {
    placesOf(text, await chunk(text, { maxTokens: 10 }));
  };
  await fc.assert(fc.asyncProperty(prose, check), { numRuns: 200, seed: 5 });
});

test("the last sentences that fit are repeated, and no others", async () => {
  const sentences = Array.from({ length: 40 }, (_, index) => `Word ${"word ".repeat(index % 4)}s${index}.`);
  const text = sentences.join(" ");
  const overlapTokens = 8;
  const chunks = await chunk(text, { maxTokens: 22, overlapTokens });
  const inside = chunks.map((each) => [...each.text.matchAll(/s(\d+)\./g)].map(([, number]) => Number(number)));
  const tokensOf = (number: number) => countTokens(sentences[number]!) - 2;
  expect(inside.length).toBeGreaterThan(5);
  for (const [index, numbers] of inside.entries()) {
    const before = inside[index - 1] ?? [];
    const shared = numbers.filter((number) => before.includes(number));
    const tokens = shared.reduce((sum, number) => sum + tokensOf(number), 0);
    expect(tokens).toBeLessThanOrEqual(overlapTokens);
    expect(numbers.length).toBeGreaterThan(shared.length);
    if (index === 0) continue;
    // One more would have been too much, for the overlap or for the first new sentence.
    const more = tokens + tokensOf(numbers[0]! - 1);
    expect(more > overlapTokens || more + tokensOf(numbers[shared.length]!) + 2 > 22).toBe(true);
  }
});

test("a line end inside a paragraph is no end of a sentence", async () => {
  const [only] = await chunk("One sentence over\ntwo lines. Another\none.", { maxTokens: 9 });
  expect(only).toMatchObject({ text: "One sentence over\ntwo lines.", firstLine: 1, lastLine: 2 });
});

test("Markdown: sections, headings, code, front matter", async () => {
  const text = [
    "---",
    "author: Jane",
    "year: 2021",
    "---",
    "Before any heading.",
    "# Install #",
    "From npm.",
    "",
    "Sub title",
    "---",
    "```sh",
    "# no heading",
    "```",
    "## From   *source*",
    "- one",
    "- two",
  ].join("\n");
  const chunks = await chunk(text, { maxTokens: 200, isMarkdown: true });
  expect(chunks.map((each) => [each.firstLine, each.lastLine, each.section.metadata])).toEqual([
    [5, 5, { author: "Jane", year: 2021 }],
    [6, 7, { author: "Jane", year: 2021, heading: "Install" }],
    [9, 13, { author: "Jane", year: 2021, heading: "Install > Sub title" }],
    [14, 16, { author: "Jane", year: 2021, heading: "Install > From source" }],
  ]);
  expect(chunks[2]!.text).toBe("Sub title\n---\n```sh\n# no heading\n```");
});

test("Markdown: what looks like a heading or a fence and is none, and what is one without end", async () => {
  const text = [
    "# Top",
    "- item",
    "---",
    "> said",
    "---",
    "```ls``` lists files",
    "## Below",
    "Text.",
    `# ${"word ".repeat(10_000)}`,
    "Last.",
  ].join("\n");
  const chunks = await chunk(text, { maxTokens: 200, isMarkdown: true });
  const headings = [...new Set(chunks.map(({ section }) => section.metadata.heading as string))];
  expect(headings.slice(0, 2)).toEqual(["Top", "Top > Below"]);
  expect(headings[2]).toMatch(/^word .* word \.\.\.$/);
  expect(headings[2]!.length).toBeLessThan(210);
  expect(
    chunks
      .map((each) => each.text)
      .join(" ")
      .match(/word/g)!.length,
  ).toBe(10_000);
});

test("front matter that is none stays text", async () => {
  for (const text of ["---\njust a ruler\n---\nText.", "---\nnot: [closed\n---\nText.", "---\nopen: 1\nText."]) {
    const chunks = await chunk(text, { maxTokens: 200, isMarkdown: true });
    const all = chunks.map((each) => each.text).join("");
    for (const word of text.match(/\w+/g)!) expect(all).toContain(word);
  }
});

test("a long text without a space, or without a sentence's end, take time in proportion", {
  timeout: 60_000,
}, async () => {
  for (const piece of ["x", "word ", "数"]) {
    await expectLinear(60_000, async (length) => {
      const text = piece.repeat(length / piece.length);
      const chunks = await chunk(text, { maxTokens: 130, overlapTokens: 20 });
      expect(
        chunks
          .map((each) => each.text)
          .join("")
          .replace(/\s/g, "").length,
      ).toBeGreaterThanOrEqual(text.replace(/\s/g, "").length);
    });
  }
});

test("blocks stay small, whatever is in the file", async () => {
  const text = `${"y".repeat(200_000)}\n${"a line\n".repeat(20_000)}`;
  for await (const block of blocksOfText(linesOf(text), { metadata: {} })) {
    expect(block.text.length).toBeLessThanOrEqual(longestBlock);
  }
});

describe("Markdown by structure", () => {
  const markdown = (text: string | readonly string[], maxTokens: number) =>
    chunk(typeof text === "string" ? text : text.join("\n"), { maxTokens, isMarkdown: true });

  test("a heading is never alone: one without text goes to what follows, the last one to what stands before", async () => {
    const text = ["# Top", "", "## Empty", "", "## Install", "", "From npm.", "", "## Nothing"];
    const chunks = await markdown(text, 60);
    expect(chunks.map((each) => each.text)).toEqual(["# Top\n\n## Empty\n\n## Install\n\nFrom npm.\n\n## Nothing"]);
    expect(chunks[0]).toMatchObject({ firstLine: 1, lastLine: 9, section: { metadata: { heading: "Top > Install" } } });
    // A paragraph that doesn't fit behind it is divided, so that some of it stands there.
    const sentences = Array.from({ length: 6 }, (_, at) => `Sentence number ${at}.`).join(" ");
    for (const each of await markdown(["# A heading that is rather long", sentences], 20)) {
      expect(each.text).toContain("Sentence");
    }
    expect((await markdown("# Only", 20)).map((each) => each.text)).toEqual(["# Only"]);
  });

  test("code is whole where it fits, and each piece of longer code is code", async () => {
    const code = ["```js", "const one = 1;", "  const two = 2;", "", "const three = 3;", "```"];
    const before = "Some words of a paragraph that stand before the code and fill the passage.";
    const [first, second, ...others] = await markdown([before, "", ...code, "", "Then."], 30);
    expect(others).toEqual([]);
    expect(first!.text).toBe(before);
    expect(second!.text).toBe(`${code.join("\n")}\n\nThen.`);

    const long = Array.from({ length: 30 }, (_, at) => `  step(${at});`);
    const pieces = await markdown(["~~~~ts", ...long, "~~~~~"], 30);
    expect(pieces.length).toBeGreaterThan(3);
    for (const { text } of pieces) {
      expect(text).toMatch(/^~~~~ts\n {2}step.*\n {2}step\(\d+\);\n~{4,5}$/s);
      expect(countTokens(text)).toBeLessThanOrEqual(30);
    }
    expect(pieces.map(ownText).join("\n").match(/step/g)!.length).toBe(30);
    expect(pieces[1]!.firstLine).toBe(pieces[0]!.lastLine + 1);
    expect(pieces.at(-1)!.lastLine).toBe(32);
  });

  test("a piece that the lines around it would make too long goes without them", async () => {
    const chunks = async (lines: string[], maxTokens: number) =>
      (await chunk(lines.join("\n"), { maxTokens, isMarkdown: true, count: countCharacters })).map(({ text }) => text);
    const lines = ["```ts", "      const one = 1;", "      const two = 222;", "```"];
    for (let maxTokens = 8; maxTokens < 20; maxTokens++) {
      const texts = await chunks(lines, maxTokens);
      for (const text of texts) expect(countCharacters(text)).toBeLessThanOrEqual(maxTokens);
    }
  });

  test("code in a list item is code, whatever its indentation", async () => {
    const chunks = await markdown(
      ["1. Build it", "", "     ```sh", "     # no heading", "     ```", "", "# Next", "Text."],
      60,
    );
    expect(chunks.map((each) => each.section.metadata.heading)).toEqual([undefined, "Next"]);
  });

  test("each piece of a table has its header", async () => {
    const rows = Array.from({ length: 20 }, (_, at) => `| name${at} | value |`);
    const pieces = await markdown(["| Name | Value |", "|---|:-:|", ...rows], 40);
    expect(pieces.length).toBeGreaterThan(2);
    for (const { text } of pieces) expect(text).toMatch(/^\| Name \| Value \|\n\|---\|:-:\|\n\| name\d/);
  });

  test("a passage that doesn't begin with its heading is embedded with the headings above it", async () => {
    const sentences = Array.from({ length: 20 }, (_, at) => `Sentence number ${at}.`).join(" ");
    const text = ["---", "title: Guide", "---", "Intro.", "# Use", "## On *Linux*", sentences];
    const chunks = await markdown(text, 40);
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks[0]!.context).toBe("Guide\n");
    for (const { text, context } of chunks.slice(1)) {
      expect(context).toBe(text.startsWith("#") ? "" : "Guide > Use > On Linux\n");
      expect(countTokens(context + text)).toBeLessThanOrEqual(40);
    }
  });
});

test("Markdown takes time in proportion, whatever its structure", { timeout: 60_000 }, async () => {
  const deep = [1, 2, 3, 4, 5].map((level) => `${"#".repeat(level)} ${"long ".repeat(30)}\n`).join("");
  const pieces = [
    "# a\n",
    "## a\nb\n",
    "```\nx\n```\n",
    "~~~\n",
    "| a | b |\n",
    "|a|\n|-|\n\n",
    "- ```\n",
    "a\n=\n",
    "<h1>x</h1>\n",
  ];
  for (const piece of [...pieces, "> a\n---\n", "1. a\n   ```\n   b\n"]) {
    await expectLinear(20_000, (length) =>
      chunk(deep + piece.repeat(length / piece.length), { maxTokens: 130, overlapTokens: 20, isMarkdown: true }),
    );
  }
});

test("headings are plain text", () => {
  const plain = {
    "convert-source-map [![Build Status][ci-image]][ci-url]": "convert-source-map",
    "![logo](http://example.com/x(1).png) FlatBuffers": "FlatBuffers",
    "t.isNumber(n) \u21d2 <code>boolean</code>": "t.isNumber(n) \u21d2 boolean",
    "**Bold** and `code * x`, [link](a 't') __init__ snake_case_name": "Bold and code * x, link init snake_case_name",
    "`chalk.<style>` of 2 * 3 * 4": "chalk.<style> of 2 * 3 * 4",
    "[1.2.0] - 2020": "[1.2.0] - 2020",
    "a \\[x\\] &amp; b &#39; <!-- no -->": "a [x] & b '",
    '<a name="x"></a>The ~~old~~ *API* {#api}': "The old API",
    "array[0] of ![x": "array[0] of ![x",
    "[![badge](s)](h)": "",
  };
  for (const [written, expected] of Object.entries(plain)) expect(plainHeading(written)).toBe(expected);
});

test("headings take time in proportion, whatever is in them", async () => {
  for (const piece of ["[", "`", "*a", "[](", "_ ", "<a", "~~a", "&#1", "\\", "!["])
    await expectLinear(100_000, (length) => plainHeading(piece.repeat(length / piece.length)));
});
