/** `hpd mine`: from rows in several formats to rows that `hpd train` reads; an interruption; what is refused. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test, vi } from "vitest";
import { pairRowsOf } from "../../src/cli/mine/pair-rows.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";
import { outcomeOf, startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-cli-mine-"));
afterAll(() => rm(scratch, { recursive: true }));

vi.setConfig({ testTimeout: 120_000 });

const texts = madeUpSentences(120, 4);
const pairs = Array.from({ length: 60 }, (_, at) => ({
  source: "x",
  query: texts[2 * at]!,
  positive: texts[2 * at + 1]!,
}));
const jsonl = join(scratch, "pairs.jsonl.gz");
await writeFile(jsonl, gzipSync(pairs.map((row) => JSON.stringify(row)).join("\n")));
const csv = join(scratch, "pairs.csv");
await writeFile(
  csv,
  `question,id,answer\n${pairs.map(({ query, positive }) => `"${query}",7,${positive}`).join("\n")}\n`,
);

const model = ["--model", fixture("bert"), "--workers", "1"];
const mine = (...args: string[]) => runHpd(["mine", ...args]);
const rowsIn = async (path: string) =>
  (await readFile(path, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("n-tuples, which hpd train reads as they are, with the statistics of Python", async () => {
  const output = join(scratch, "tuples.jsonl");
  const args = ["--output-format", "n-tuple", "--num-negatives", "2", "--relative-margin", "0.001"];
  const { code, stdout, stderr } = await mine(jsonl, ...model, ...args, "--output", output, "--json");
  expect(stderr).toMatch(/^60 rows: 60 anchors, 60 pairs, 60 candidates \(distinct\), ranks to 21$/m);
  expect(stderr).toMatch(/^Metric {7}Positive {7}Negative {5}Difference$/m);
  expect(stderr).toMatch(/^Mean {11}0\.\d{4} {9}0\.\d{4} {9}0\.\d{4}$/m);
  expect(stderr).toMatch(/^[\d,]+ candidates \([\d.]+%\) were skipped by --relative-margin 0\.001$/m);
  expect(stderr).toMatch(/rows written, with the fields query, positive, negative_1, negative_2$/m);
  expect(code).toBe(0);
  const rows = await rowsIn(output);
  const described = JSON.parse(stdout);
  expect(rows.length).toBe(described.count);
  expect(Object.keys(rows[0])).toEqual(described.columns);
  const trained = await runHpd([
    "train",
    "--model",
    fixture("bert"),
    "--data",
    output,
    "--out",
    join(scratch, "out"),
    "--dry-run",
  ]);
  expect(trained.stdout).toMatch(/^columns {6}query, positive, negative_1, negative_2$/m);
  expect(trained.code).toBe(0);
});

test("CSV from CSV, to a file and to standard output, and a corpus", async () => {
  const corpus = join(scratch, "corpus.txt");
  await writeFile(corpus, `${madeUpSentences(40, 9).join("\n")}\n`);
  const output = join(scratch, "labeled.csv");
  const args = [csv, ...model, "--corpus", corpus, "--output-format", "labeled-pair"];
  expect(await mine(...args, "--output", output, "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
  const [header, ...lines] = (await readFile(output, "utf8")).trimEnd().split("\n");
  expect(header).toBe("question,answer,label");
  const { stdout } = await mine(...args, "--quiet");
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toEqual(rows.map((row) => Object.values(row).join(",")));
  expect(rows.some((row) => row.label === 0 && !pairs.some(({ positive }) => positive === row.answer))).toBe(true);
});

test("rows of every format, by the columns of the first file", async () => {
  const tsv = join(scratch, "more.tsv");
  await writeFile(tsv, "id\tsentence2\tsentence1\n1\tb\ta\n");
  const json = join(scratch, "more.json");
  await writeFile(json, JSON.stringify([{ sentence1: "c", sentence2: null }]));
  const parquet = fileURLToPath(new URL("../fixtures/tables/sts.parquet", import.meta.url));
  const rows: object[] = [];
  for await (const row of pairRowsOf([parquet, tsv, json], undefined, {}, new AbortController().signal)) rows.push(row);
  for (const row of rows) expect(Object.keys(row)).toEqual(["sentence1", "sentence2"]);
  expect(rows.slice(-2)).toEqual([
    { sentence1: "a", sentence2: "b" },
    { sentence1: "c", sentence2: "" },
  ]);
  expect(rows.length).toBeGreaterThan(3);
});

test("an interruption leaves nothing, and embeddings in a cache", async () => {
  const folder = await mkdtemp(join(scratch, "stopped-"));
  const cache = join(scratch, "cache");
  const many = join(scratch, "many.jsonl");
  const long = madeUpSentences(40_000, 5);
  await writeFile(
    many,
    long
      .slice(0, 20_000)
      .map((query, at) => JSON.stringify({ query, positive: long[20_000 + at] }))
      .join("\n"),
  );
  const child = startHpd(["mine", many, ...model, "--embedding-cache", cache, "--output", join(folder, "out.jsonl")]);
  const outcome = outcomeOf(child);
  // After a part of the corpus.
  await vi.waitFor(async () => expect(await readdir(cache)).not.toEqual([]), { timeout: 100_000, interval: 50 });
  child.kill("SIGINT");
  expect((await outcome).code).toBe(130);
  expect(await readdir(folder)).toEqual([]);
});

test.each<[string, string[], number, RegExp]>([
  ["no file", [], 2, /missing FILE/],
  ["a format by its name", ["pairs.txt"], 1, /name one by --input-format: jsonl/],
  ["a file that isn't there", ["nowhere.jsonl"], 1, /nowhere\.jsonl/],
  [
    "a column that isn't there",
    [csv, "--columns", "question,reply"],
    1,
    /no column "reply", only question, id, answer/,
  ],
  [
    "columns of JSON that aren't there",
    [jsonl, "--columns", "query,reply"],
    1,
    /no field "reply".*source, query, positive/,
  ],
  ["one column", [csv, "--columns", "question"], 2, /--columns should be the fields of anchors and positives/],
  ["lists in CSV", [csv, "--output", "x.csv", "--output-scores"], 2, /CSV can't hold lists/],
  ["a zipped output", [csv, "--output", "x.jsonl.gz"], 2, /outputs are not compressed/],
  ["its own input", [csv, "--output", csv], 2, /is the same file as the input/],
  ["limits that leave nothing", [csv, "--max-score=-2"], 1, /none of 60 anchors has a negative: --max-score -2 took/],
  ["a wrong number", [csv, "--num-negatives", "0"], 1, /--num-negatives should be a positive integer/],
  ["a wrong flag", [csv, "--margin", "0.1"], 2, /there is no option --margin/],
])("%s is refused", async (_, args, code, message) => {
  const outcome = await mine(...args, ...model);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.code).toBe(code);
  expect(outcome.stdout).toBe("");
});
