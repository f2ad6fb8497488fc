/** `hpd evaluate` on a few pairs in SentEval's layout and a tiny random model. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { fixture } from "../encode/model-folder.ts";
import { writeStsFolder } from "../evaluation/sts-folder.ts";
import { startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const model = fixture("hpd-tinybert-like");
const folder = await mkdtemp(join(tmpdir(), "hpd-evaluate-"));
afterAll(() => rm(folder, { recursive: true }));
await writeStsFolder(folder);

const evaluate = (args: readonly string[], environment: Record<string, string> = {}) =>
  runHpd(["evaluate", ...args], { cwd: folder, env: { HPD_DATA: undefined, ...environment } });

function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}

test("the papers' table with its mean and intervals; the data folder out of HPD_DATA", async () => {
  const { code, stdout, stderr } = await evaluate([model, "--no-cost"], { HPD_DATA: folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout.split("\n").map((line) => line.trim().split(/ {2,}/));
  expect(lines[0]!.slice(1)).toEqual(["STS12", "STS13", "STS14", "STS15", "STS16", "STS-B", "SICK-R", "mean of 7"]);
  expect(lines[1]).toEqual(["items", "15", "9", "18", "15", "15", "6", "6"]);
  expect(lines[2]![0]).toBe("hpd-tinybert-like");
  const scores = lines[2]!.slice(1).map(Number);
  expect(scores.length).toBe(8);
  expect(scores.slice(0, 7).reduce((sum, score) => sum + score, 0) / 7).toBeCloseTo(scores[7]!, 1);
  expect(stdout).not.toContain("parameters");
}, 120_000);

test("the process that measures the cost dies: the scores are told, without it", async () => {
  const died = join(folder, "died.mjs");
  await writeFile(died, 'if (process.argv[1]?.includes("hpd-cost-process")) process.kill(process.pid, "SIGKILL");\n');
  const { code, stdout, stderr } = await evaluate([model, "--tasks", "sts-b", "--data", folder, "--json"], {
    NODE_OPTIONS: `--import=${pathToFileURL(died)}`,
  });
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr:
      "hpd: hpd-tinybert-like was scored, but its time and memory weren't measured: " +
      `the process that measures ${model} ended with SIGKILL\n`,
  });
  const [report] = JSON.parse(stdout).models;
  expect(report.cost).toBeUndefined();
  expect(report.tasks.length).toBe(1);
});

test("against another model: JSON with the cost of both, a page, Markdown, MTEB's files", async () => {
  const file = (name: string) => join(folder, name);
  const { code, stdout, stderr } = await evaluate([
    model,
    ...["--against", fixture("bert"), "--tasks", "sts-b,STS13", "--data", folder, "--truncate-dim", "4", "--json"],
    ...["--html", file("report.html"), "--markdown", file("card.md"), "--mteb", file("results/of-mteb")],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report.models.map(({ name }: { name: string }) => name)).toEqual([
    "hpd-tinybert-like",
    "hpd-tinybert-like, 4 dimensions",
    "bert",
  ]);
  for (const { name, cost } of report.models) {
    if (name.endsWith("4 dimensions")) continue;
    for (const figure of Object.values(cost)) expect(figure).toBeGreaterThan(0);
    // Node itself, with the runtime loaded, on the one hand; nowhere near a real model on the other.
    expect(cost.peakMemoryBytes).toBeGreaterThan(30e6);
    expect(cost.peakMemoryBytes).toBeLessThan(1e9);
    expect(cost.singleP99Milliseconds).toBeGreaterThanOrEqual(cost.singleP50Milliseconds);
  }
  expect(report.comparisons.map(({ baseline }: { baseline: string }) => baseline)).toEqual(["bert", "bert"]);
  expect(report.models[0].tasks[0].scores).toHaveProperty("manhattan_pearson");
  expect(report.models[0].tasks[0]).not.toHaveProperty("pairs");
  expect(await readFile(file("report.html"), "utf8")).toMatch(
    /^<!doctype html>[\s\S]*hpd-tinybert-like against bert[\s\S]*<\/html>\n$/,
  );
  expect(await readFile(file("card.md"), "utf8")).toMatch(
    /^## Evaluation\n\n\| STS: cosine_spearman x 100 \| STS-B \| STS13 \|/,
  );
  expect(await readdir(file("results/of-mteb"))).toEqual(["STS13.json", "STSBenchmark.json"]);
  const { scores } = JSON.parse(await readFile(file("results/of-mteb/STS13.json"), "utf8"));
  expect(scores.test[0].main_score).toBe(report.models[0].tasks[1].score);
}, 180_000);

test("the same seed gives the same report", async () => {
  const args = [model, "--tasks", "sts13", "--no-cost", "--json", "--seed", "5"];
  const [first, second] = await Promise.all([evaluate(args), evaluate(args)]);
  const { createdAt, ...report } = JSON.parse(first.stdout);
  expect(JSON.parse(second.stdout)).toMatchObject(report);
}, 120_000);

test("Ctrl-C stops it, with 130, and leaves the old report alone", async () => {
  const output = join(folder, "kept.html");
  await writeFile(output, "old");
  const many = Array.from(
    { length: 60_000 },
    (_, i) => `{"sentence1":"word ${i}","sentence2":"a word ${i}","score":${i % 5}}`,
  );
  await writeFile(join(folder, "many.jsonl"), many.join("\n"));
  const child = startHpd(["evaluate", model, "--workers", "1", "--tasks", "sts:many.jsonl", "--html", output], {
    cwd: folder,
  });
  const code = closed(child);
  while (!(await readdir(folder)).some((name) => name.startsWith("kept.html."))) await delay(20);
  await delay(300);
  child.kill("SIGINT");
  expect(await code).toBe(130);
  expect(await readFile(output, "utf8")).toBe("old");
  expect((await readdir(folder)).filter((name) => name.endsWith(".partial"))).toEqual([]);
}, 120_000);

test.each([
  [["--help"], 0, /^$/],
  [["a", "b"], 2, /expected one MODEL, got a, b: give the second one by --against/],
  [[model, "--against", model, "--tasks", "sts13"], 2, /--against should be another model than/],
  [["a", "--model", "b", "--tasks", "sts13"], 2, /MODEL and --model exclude each other/],
  [[model, "--against", "none", "--tasks", "sts13"], 1, /none/],
  [
    [model, "--tasks", "sts:none.jsonl"],
    1,
    /^hpd: none\.jsonl can't be read: there is no such file or folder \(ENOENT\)$/,
  ],
  [[model, "--tasks", "sts17"], 1, /no task "sts17"; there are sts, /],
  [[model, "--truncate-dim", "64,half"], 2, /--truncate-dim should be positive integers as in 64,32, got "64,half"/],
  [[model, "--tasks", "sts13", "--truncate-dim", "8"], 2, /less than the 8 dimensions of hpd-tinybert-like, got 8/],
  [[model, "--tasks", "quora"], 1, /no quora\/pairs\.tsv\.gz.*name the data folder by --data or HPD_DATA/],
  [[model, "--tasks", "sts13", "--html", "none/there.html"], 1, /none\/there\.html can't be written/],
  [[model, "--tasks", "sts13", "--markdown", "card.md.gz"], 2, /card\.md\.gz: outputs are not compressed/],
])(
  "%j exits with %i",
  async (args, expected, message) => {
    const { code, stderr } = await evaluate(args);
    expect(stderr.trim()).toMatch(message);
    expect(code).toBe(expected);
  },
  60_000,
);
