/** Building and searching, whole: what is embedded when, what is refused, what is found. */
import { mkdir, mkdtemp, readdir, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import { HpdError } from "../../src/errors.ts";
import { type BuildOptions, buildIndex, PassageIndex, searchModes } from "../../src/passage-index/index.ts";
import { indexLocation } from "../../src/passage-index/location.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";
import { contentOf, longLines, otherModel, tinyModel, writeFiles } from "./notes.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-index-"));
afterAll(() => rm(scratch, { recursive: true }));

let runs = 0;
let notes: string;
let out: string;
beforeEach(() => {
  notes = join(scratch, `${runs}`, "notes");
  out = join(scratch, `${runs++}`, "my.index");
});

// Threads would take longer to start than to embed what is here.
const load = { workers: 0 };
const build = (options: Partial<BuildOptions> = {}, inputs = [notes]) =>
  buildIndex(inputs, { out, model: tinyModel, load, ...options });
const open = () => PassageIndex.open(out, load);

async function search(query: string, options = {}): Promise<string[]> {
  await using index = await open();
  return (await index.search(query, options)).map(({ text }) => text);
}

describe("incremental", () => {
  test("inputs that are no array of paths are refused", async () => {
    const refused = buildIndex("notes" as unknown as string[], { out: join(tmpdir(), "hpd-never.index") });
    await expect(refused).rejects.toThrow("inputs should be an array of paths, got a text");
  });

  test("only what changed is embedded again, and what is gone disappears", async () => {
    await writeFiles(notes, {
      "a.txt": "Apples are red.",
      "b.md": "# Pears\n\nPears are green.",
      "sub/c.txt": "Plums are blue.",
      "empty.txt": "",
    });
    expect(await build()).toMatchObject({ files: 4, passages: 3, embedded: 3, changedFiles: 3, unchangedFiles: 1 });
    expect(await build()).toMatchObject({ passages: 3, embedded: 0, changedFiles: 0, unchangedFiles: 4 });

    await writeFiles(notes, { "b.md": "# Pears\n\nPears are yellow.", "d.txt": "Figs are purple." });
    await rm(join(notes, "a.txt"));
    const report = await build();
    expect(report).toMatchObject({
      passages: 3,
      embedded: 2,
      changedFiles: 2,
      unchangedFiles: 2,
      removed: ["notes/a.txt"],
    });
    expect((await search("red apples", { mode: "text" })).length).toBe(0);
    expect(await search("yellow", { mode: "text" })).toEqual(["# Pears\n\nPears are yellow."]);

    // The same as an index that was made of this at once.
    const first = await contentOf(out);
    out = `${out}.new`;
    await build();
    expect(await contentOf(out)).toEqual(first);
  });

  test("a file that grows is embedded from where it changed, one that shrinks loses what is gone", async () => {
    const lines = longLines(600, 2).split("\n");
    const write = (count: number) => writeFiles(notes, { "log.txt": lines.slice(0, count).join("\n") });
    await write(580);
    const options = { lines: true };
    expect((await build(options)).passages).toBe(580);
    await write(600);
    const grown = await build(options);
    expect(grown.passages).toBe(600);
    expect(grown.embedded).toBeLessThan(200);
    await write(100);
    expect(await build(options)).toMatchObject({ passages: 100, changedFiles: 1 });
  });

  test("other settings make other passages", async () => {
    await writeFiles(notes, { "a.txt": "One two three four five. Six seven eight nine ten.\nEleven twelve." });
    expect((await build()).embedded).toBe(1);
    expect((await build({ chunkTokens: 20, overlapTokens: 0 })).embedded).toBeGreaterThan(1);
    expect(await build({ lines: true, chunkTokens: 100 })).toMatchObject({ passages: 2, embedded: 2 });
  });

  test("what is not said is as in the build before", async () => {
    await writeFiles(notes, { "a.txt": "One.\nTwo.", "b.jsonl": '{"body": "Three."}\n' });
    const first = await build({
      lines: true,
      field: "body",
      chunkTokens: 20,
      overlapTokens: 3,
      load: { truncateDim: 4, dtype: "int8" },
    });
    expect(first).toMatchObject({ passages: 3, skipped: [] });
    expect(await buildIndex([notes], { out, load })).toMatchObject({ passages: 3, embedded: 0, unchangedFiles: 2 });
    await build({ chunkTokens: 40 });
    await using index = await open();
    expect(index.description.settings).toEqual({ lines: true, field: "body", chunkTokens: 40, overlapTokens: 5 });
    await expect(build({ load: { truncateDim: 3 } })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("truncateDim 4"),
    });
  });

  test("an index is put in order by the next build, where the one before was stopped before that", async () => {
    // One part, and so one commit.
    await writeFiles(notes, { "a.txt": longLines(30, 3) });
    const stop = new AbortController();
    const stopped = build({ signal: stop.signal, onProgress: ({ passages }) => passages > 0 && stop.abort() });
    await expect(stopped).rejects.toThrow();
    expect(await build()).toMatchObject({ embedded: 0, changedFiles: 0 });
    const { connect } = await import("@lancedb/lancedb");
    const table = await (await connect(out)).openTable("passages");
    expect((await table.indexStats("text_idx"))?.numUnindexedRows).toBe(0);
    const { version } = (await table.listVersions()).at(-1)!;
    await build();
    await table.checkoutLatest();
    // Where all is in order, nothing is written.
    expect((await table.listVersions()).map((each) => each.version)).toEqual([version]);
  });
});

