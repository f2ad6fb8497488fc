import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { tinyModel, writeFiles } from "../passage-index/notes.ts";
import { outcomeOf, startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-cli-index-"));
afterAll(() => rm(folder, { recursive: true }));
await writeFiles(folder, {
  "notes/a.md": "# Fruit\u001b[2J\n\nApples are \u001b[31mred.\n",
  "notes/rows.jsonl": '{"text": "Pears are green.", "year": 2021, "author": "Jane"}\n',
  "notes/image.bin": new Uint8Array([0]),
});

const hpd = (...args: string[]) => runHpd(args, { cwd: folder });
const hpdProcess = (...args: string[]) => outcomeOf(startHpd(args, { cwd: folder }));

test.each(["", " "])("the query %j, as of an unset variable, is refused", async (query) => {
  const { code, stderr } = await hpd("search", "my.index", query);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(
      /^hpd: QUERY is empty, got " ?": is a variable of the shell unset\?; see hpd search --help\n$/,
    ),
  });
});

test("one argument is one", async () => {
  expect((await hpd("search", "my.index")).stderr).toContain("got 1 argument;");
});

test("from files to passages", { timeout: 120_000 }, async () => {
  const built = await hpdProcess("index", "build", "./notes/", "--out", "my.index", "--model", tinyModel, "--json");
  expect(built).toMatchObject({ code: 0, stderr: expect.stringContaining("skipped: notes/image.bin") });
  expect(JSON.parse(built.stdout)).toMatchObject({ files: 3, passages: 2, embedded: 2 });

  const info = await hpd("index", "info", "my.index", "--json");
  expect(JSON.parse(info.stdout)).toMatchObject({
    passages: 2,
    model: { name: tinyModel },
    dimension: 8,
    files: ["notes/a.md", "notes/rows.jsonl"],
    fields: [
      { name: "author", types: ["string"] },
      { name: "heading", types: ["string"] },
      { name: "year", types: ["number"] },
    ],
  });
  const { stdout } = await hpd("index", "info", "my.index");
  expect(stdout).toMatch(/^fields +author \(string\), heading \(string\), year \(number\)$/m);

  const crossEncoder = fileURLToPath(new URL("../fixtures/cross-encoders/bert-1", import.meta.url));
  const reranked = await hpd("search", "my.index", "apples", "-k", "1", "--rerank", crossEncoder);
  expect(reranked).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^reranked \d\.\d{4} {2}notes\//),
    stderr: "",
  });

  const found = await hpdProcess("search", "my.index", "apples", "--mode", "text");
  // What a text has for the terminal is shown, not passed on.
  expect(found).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^\d\.\d{4} {2}notes\/a\.md:1 {2}Fruit\\u001b\[2J\n {8}# Fruit\\u001b\[2J\n\n {8}Apples are \\u001b\[31mred\.\n$/,
    ),
    stderr: "",
  });
  const filtered = await hpd(
    "search",
    "my.index",
    "fruit",
    "--filter",
    "year>=2020",
    "--filter",
    "author=Jane",
    "--json",
  );
  expect(JSON.parse(filtered.stdout)).toMatchObject({
    file: "notes/rows.jsonl",
    firstLine: 1,
    text: "Pears are green.",
  });
  const stderrOf = async (filter: string) => (await hpd("search", "my.index", "fruit", "--filter", filter)).stderr;
  expect(await stderrOf("year>2021")).toBe("nothing found\n");
  expect(await stderrOf('year="2021"')).toBe(
    'nothing found\nhpd: the field "year" has number values, the filter a string\n',
  );
  const fields = "there are author (string), heading (string), year (number)";
  for (const [field, hint] of Object.entries({ yeer: " (did you mean year?)", ["__proto__"]: "", constructor: "" })) {
    const none = await hpd("search", "my.index", "fruit", "--filter", `${field}=x`);
    const stderr = `hpd: filter: no passage has a field "${field}"${hint}; ${fields}\n`;
    expect(none).toEqual({ code: 1, stdout: "", stderr });
  }
  const one = await hpd("index", "build", "notes/a.md", "--out", "my.index");
  expect(one).toMatchObject({ code: 1, stderr: expect.stringContaining("notes/rows.jsonl") });
  expect(one.stderr).toContain("--others keep or --others remove\n");
  expect(await hpd("index", "build", "notes/a.md", "--out", "my.index", "--others", "keep")).toMatchObject({ code: 0 });
  expect(await hpd("index", "build", "notes/a.md", "--out", "my.index", "--others", "remove")).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("removed: notes/rows.jsonl"),
  });
});

test.each([
  { args: ["index"], message: "missing subcommand: hpd index build | info" },
  { args: ["index", "biuld"], message: "did you mean build" },
  { args: ["index", "build", "notes"], message: "--out" },
  { args: ["index", "build", "--out", "x.index"], message: "missing FILE or FOLDER" },
  { args: ["index", "info"], message: "missing INDEX" },
  { args: ["search", "my.index"], message: "expected INDEX and QUERY" },
  { args: ["search", "my.index", "two", "words"], message: "in quotes" },
  { args: ["search", "my.index", "x", "--filter", "author"], message: "author=Jane" },
  { args: ["search", "my.index", "x", "--top-k", "-1"], message: "--top-k" },
  { args: ["search", "my.index", "x", "--rerank-top", "20"], message: "--rerank MODEL" },
  { args: ["search", "my.index", "x", "--rerank", "m", "--rerank-top", "5"], message: "at least --top-k" },
])("a wrong command line: $args", async ({ args, message }) => {
  expect(await hpd(...args)).toEqual({ code: 2, stdout: "", stderr: expect.stringContaining(message) });
});

test("no index there", async () => {
  expect(await hpd("search", "none.index", "x")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no index"),
  });
  expect(await hpd("search", "notes", "x")).toMatchObject({ code: 1, stderr: expect.stringContaining("no index") });
});
