/** What is read of front matter, also where it is not quite YAML: it is never in a passage. */
import { expect, test } from "vitest";
import type { Block } from "../../src/passage-index/chunk/block.ts";
import { blocksOfMarkdown } from "../../src/passage-index/chunk/markdown-blocks.ts";

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
const asItems = "has items that can't be read, and are taken as the texts that stand there";

test.each([
  ["an unquoted colon", "title: Re: the plan", { title: "Re: the plan" }, `line 2 (title) ${asText}`],
  ["links", "people: [[Ann]], [[Bob]]", { people: "[[Ann]], [[Bob]]" }, `line 2 (people) ${asText}`],
  ["a key twice", "title: a\ntitle: b", { title: "b" }, "line 3 (title) is there a second time, which counts"],
  ["an @", "author: @me", { author: "@me" }, `line 2 (author) ${asText}`],
  ["a %", "rate: %5", { rate: "%5" }, `line 2 (rate) ${asText}`],
  ["lines below", "x: [y]\n  z", { x: ["y"] }, "line 2 (x) has lines below it that can't be read"],
  [
    "a list behind tabs",
    "x:\n\t- y\n\t- z",
    { x: ["y", "z"] },
    "line 2 (x) is indented by tabs, which are read as spaces",
  ],
  ["an item of a list", "x:\n  - '#y'\n  - @z\n  - 3", { x: ["#y", "@z", 3] }, `line 2 (x) ${asItems}`],
  ["an item in brackets", "x: [@y, 'a, b', %z, c: d]", { x: ["@y", "a, b", "%z", "c: d"] }, `line 2 (x) ${asItems}`],
  ["a list of mappings", "x:\n- name: a: b\n  at: c", { x: "- name: a: b at: c" }, `line 2 (x) ${asText}`],
  ["a tag that YAML doesn't know", "title: !important news", { title: "!important news" }, `line 2 (title) ${asText}`],
  ["no space behind a colon", "x:y\nz: 1", { x: "y", z: 1 }, undefined],
  [
    "integers beyond 2^53",
    "id: 1234567890123456789\nx: [-5, 9007199254740993]",
    { id: "1234567890123456789", x: [-5, "9007199254740993"] },
    undefined,
  ],
  ["another space", "x:\u00a0y", { x: "y" }, undefined],
  ["U+2028", "title: a\u2028b: c", { title: "a\u2028b: c" }, `line 2 (title) ${asText}`],
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
    const moved = problem?.replace(/\d/, (line) => String(Number(line) + (before === "" ? 1 : 0)));
    expect(problems).toEqual(moved === undefined ? [] : [moved]);
  }
});

test("lines that end in CRLF's CR, a list as far left as its key, comments, an end of dots", async () => {
  expect(await read('---\t\n# a comment\ntags:\n- plan\n- b\ntitle: Re: x\nlist:\n  - "a"\n...\nBody.')).toMatchObject({
    texts: ["Body."],
    metadata: { tags: ["plan", "b"], title: "Re: x", list: ["a"] },
  });
});

test("keys that are indented, all of them or below another", async () => {
  expect(await read("---\n  title: a: b\n  tags: [plan]\n---\nBody.")).toMatchObject({
    metadata: { title: "a: b", tags: ["plan"] },
    problems: [`line 2 (title) ${asText}`],
  });
  const below = "is indented like a part of the key above, and is read as a key of its own";
  expect(await read("---\ntitle: a\n  tags: [plan]\n\tmore: y: z\nlast: 1\n---\nBody.")).toMatchObject({
    texts: ["Body."],
    metadata: { title: "a", tags: ["plan"], more: "y: z", last: 1 },
    problems: [`line 3 (tags) ${below}`, `line 4 (more) ${below}; ${asText}`],
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
long = """
one
x = 2"""
"two words" = 1

[params]
author = 'Me'
[[resources]]
title = "a"
[[resources]]
title = "b"
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
      said: "it's",
      long: "one\nx = 2",
      "two words": 1,
      params: { author: "Me" },
      resources: [{ title: "a" }, { title: "b" }],
    },
    problems: [`line 11 (point) ${asText}`],
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