describe("a file is the same", () => {
  test("however it is typed and from wherever, and where index and files are moved together", async () => {
    await writeFiles(notes, { "a.txt": "Apples are red.", "sub/b.md": "# Pears\n\nPears are green." });
    expect(await build()).toMatchObject({ embedded: 2 });
    const parent = dirname(notes);
    const link = join(scratch, `link-${runs}`);
    await symlink(parent, link);
    const here = relative(process.cwd(), notes);
    for (const typed of [here, `./${here}/`, `${notes}/../notes`, join(link, "notes")]) {
      const same = await build({}, [typed]);
      expect(same).toMatchObject({ embedded: 0, unchangedFiles: 2, removed: [] });
    }
    expect((await contentOf(out)).passages.map(({ file }) => file)).toEqual(["notes/a.txt", "notes/sub/b.md"]);
    out = join(link, "my.index");
    expect(await build()).toMatchObject({ embedded: 0, unchangedFiles: 2 });

    const moved = `${parent}-moved`;
    await rename(parent, moved);
    out = join(moved, "my.index");
    expect(await build({}, [join(moved, "notes")])).toMatchObject({ embedded: 0, unchangedFiles: 2, removed: [] });
    await using index = await open();
    const [hit] = await index.search("pears", { mode: "text" });
    expect(hit).toMatchObject({ file: "notes/sub/b.md", path: join(await realpath(moved), "notes/sub/b.md") });
  });

  test("files that lie elsewhere than the index have their whole path", async () => {
    const elsewhere = join(await realpath(scratch), `elsewhere-${runs}`);
    await writeFiles(elsewhere, { "a.txt": "Apples are red." });
    await build({}, [elsewhere]);
    expect((await contentOf(out)).passages.map(({ file }) => file)).toEqual([`${elsewhere}/a.txt`]);
    expect(await build({}, [relative(process.cwd(), elsewhere)])).toMatchObject({ embedded: 0, unchangedFiles: 1 });
  });

  test("in an index that named it as it was typed", async () => {
    await writeFiles(notes, { "a.txt": "Apples are red." });
    await build();
    const old = "../some/where/notes/a.txt";
    await using store = (await indexLocation(out).open("write"))!;
    const { dimension } = store.description;
    const passages = [{ id: `${old}#0.0`, file: old, firstLine: 1, lastLine: 1, text: "Old.", metadata: {} }];
    const embeddings = new Embeddings(new Float32Array(dimension).fill(0.1), 1, dimension);
    await store.update({ parts: [{ file: old, part: 0, hash: "", passages, embeddings }], removed: [] });
    await store.dispose();
    expect(await build()).toMatchObject({ unchangedFiles: 1, removed: [old], passages: 1 });
  });
});

