import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { dedupeCommand } from "../../src/cli/dedupe.ts";
import type { Flags } from "../../src/cli/settings/table.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { SentenceTransformer } from "../../src/encode/sentence-transformer.ts";
import { fixture } from "../encode/model-folder.ts";
import { startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const model = fixture("hpd-tinybert-like");
const folder = await mkdtemp(join(tmpdir(), "hpd-dedupe-"));
afterAll(() => rm(folder, { recursive: true }));

// What ends a command needs no model that computes.
const start = (...args: string[]) => startHpd(["dedupe", "--model", fixture("static"), ...args]);
const dedupe = (args: string[], input = "") => runHpd(["dedupe", "--model", model, ...args], { input });

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const sentences = [
  "He plays guitar.",
  "A street vendor is outside.",
  "he plays guitar .",
  "",
  "He plays guitar.",
  "Nine lives has a cat, and no more.",
  "HE PLAYS GUITAR.",
];

test("lines: what is kept, what is reported and what is counted, against embeddings one by one", async () => {
  await using reference = await SentenceTransformer.load(model, { workers: 0 });
  const embeddings = await reference.encode(sentences);
  const scores = [...reference.similarity(embeddings, embeddings)];
  // The model's vocabulary is uncased: three sentences are one to it. All others are less alike than the threshold.
  const threshold = 0.9999;
  const alike = (a: number, b: number) => scores[a]![b]! >= threshold;
  expect([alike(0, 2), alike(0, 6), alike(0, 1), alike(0, 5), alike(1, 5)]).toEqual([true, true, false, false, false]);

  const input = await file("lines.txt.gz", gzipSync(sentences.join("\r\n")));
  const [output, report] = [join(folder, "kept.txt"), join(folder, "groups.jsonl")];
  const args = [input, "--threshold", String(threshold), "--output", output, "--report", report, "--json"];
  const { code, stdout, stderr } = await dedupe(args);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(
      /^7 texts: 3 kept, 1 exact and 2 near-duplicates removed, 1 without text, [\d.]+ s\n$/,
    ),
  });
  expect(JSON.parse(stdout)).toEqual({
    file: input,
    threshold,
    output,
    report,
    read: 7,
    kept: 3,
    removed: { exact: 1, near: 2 },
    empty: 1,
    seconds: expect.any(Number),
  });
  expect(await readFile(output, "utf8")).toBe(`${sentences[0]}\n${sentences[1]}\n${sentences[5]}\n`);
  const groups = (await readFile(report, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const duplicate = (index: number, score: number) => ({ line: index + 1, text: sentences[index], score });
  expect(groups).toEqual([
    {
      kept: { line: 1, text: sentences[0] },
      duplicates: [duplicate(2, expect.closeTo(1, 3)), duplicate(4, 1), duplicate(6, expect.closeTo(1, 3))],
    },
  ]);
});

const rows = [
  ["1", "He plays guitar."],
  ["2", 'A street vendor\nis outside, "there"'],
  ["3", "HE PLAYS GUITAR."],
  ["4", "He plays guitar."],
] as const;
const quoted = rows.map(([id, text]) => `${id},"${text.replaceAll('"', '""')}"`);

// To a model of random weights all texts are alike.
const strict = ["--threshold", "0.9999", "--quiet"];

test("rows stay as they came, from standard input to standard output", async () => {
  const jsonl = rows.map(([id, text]) => `{"id": ${id},  "title": ${JSON.stringify(text)}}`);
  const asJsonl = await dedupe(["-", "--input-format", "jsonl", "--field", "title", ...strict], jsonl.join("\n"));
  expect(asJsonl).toEqual({ code: 0, stdout: `${jsonl[0]}\n${jsonl[1]}\n`, stderr: "" });
  const csv = `id,"text"\n\n${quoted.join("\n")}\n`;
  const report = join(folder, "rows.jsonl");
  const asCsv = await dedupe(["-", "--input-format", "csv", "--report", report, ...strict], csv);
  expect(asCsv).toEqual({ code: 0, stdout: `id,"text"\n${quoted[0]}\n${quoted[1]}\n`, stderr: "" });
  const { kept, duplicates } = JSON.parse(await readFile(report, "utf8"));
  expect([kept.line, ...duplicates.map(({ line }: { line: number }) => line)]).toEqual([3, 6, 7]);
  // What is written holds no duplicates.
  expect(await dedupe(["-", "--input-format", "csv", ...strict], asCsv.stdout)).toEqual(asCsv);
});

test("rows without text are left out, those with null, too", async () => {
  const rows = ['{"text": null, "id": 1}', '{"text": "He plays guitar."}', '{"text": ""}', '{"text": null}'];
  const { stdout, code } = await dedupe(["-", "--input-format", "jsonl", "--quiet"], rows.join("\n"));
  expect({ stdout, code }).toEqual({ stdout: `${rows[1]}\n`, code: 0 });
  const missing = await dedupe(["-", "--input-format", "jsonl"], '{"title": "a"}');
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('has no field "text"') });
});

