/** HTML and PDF as inputs of an index, hostile ones included. Needs htmlparser2 and unpdf, which are optional. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Block } from "../../src/passage-index/chunk/block.ts";
import { blocksOfFile } from "../../src/passage-index/files/blocks-of-file.ts";
import { pdfLimits } from "../../src/passage-index/files/pdf-blocks.ts";
import { buildIndex, PassageIndex } from "../../src/passage-index/index.ts";
import { expectLinear } from "../expect-linear.ts";
import { tinyModel, writeFiles } from "./notes.ts";
import { pdfOf } from "./pdf.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-pages-"));
afterAll(() => rm(scratch, { recursive: true }));

const isThere = (name: string) =>
  import(name).then(
    () => true,
    () => false,
  );
const hasHtml = await isThere("htmlparser2");
const hasPdf = await isThere("unpdf");

async function read(name: string, content: string | Uint8Array, signal?: AbortSignal): Promise<Block[]> {
  const path = join(scratch, name);
  await writeFile(path, content);
  const blocks: Block[] = [];
  const options = { isLines: false, field: "text", onProblem: () => {} };
  for await (const block of blocksOfFile(path, options, signal)) blocks.push(block);
  return blocks;
}

const texts = (blocks: readonly Block[]) => blocks.map(({ text }) => text);

describe.runIf(hasHtml)("HTML", () => {
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Fruit &amp; more</title><style>p { color: red }</style></head>
<body>
<nav><a href="/">Home</a></nav>
<main>
<h1>Fruit</h1>
<p>Apples are <b>red</b>,<br>
mostly &lt;round&gt;.</p>
<ul><li>one</li><li>two <a href="x">linked</a></li></ul>
<h2>Pears</h2>
<pre>let pear = 1;
  indented();</pre>
<table><tr><th>name</th><th>colour</th></tr><tr><td>fig</td><td>purple</td></tr></table>
<script>alert("never")</script>
<div>Bare text</div>
</main>
<footer>Imprint</footer>
</body></html>`;

  test("gives its reader's text, with sections, title, language and lines", async () => {
    const blocks = await read("a.html", page);
    expect(blocks.map(({ kind, text }) => [kind, text])).toEqual([
      ["heading", "Fruit"],
      ["prose", "Apples are red,\nmostly <round>."],
      ["prose", "- one"],
      ["prose", "- two linked"],
      ["heading", "Pears"],
      ["lines", "let pear = 1;\n  indented();"],
      ["lines", "name | colour"],
      ["lines", "fig | purple"],
      ["prose", "Bare text"],
    ]);
    const [first, , , , pears] = blocks;
    const metadata = { title: "Fruit & more", lang: "en" };
    expect(first!.section).toEqual({
      ...{ metadata: { ...metadata, heading: "Fruit" }, context: ["Fruit & more", "Fruit"], lines: [6, 9] },
    });
    expect(pears!.section).toMatchObject({ metadata: { ...metadata, heading: "Fruit > Pears" }, lines: [10, 15] });
    expect(texts(await read("a.htm.gz", gzipSync(page)))).toEqual(texts(blocks));
    expect(texts(await read("a.html.zst", zstdCompressSync(page)))).toEqual(texts(blocks));
  });

  test("without a main part gives all but navigation and the like, in any encoding, however broken", async () => {
    expect(texts(await read("b.html", "Just text"))).toEqual(["Just text"]);
    expect(texts(await read("b.html", "<nav>no</nav><p>one<p>two</div></b><li>three"))).toEqual([
      "one",
      "two",
      "- three",
    ]);
    const latin = Buffer.from('<meta charset="iso-8859-1"><p>caf\u00e9', "latin1");
    expect(texts(await read("b.html", latin))).toEqual(["caf\u00e9"]);
    expect(texts(await read("b.html", Buffer.from("\ufeff<p>caf\u00e9", "utf16le")))).toEqual(["caf\u00e9"]);
    await expect(read("b.html", Buffer.from("<p>caf\u00e9", "latin1"))).rejects.toThrow(
      /a page in utf-8, got other bytes/,
    );
    expect(await read("b.html", "")).toEqual([]);
    expect(await read("b.html", "<script>only()</script>")).toEqual([]);
  });

  test("that is hostile is bounded", async () => {
    await expect(read("c.html", "<div>".repeat(2000))).rejects.toThrow(/nested more than 1000 deep/);
    const long = await read("c.html", `<p>${"word ".repeat(100_000)}`);
    expect(Math.max(...long.map(({ text }) => text.length))).toBeLessThanOrEqual(32_768 + 6);
    const bomb = gzipSync(Buffer.alloc(60_000_000, 32));
    await expect(read("c.html.gz", bomb)).rejects.toThrow(/at most 50 MB, got more/);
    await expect(read("c.html.zst", zstdCompressSync(Buffer.alloc(60_000_000, 32)))).rejects.toThrow(/at most 50 MB/);
    await expect(read("c.html.zst", "no zstd")).rejects.toThrow(/can't be unzipped/);
    await expect(read("c.html.gz", "no gzip")).rejects.toThrow(/can't be unzipped/);
    await expect(read("c.html", page, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });

  test("reads cells of paragraphs as a row, and a table for the layout as what is in it", async () => {
    const cells = (name: string, ...texts: string[]) =>
      texts.map((text) => `<${name}><p>${text}</p></${name}>`).join("");
    const table = `<table><tr>${cells("th", "name", "use")}</tr><tr>${cells("td", "fig", "jam")}</tr></table>`;
    expect((await read("a.html", table)).map(({ kind, text }) => [kind, text])).toEqual([
      ["lines", "name | use"],
      ["lines", "fig | jam"],
    ]);
    const cell = "<h1>Plums</h1>They<p>are</p>blue <div>and</div>sweet.<pre>let a;\n  b();</pre>End";
    const blocks = await read("b.html", `<table><tr><td>${cell}</td><td>Right</td></tr></table>`);
    expect(blocks.map(({ kind, text }) => [kind, text])).toEqual([
      ["heading", "Plums"],
      ...["They", "are", "blue", "and", "sweet."].map((text) => ["prose", text]),
      ["lines", "let a;\n  b();"],
      ["lines", "End | Right"],
    ]);
    expect(blocks.at(-1)!.section.metadata).toEqual({ heading: "Plums" });
  });

  test("whatever it is made of has blocks in order, within the lines of the file", async () => {
    const elements = [
      "p",
      "div",
      "table",
      "tr",
      "td",
      "pre",
      "h1",
      "h2",
      "li",
      "main",
      "script",
      "title",
      "svg",
      "b",
      "nav",
    ];
    const pieces = [
      ...elements.flatMap((name) => [`<${name}>`, `</${name}>`]),
      "<br>",
      "word ",
      "\n",
      "&amp;",
      "<!--",
      "-->",
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...pieces, "<", ">", "- ", "\0"), { maxLength: 40 }), async (parts) => {
        const html = parts.join("");
        const lines = html.split("\n").length;
        for (const { text, firstLine, lastLine, section } of await read("p.html", html)) {
          expect(text.trim()).not.toBe("");
          expect(text.split("\n").length).toBe(lastLine - firstLine + 1);
          const [first, last] = section.lines!;
          expect(1 <= first && first <= last && last <= lines).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ["elements", "<p>a</p>"],
    ["closing tags", "</p></x>"],
    ["attributes", '<a b="c" d=e>'],
    ["entities", "&amp;&lt;&bogus;&#99999999;"],
    ["comments", "<!-- a --><!"],
    ["cells", "<table><tr><td>a<td>b"],
    ["headings", "<h1>a</h1><h2>b"],
  ])("takes time that grows with its size only: %s", async (_, piece) => {
    await expectLinear(2000, (size) => read("d.html", piece.repeat(size)).catch(() => {}));
  });
});

describe.runIf(hasPdf)("PDF", () => {
  const pages = [["Apples are red and exam-", "ples of fruit.", "", "Pears are green."], ["Plums are blue."]];

  test("gives the text of each page, with its number and the title", async () => {
    const blocks = await read("a.pdf", pdfOf(pages, "On fruit"));
    expect(blocks.map(({ text, firstLine, section }) => [text, firstLine, section.metadata])).toEqual([
      ["Apples are red and examples\nof fruit.", 1, { title: "On fruit", page: 1 }],
      ["Pears are green.", expect.any(Number), { title: "On fruit", page: 1 }],
      ["Plums are blue.", 1, { title: "On fruit", page: 2 }],
    ]);
    expect(blocks[0]!.section.context).toEqual(["On fruit"]);
  });

  test("that is damaged, empty, locked or too much is told", async () => {
    const whole = pdfOf(pages);
    await expect(read("b.pdf", "no PDF")).rejects.toMatchObject({ code: "corrupt_file" });
    await expect(read("b.pdf", whole.subarray(0, 20))).rejects.toMatchObject({ code: "corrupt_file" });
    await expect(read("b.pdf", "")).rejects.toMatchObject({ code: "corrupt_file" });
    await expect(read("b.pdf", pdfOf([[]]))).rejects.toThrow(/no page has a text: .*OCR/);
    await expect(read("b.pdf", whole, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    const before = { ...pdfLimits };
    try {
      Object.assign(pdfLimits, { pages: 1 });
      await expect(read("b.pdf", whole)).rejects.toThrow(/has 2 pages, at most 1 are read/);
      Object.assign(pdfLimits, { ...before, characters: 10 });
      await expect(read("b.pdf", whole)).rejects.toThrow(/more than 10 characters/);
      Object.assign(pdfLimits, { ...before, milliseconds: 1 });
      await expect(read("b.pdf", whole)).rejects.toThrow(/more than 0.001 seconds/);
      Object.assign(pdfLimits, { ...before, bytes: 100 });
      await expect(read("b.pdf", whole)).rejects.toThrow(/at most 0.0001 MB/);
    } finally {
      Object.assign(pdfLimits, before);
    }
  });

  test("any damage ends in a text or an HpdError", { timeout: 120_000 }, async () => {
    const whole = pdfOf(pages);
    for (let at = 0; at < 12; at++) {
      const bytes = Uint8Array.from(whole);
      for (let times = 0; times < 6; times++)
        bytes[(at * 7919 + times * 104_729) % bytes.length] = (at * 31 + times) % 256;
      await read("c.pdf", bytes).catch((error) => expect(error.name).toBe("HpdError"));
    }
  });
});

test.runIf(hasHtml && hasPdf)("a folder of pages becomes an index, and what can't be read is told", async () => {
  const notes = join(scratch, "notes");
  await writeFiles(notes, {
    "a.html": "<title>Fruit</title><h1>Apples</h1><p>Apples are red.",
    "b.pdf": pdfOf([["Nothing here."], ["Pears are green."]]),
    "c.pdf": "no PDF",
    "d.html": "<div>".repeat(2000),
  });
  const out = join(scratch, "pages.index");
  const report = await buildIndex([notes], { out, model: tinyModel, load: { workers: 0 } });
  expect(report.skipped.map(({ reason }) => reason.replace(/^.*notes\//, "")).sort()).toEqual([
    expect.stringMatching(/^c\.pdf: the PDF can't be read: /),
    "d.html: its elements are nested more than 1000 deep",
  ]);
  expect(await buildIndex([notes], { out, load: { workers: 0 } })).toMatchObject({ embedded: 0, changedFiles: 0 });
  await using index = await PassageIndex.open(out, { workers: 0 });
  const [pear] = await index.search("pears", { mode: "text", filter: { page: { gte: 2 } } });
  expect(pear).toMatchObject({ text: "Pears are green.", file: "notes/b.pdf", metadata: { page: 2 } });
  const [apple] = await index.search("apples", { mode: "text", filter: { title: "Fruit" } });
  expect(apple).toMatchObject({ text: "Apples\n\nApples are red.", metadata: { heading: "Apples" } });
});