describe("files that are none of the inputs", () => {
  test("end the build, unless it is said what becomes of them; those that are gone are removed", async () => {
    await writeFiles(notes, { "a.txt": "Apples.", "b.txt": "Pears.", "c.txt": "Plums.", "d.txt": "Figs." });
    await build();
    const one = [join(notes, "a.txt")];
    await expect(build({}, one)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/notes\/b\.txt, notes\/c\.txt, notes\/d\.txt.*others: "keep".*remove/),
    });
    await rm(join(notes, "b.txt"));
    await writeFiles(notes, { "c.txt": "Peaches." });
    expect(await build({ others: "keep" }, one)).toMatchObject({
      files: 3,
      passages: 3,
      embedded: 1,
      removed: ["notes/b.txt"],
    });
    expect(await search("peaches", { mode: "text" })).toEqual(["Peaches."]);
    expect(await build({ others: "remove" }, one)).toMatchObject({
      files: 1,
      passages: 1,
      removed: ["notes/c.txt", "notes/d.txt"],
    });
    await expect(build({ others: "drop" as "keep" }, one)).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describe("copies", () => {
  test.each(searchModes)("of a passage are one hit, by %s", async (mode) => {
    const copies = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`copy${at}.txt`, "Apples are red fruit."]),
    );
    await writeFiles(notes, {
      ...copies,
      "other.txt": "Pears are green fruit.",
      "third.txt": "A fruit of another kind.",
    });
    await build();
    await using index = await open();
    const hits = await index.search("Apples are red fruit.", { mode, topK: 3 });
    expect(hits.map(({ text }) => text).toSorted()).toEqual([
      "A fruit of another kind.",
      "Apples are red fruit.",
      "Pears are green fruit.",
    ]);
    const apples = hits.find(({ text }) => text.startsWith("Apples"))!;
    expect(apples).toMatchObject({ file: "notes/copy0.txt", firstLine: 1 });
    expect(apples.copies.length).toBe(29);
    expect(apples.copies[0]).toMatchObject({ file: "notes/copy1.txt", firstLine: 1, path: expect.any(String) });
    expect((await index.search("Apples are red fruit.", { mode, topK: 1 })).length).toBe(1);
  });
});

