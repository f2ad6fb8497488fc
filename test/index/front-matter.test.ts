/** What is read of front matter, also where it is not quite YAML: it is never in a passage. */
import { expect, test } from "vitest";
import type { Block } from "../../src/index/chunk/block.ts";
import { blocksOfMarkdown } from "../../src/index/chunk/markdown-blocks.ts";

async function read(content: string) {
  const blocks: Block[] = [];
  let problems: readonly string[] = [];
  const lines = (async function* () {
    yield* content.split("\n");
  })();
  for await (const block of blocksOfMarkdown(lines, (told) => {
    problems = told;
  })) {
    blocks.push(block);
  }
  return { texts: blocks.map(({ text }) => text), metadata: blocks.at(-1)?.section.metadata, blocks, problems };
}

const asText = "can't be read, and is taken as the text that stands there";

test.each([
  ["an unquoted colon", "title: Re: the plan", { title: "Re: the plan" }, `line 2 (title) ${asText}`],
  ["links", "people: [[Ann]], [[Bob]]", { people: "[[Ann]], [[Bob]]" }, `line 2 (people) ${asText}`],
  ["a key twice", "title: a\ntitle: b", { title: "b" }, "line 3 (title) is there a second time, and counts"],
  ["an @", "author: @me", { author: "@me" }, `line 2 (author) ${asText}`],
  ["a %", "rate: %5", { rate: "%5" }, `line 2 (rate) ${asText}`],
  ["a tab", "x:\t[y]\n\tmore: z", { x: ["y"] }, "line 2 (x) has lines below it that can't be read"],
  ["backticks", "cmd: `ls`", { cmd: "`ls`" }, `line 2 (cmd) ${asText}`],
  ["a quotation that ends early", 'title: "He said" no', { title: '"He said" no' }, `line 2 (title) ${asText}`],
  ["several lines", "about: a: b\n  and c\n  and d", { about: "a: b and c and d" }, `line 2 (about) ${asText}`],
  ["names of every object", "constructor: a: b", { constructor: "a: b" }, `line 2 (constructor) ${asText}`],
  ["an array in arrays", `x: ${"[".repeat(200)}${"]".repeat(200)}`, expect.anything(), `line 2 (x) ${asText}`],
])("%s", async (_, written, metadata, problem) => {
  for (const [before, after] of [
    [`${written}\n`, ""],
    ["", `\n${written}`],
  ]) {
    const {
      texts,
      metadata: found,
      problems,
    } = await read(`---\n${before}tags: [plan]${after}\n---\n\n### Plan\n\nBody.\n`);
    expect(texts).toEqual(["### Plan", "Body."]);
    expect(found).toEqual(expect.objectContaining({ tags: ["plan"], heading: "Plan" }));
    expect(found).toMatchObject(metadata);
    expect(problems).toEqual([before === "" ? problem.replace(/\d/, (line) => String(Number(line) + 1)) : problem]);
  }
});

test("lines that end in CRLF's CR, a list as far left as its key, comments, an end of dots", async () => {
  expect(await read('---\t\n# a comment\ntags:\n- plan\n- b\ntitle: Re: x\nlist:\n  - "a"\n...\nBody.')).toMatchObject({
    texts: ["Body."],
    metadata: { tags: ["plan", "b"], title: "Re: x", list: ["a"] },
  });
});

test("TOML", async () => {
  const toml = `+++
title = "Re: \\"x\\""
date = 2020-01-01T00:00:00Z # a comment
draft = true
count = 1_000
tags = ["plan", 'b',]
list = [
  "a",
  "c",
]
point = {x = 1}
said = '''it's'''

[params]
author = 'Me'
+++
Body.
`;
  expect(await read(toml)).toMatchObject({
    texts: ["Body."],
    metadata: {
      title: 'Re: "x"',
      date: "2020-01-01T00:00:00Z",
      draft: true,
      count: 1000,
      tags: ["plan", "b"],
      list: ["a", "c"],
      point: "{x = 1}",
      said: "'''it's'''",
      params: { author: "Me" },
    },
    problems: [`line 11 (point) ${asText}`, `line 12 (said) ${asText}`],
  });
});

test.each([
  "---\nWelcome to the project.\nNote: this is prose.\n---\nBody.",
  "---\nNote: this is: prose,\nand goes on.\n---\nBody.",
  "---\n- a list\n- of things\n---\nBody.",
  "+++\nSome prose.\n+++\nBody.",
  "---\ntitle: never closed\n\nBody.",
  `---\nlong: ${"x".repeat(40_000)}\n---\nBody.`,
])("what is none stays text: %.40j", async (content) => {
  const { blocks, problems } = await read(content);
  const letters = (text: string) => text.replace(/\s+/g, "");
  expect(letters(blocks.map(({ text }) => text).join("")) === letters(content)).toBe(true);
  expect(problems).toEqual([]);
});