test("a prompt is put before what is compared, not before what is written", async () => {
  const texts = "guitar\nHe plays guitar.\n";
  const kept = await Promise.all(
    [[], ["--prompt", "He plays guitar. ".repeat(200)]].map(async (prompt) => {
      const { stdout } = await dedupe(["-", ...strict, ...prompt], texts);
      return stdout;
    }),
  );
  expect(kept).toEqual([texts, "guitar\n"]);
  const unknown = await dedupe(["-", "--prompt-name", "poem"], texts);
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('the model has no prompt "poem"') });
});

test("a file may take the place of itself, and a table without rows keeps its header", async () => {
  const path = await file("self.tsv", "text\tid\nsame\t1\nsame\t2\n");
  expect(await dedupe([path, "--output", path, "--quiet"])).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(path, "utf8")).toBe("text\tid\nsame\t1\n");
  expect((await dedupe(["-", "--input-format", "tsv", "--quiet"], "text\tid\n")).stdout).toBe("text\tid\n");
  expect(await dedupe(["-", "--quiet"], "")).toEqual({ code: 0, stdout: "", stderr: "" });
});

const run = (path: string, flags: Flags) =>
  dedupeCommand.run({ positionals: [path], flags: { model, ...flags }, signal: new AbortController().signal });

test.each<[Flags, RegExp]>([
  [{ threshold: "90" }, /--threshold should be a cosine above 0, at most 1, got "90"/],
  [{ threshold: "high" }, /--threshold should be a cosine/],
  [{ json: true }, /--json needs --output/],
  [{ output: "kept.txt.gz" }, /kept.txt.gz: outputs are not compressed/],
  [{ output: "kept.txt", report: "groups.jsonl.zst" }, /groups.jsonl.zst: outputs are not compressed: leave out .zst/],
  [{ output: "-" }, /--output should name a file, got -/],
  [{ output: "same", report: "./same" }, /--report .\/same is the same file as --output/],
  [{ "input-format": "parquet" }, /--input-format should be one of text, jsonl, csv, tsv/],
])("%j is refused", async (flags, message) => {
  const refused = run(await file("a.txt", "a\n"), flags);
  await expect(refused).rejects.toBeInstanceOf(UsageError);
  await expect(refused).rejects.toThrow(message);
});

test.each([
  ["a.parquet", "", "invalid_argument", /whose rows can be written unchanged, got parquet/],
  ["bad.jsonl", '{"text": "a"}\n{', "corrupt_file", /line 2: not JSON/],
  ["other.csv", "title\na\n", "invalid_argument", /has no column "text", only title; name one with --field/],
  ["binary.txt", "a\n\0", "corrupt_file", /not a text file/],
])("%s is refused, and leaves no files", async (name, content, code, message) => {
  const output = join(folder, "refused.txt");
  await expect(run(await file(name, content), { output, report: join(folder, "refused.jsonl") })).rejects.toMatchObject(
    {
      code,
      message: expect.stringMatching(message),
    },
  );
  expect((await readdir(folder)).filter((name) => name.startsWith("refused"))).toEqual([]);
});

test("Ctrl-C leaves old files as they were, and no partial ones, and exits with 130", async () => {
  const [output, report] = [await file("old.txt", "old"), await file("old.jsonl", "old")];
  const child = start("-", "--output", output, "--report", report, "--progress");
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  let line = 0;
  const endless = setInterval(() => {
    child.stdin.write(Array.from({ length: 2000 }, () => `Sentence ${line++} of them.\n`).join(""));
  }, 20);
  child.stdin.on("error", () => {});
  await new Promise((resolve) => child.stderr.once("data", resolve));
  child.kill("SIGINT");
  expect(await closed).toBe(130);
  clearInterval(endless);
  expect([await readFile(output, "utf8"), await readFile(report, "utf8")]).toEqual(["old", "old"]);
  expect((await readdir(folder)).filter((name) => name.endsWith(".partial"))).toEqual([]);
});

test("a reader that has seen enough ends it quietly, and no partial report stays", async () => {
  const child = start("-", "--threshold", "1", "--report", join(folder, "unread.jsonl"), "--quiet");
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin.on("error", () => {});
  child.stdin.end(Array.from({ length: 20_000 }, (_, line) => `Sentence ${line} of them.\n`).join(""));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.stdout.destroy();
  expect({ stderr: await readAll(child.stderr), code: await closed }).toEqual({ stderr: "", code: 0 });
  expect((await readdir(folder)).filter((name) => name.startsWith("unread"))).toEqual([]);
});