describe("files", () => {
  test("rows have metadata of their types, and lines of the file", async () => {
    await writeFiles(notes, {
      "a.jsonl":
        '{"body": "First.", "year": 2020, "draft": false, "tags": ["x"], "none": null}\n\n' +
        '{"body": "Second.\\nMore.", "id": 1234567890123456789, "in": {"x": [9007199254740993, 7]}}\n',
      "b.csv": 'body,year,code,price\n"Two\nlines",1999,007,10.50\nOne,,x,12345678901234567890\n',
      "c.tsv.gz": gzipSync("body\tname\nTabbed\tAnn\n"),
      "d.md.zst": zstdCompressSync("---\nname: Bea\n---\nMarked.\n"),
    });
    await build({ field: "body" });
    const { passages } = await contentOf(out);
    expect(passages.map(({ text, firstLine, lastLine, metadata }) => [text, firstLine, lastLine, metadata])).toEqual([
      ["First.", 1, 1, { year: 2020, draft: false, tags: ["x"] }],
      ["Second.\nMore.", 3, 3, { id: "1234567890123456789", in: { x: ["9007199254740993", 7] } }],
      ["Two\nlines", 2, 3, { year: 1999, code: "007", price: 10.5 }],
      ["One", 4, 4, { code: "x", price: "12345678901234567890" }],
      ["Tabbed", 2, 2, { name: "Ann" }],
      ["Marked.", 4, 4, { name: "Bea" }],
    ]);
    expect(await search("line", { filter: { year: { lt: 2000 } }, mode: "vector" })).toEqual(["Two\nlines"]);
    expect(await search("line", { filter: { draft: false, year: 2020 }, mode: "vector" })).toEqual(["First."]);
    expect(await search("line", { filter: { year: "2020" }, mode: "vector" })).toEqual([]);
    expect((await search("line", { filter: { code: { in: ["007", "x"] } } })).toSorted()).toEqual([
      "One",
      "Two\nlines",
    ]);
  });

  test("what isn't text is told and passed over; hidden files, node_modules, indexes and loops are not looked at", async () => {
    await writeFiles(notes, {
      "good.txt": "Good.",
      "image.png": new Uint8Array([80, 0, 1]),
      "latin.txt": new Uint8Array([0x63, 0xe9, 0x0a]),
      "rows.jsonl": '{"title": "no text"}\n',
      "bad.jsonl": "{\n",
      "table.parquet": "PAR1",
      ".hidden.txt": "Hidden.",
      ".git/x.txt": "Hidden.",
      "node_modules/x/readme.md": "Hidden.",
      "other.index/index.json": "{}",
      "other.index/passages.lance/data.txt": "Hidden.",
    });
    await mkdir(join(notes, "sub"));
    await symlink("..", join(notes, "sub", "loop"));
    await symlink("nowhere", join(notes, "dangling"));
    const report = await build();
    expect(report).toMatchObject({ files: 6, passages: 1 });
    const reasons = Object.fromEntries(
      report.skipped.map(({ file, reason }) => [file.slice(notes.length + 1), reason]),
    );
    expect(Object.keys(reasons).sort()).toEqual(["bad.jsonl", "image.png", "latin.txt", "rows.jsonl", "table.parquet"]);
    expect(reasons["image.png"]).toContain("NUL");
    expect(reasons["latin.txt"]).toContain("UTF-8");
    expect(reasons["rows.jsonl"]).toContain("--field");
    // One that was text and no longer is has no passages any more.
    await writeFile(join(notes, "good.txt"), new Uint8Array([0]));
    expect(await build()).toMatchObject({ passages: 0, embedded: 0 });
    // What the user has named has to be right.
    await expect(build({}, [join(notes, "image.png")])).rejects.toMatchObject({ code: "corrupt_file" });
    await expect(build({}, [join(notes, "missing.txt")])).rejects.toMatchObject({ code: "not_found" });
  });

  test("a row that is none, or has no text, is told and left out, and the others are in the index", async () => {
    const rows = (bad: string) => `{"text": "First."}\n${bad}\n{"text": "Last."}\n`;
    const csv = 'text,n\nFirst.,1\n2\n"Some\nmore.",3\na,b,c\nLast.,4\n';
    const bad = ['{"text": null}', "{", "[1]", '{"title": "x"}', '{"text": 1}'];
    for (const [index, row] of bad.entries()) await writeFiles(notes, { [`${index}.jsonl`]: rows(row) });
    await writeFiles(notes, {
      "a.csv": csv,
      "all.json": '["First.", null, {"text": "Last."}]',
      "many.jsonl": rows(bad.join("\n")),
    });
    await writeFiles(notes, { "config.json": '{"name": "A configuration."}', "broken.json": '["First.", "Last.",' });
    // Also where the files are named themselves.
    const report = await build(
      {},
      ["0.jsonl", "a.csv"].map((name) => join(notes, name)),
    );
    expect(report).toMatchObject({ passages: 5 });
    expect(report.skipped.map(({ reason }) => reason.slice(notes.length + 1).replace(/ \(left out.*/, ""))).toEqual([
      '0.jsonl, line 2: the field "text" should be a string, got null',
      "a.csv, line 3: expected 2 cells as in the header, got 1",
      "a.csv, line 6: expected 2 cells as in the header, got more",
    ]);
    const all = await build();
    expect(all).toMatchObject({ passages: 2 * 5 + 3 + 2 + 2 + 1 });
    const reasonsOf = (name: string) =>
      all.skipped.filter(({ file }) => file === join(notes, name)).map(({ reason }) => reason);
    expect(reasonsOf("4.jsonl")).toEqual([expect.stringContaining("line 2: ")]);
    expect(reasonsOf("all.json")).toEqual([expect.stringContaining("item 2 (line 1): should be a string")]);
    expect(reasonsOf("broken.json")).toEqual([expect.stringContaining("the array has no end")]);
    expect(reasonsOf("many.jsonl")).toHaveLength(4);
    expect(reasonsOf("many.jsonl")[3]).toContain("2 more rows are left out");
    expect(reasonsOf("config.json")).toEqual([]);
  });

  test("what stands before the place where a file breaks off is in the index, and that is said", async () => {
    const row = JSON.stringify({ text: "Apples are red. ".repeat(3000) });
    await writeFiles(notes, { "a.jsonl": `${row}\n${row}\n{\n` });
    const report = await build();
    expect(report.passages).toBeGreaterThan(0);
    expect(report.skipped).toEqual([
      { file: join(notes, "a.jsonl"), reason: expect.stringMatching(/line 3.*what stands before is in the index/s) },
    ]);
  });

  test.skipIf(process.platform !== "linux")("a folder that can't be read is told, and keeps its passages", async () => {
    const odd = Buffer.concat([Buffer.from(`${notes}/caf`), Buffer.from([0xe9])]);
    await writeFiles(notes, { "a.txt": "Apples.", "caf\ufffd/b.txt": "Pears." });
    expect(await build()).toMatchObject({ passages: 2, skipped: [] });
    await rename(join(notes, "caf\ufffd"), odd);
    const report = await build();
    expect(report).toMatchObject({ passages: 2, removed: [] });
    expect(report.skipped).toEqual([
      { file: join(notes, "caf\ufffd"), reason: expect.stringContaining("can't be read") },
    ]);
  });

  test("nothing to index doesn't empty an index", async () => {
    await writeFiles(notes, { "a.txt": "Apples." });
    await build();
    await expect(build({}, [])).rejects.toMatchObject({ code: "invalid_argument" });
    await rm(join(notes, "a.txt"));
    await expect(build()).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("removed"),
    });
    await using index = await open();
    expect(await index.count()).toBe(1);
  });

  test("white space that is longer than a part takes the place of what was there", async () => {
    const spaces = " ".repeat(200_000);
    await writeFiles(notes, { "a.txt": longLines(200, 1) });
    await build();
    await writeFiles(notes, { "a.txt": `Apples.${spaces}${spaces}Pears.` });
    expect(await build()).toMatchObject({ passages: 2, changedFiles: 1 });
    expect(await build()).toMatchObject({ passages: 2, unchangedFiles: 1 });
  });

  test("an index among its own inputs is not indexed", async () => {
    await writeFiles(notes, { "a.txt": "A." });
    out = join(notes, "my.index");
    expect(await build()).toMatchObject({ files: 1, passages: 1 });
    expect(await build()).toMatchObject({ files: 1, passages: 1 });
  });
});

describe("refusals", () => {
  test("another model can neither add nor ask", async () => {
    await writeFiles(notes, { "a.txt": "A." });
    await build();
    const before = await contentOf(out);
    await expect(build({ model: otherModel })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("can't be compared"),
    });
    expect(await contentOf(out)).toEqual(before);
    await using index = await PassageIndex.open(out, { model: otherModel, ...load });
    await expect(index.search("a")).rejects.toMatchObject({ code: "invalid_argument" });
    // Words need no model.
    expect((await index.search("a", { mode: "text" })).length).toBe(1);
    await expect(build({ precision: "int8" })).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("what is no index, and what is none yet", async () => {
    await writeFiles(notes, { "a.txt": "A." });
    await expect(PassageIndex.open(notes)).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(build({ out: notes })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(open()).rejects.toMatchObject({ code: "not_found" });
    await expect(build({ out: join(notes, "a.txt", "b") })).rejects.toBeInstanceOf(HpdError);
    await expect(build({ out: "mysql://me:secret@host/notes" })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.not.stringContaining("secret"),
    });
  });

  test("a folder may have any name", async () => {
    await writeFiles(notes, { "a.txt": "A." });
    out = join(scratch, `${runs++}`, "~");
    const { cwd } = process;
    process.chdir(await mkdir(join(out, ".."), { recursive: true }).then(() => join(out, "..")));
    try {
      await buildIndex([notes], { out: "~/x", model: tinyModel });
      expect((await readdir("~/x")).sort()).toContain("passages.lance");
    } finally {
      process.chdir(cwd());
    }
  });

  test("settings out of range", async () => {
    await writeFiles(notes, { "a.txt": "A." });
    for (const options of [{ chunkTokens: 2 }, { chunkTokens: 1e6 }, { chunkTokens: 9.5 }, { overlapTokens: -1 }]) {
      await expect(build(options)).rejects.toMatchObject({ code: "invalid_argument" });
    }
    await expect(build({ precision: "uint8" as "int8" })).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describe("search", () => {
  test("odd queries and numbers", async () => {
    await writeFiles(notes, { "a.txt": "Apples.\n", "b.txt": "Pears." });
    await build();
    for (const query of ["", " \n", undefined as unknown as string]) {
      for (const mode of ["hybrid", "vector", "text"] as const) {
        await expect(search(query, { mode })).rejects.toThrow(/^query should be a text that isn't empty, got /);
      }
    }
    expect((await search("apples", { topK: 1000 })).length).toBe(2);
    expect((await search("apples ".repeat(10_000), {})).length).toBe(2);
    await expect(search("x", { topK: 0 })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(search("x", { topK: -1 })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(search("x", { topK: 1.5 })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(search("x", { mode: "magic" })).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(search("x", { filter: { a: { like: "x" } } })).rejects.toMatchObject({ code: "invalid_argument" });
    await using index = await open();
    expect(await index.isTooLong("apples")).toBe(false);
    expect(await index.isTooLong("apples ".repeat(10_000))).toBe(true);
  });

  test("hybrid is the fusion of both", async () => {
    const files = Array.from({ length: 30 }, (_, index) => [
      `${index}.txt`,
      `Note ${index} on ${index % 3 ? "figs" : "nuts"}.`,
    ]);
    await writeFiles(notes, Object.fromEntries(files));
    await build();
    await using index = await open();
    const options = { topK: 30 } as const;
    const [hybrid, vector, text] = await Promise.all(
      (["hybrid", "vector", "text"] as const).map((mode) => index.search("nuts", { ...options, mode })),
    );
    const scores = new Map<string, number>();
    for (const ranking of [vector!, text!]) {
      for (const [rank, { id }] of ranking.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (11 + rank));
    }
    expect(text!.length).toBe(10);
    expect(hybrid!.map(({ id, score }) => [id, score])).toEqual([...scores].toSorted((a, b) => b[1] - a[1]));
  });
});

test("a build that is stopped has kept what it committed, and the next one goes on", async () => {
  await writeFiles(notes, { "log.txt": longLines(5000, 1) });
  const stop = new AbortController();
  const stopped = build({
    lines: true,
    signal: stop.signal,
    onProgress: ({ passages }) => passages > 0 && stop.abort(new Error("enough")),
  });
  await expect(stopped).rejects.toThrow("enough");
  await using index = await open();
  const kept = await index.count();
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(5000);
  // Half built, it is of use.
  expect((await index.search("line 17", { mode: "text", topK: 3 })).length).toBe(3);
  const rest = await build({ lines: true });
  expect(rest).toMatchObject({ passages: 5000, embedded: 5000 - kept });
});

test("reranked hits have the order and the scores of the cross-encoder, and those of the search beside them", async () => {
  const fruit = ["Apples are red.", "Pears are green.", "Plums are blue.", "Figs are purple."];
  await writeFiles(notes, Object.fromEntries(fruit.map((text, at) => [`${at}.txt`, text])));
  await build();
  const folder = fileURLToPath(new URL("../fixtures/cross-encoders/bert-1", import.meta.url));
  await using rerank = await CrossEncoder.load(folder, { workers: 0 });
  await using index = await open();
  const found = await index.search("fruit", { mode: "vector" });
  const hits = await index.search("fruit", { mode: "vector", rerank, topK: 2, rerankTop: 3 });
  const texts = found.slice(0, 3).map(({ text }) => text);
  const expected = await rerank.rank("fruit", texts, { topK: 2, returnDocuments: true });
  expect(hits.map(({ text, score }) => ({ text, score }))).toEqual(
    expected.map(({ text, score }) => ({ text, score })),
  );
  const scores = new Map(found.map(({ text, score }) => [text, score]));
  for (const { text, searchScore } of hits) expect(searchScore).toBeCloseTo(scores.get(text)!, 5);
  expect(found[0]).not.toHaveProperty("searchScore");

  await expect(index.search("x", { rerank: "model" as never })).rejects.toThrow(/a loaded CrossEncoder, got "model"/);
  await expect(index.search("x", { rerankTop: 5 })).rejects.toThrow(/for searches with rerank/);
  await expect(index.search("x", { rerank, rerankTop: 5 })).rejects.toThrow(/at least topK, 10/);
});
