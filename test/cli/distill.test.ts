import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";
import { outcomeOf, startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-cli-distill-"));
afterAll(() => rm(scratch, { recursive: true }));

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const sentences = join(scratch, "sentences.txt");
await writeFile(sentences, madeUpSentences(300, 1).join("\n"));

const recipe = join(scratch, "recipe.yaml");
await writeFile(
  recipe,
  `teacher:
  model: ${fixture("bert")}
student: ${fixture("hpd-tinybert-like")}
layers: [0, 1]
dim: 8
sentences: ${sentences}
valid: 50
loss: mse=1,cosine=0.1
epochs: 3
batchSize: 8
accumulation-steps: 2
learningRate: 5e-3
warmup: 5
validationSteps: 8
checkpointMinutes: 0
cacheDir: ${join(scratch, "cache")}
threads: 2
`,
);

function start(...args: string[]) {
  const child = startHpd(["distill", ...args]);
  return { child, outcome: outcomeOf(child) };
}

function distill(...args: string[]) {
  return runHpd(["distill", ...args]);
}

function weights(folder: string): Promise<Buffer> {
  return readFile(join(folder, "model.safetensors"));
}

/** Steps so far, from the metrics of a run. */
async function stepsOf(out: string): Promise<number> {
  const text = await readFile(`${out}.training/metrics.jsonl`, "utf8").catch(() => "");
  return text.split('"type":"step"').length - 1;
}

test("killed again and again, or stopped by Ctrl-C, and resumed, it ends with the same bytes", async () => {
  const whole = join(scratch, "whole");
  const { code, stdout, stderr } = await distill("--recipe", recipe, "--out", whole, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^step 48 of 48, loss \S+, validation/m) });
  expect(JSON.parse(stdout)).toMatchObject({ type: "done", out: whole, steps: 48 });

  const killed = join(scratch, "killed");
  let interruptions = 0;
  for (const signal of ["SIGKILL", "SIGINT", "SIGKILL", "SIGKILL"] as const) {
    const before = await stepsOf(killed);
    const { child, outcome } = start("--recipe", recipe, "--out", killed, "--resume");
    let isOver = false;
    outcome.finally(() => {
      isOver = true;
    });
    while (!isOver && (await stepsOf(killed)) < before + 5 + interruptions) await delay(5);
    child.kill(signal);
    const { code, stderr } = await outcome;
    interruptions++;
    if (signal === "SIGKILL") expect(code).toBe(null);
    else {
      expect({ code, stderr }).toEqual({
        code: 130,
        stderr: expect.stringMatching(/stopped after step \d+; run the same command with --resume to continue\n$/),
      });
    }
    expect(existsSync(killed)).toBe(false);
  }
  expect(await distill("--recipe", recipe, "--out", killed, "--resume")).toMatchObject({ code: 0 });
  expect(await weights(killed)).toEqual(await weights(whole));
  expect(await readFile(join(killed, "2_Dense/model.safetensors"))).toEqual(
    await readFile(join(whole, "2_Dense/model.safetensors")),
  );
});

test("shards, numbered by a scheduler, make the embeddings; one machine then trains", async () => {
  const folder = join(scratch, "embeddings");
  const args = ["distill", "--recipe", recipe, "--out", join(scratch, "unused"), "--teacher-embeddings", folder];
  const shard = (env: Readonly<Record<string, string>>, ...flags: string[]) => runHpd([...args, ...flags], { env });
  const shardAlone = (env: Readonly<Record<string, string>>, ...flags: string[]) =>
    outcomeOf(startHpd([...args, ...flags], { env: { ...process.env, ...env } }));
  const [first, second] = await Promise.all([
    shardAlone({ JOB_COMPLETION_INDEX: "0" }, "--shards", "2"),
    shardAlone({ SLURM_ARRAY_TASK_ID: "1" }, "--shards", "2", "--json"),
  ]);
  expect(first).toMatchObject({ code: 0, stderr: expect.stringMatching(/shard 0 of 2: 0 embeddings, 0\/s/) });
  expect(JSON.parse(second!.stdout)).toMatchObject({ shard: 1, shards: 2, rows: 300, was_committed: false });
  expect(await shard({}, "--shards", "2")).toMatchObject({ code: 0, stderr: "all 2 shards are done\n" });
  const again = await shard({}, "--shards", "2", "--shard", "1");
  expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/300 embeddings, was done before/) });

  const messages = [
    await shard({ SLURM_ARRAY_TASK_ID: "x" }, "--shards", "2"),
    await shard({}, "--shard", "2"),
    await shard({}, "--shards", "2", "--shard", "2"),
    await shard({}, "--shards", "3", "--shard", "2"),
  ];
  expect(messages.map(({ stderr }) => stderr)).toEqual([
    expect.stringContaining('SLURM_ARRAY_TASK_ID should be the number of a shard, got "x"'),
    expect.stringContaining("--shard needs --shards N"),
    expect.stringContaining("shard should be from 0 to 1, as there are 2 shards, got 2"),
    expect.stringContaining("another work (2 shards, not 3)"),
  ]);

  const out = join(scratch, "by-shards");
  const cache = join(scratch, "empty-cache");
  const flags = ["--max-steps", "8", "--teacher-embeddings", folder, "--cache-dir", cache];
  expect(await distill("--recipe", recipe, "--out", out, ...flags)).toMatchObject({ code: 0 });
  const alone = join(scratch, "alone");
  expect(
    await distill("--recipe", recipe, "--out", alone, "--max-steps", "8", "--cache-dir", join(scratch, "other-cache")),
  ).toMatchObject({ code: 0 });
  expect(await weights(out)).toEqual(await weights(alone));
});

test("killed at any moment, shards end with the same bytes", async () => {
  const flags = (folder: string) => [
    "--recipe",
    recipe,
    "--out",
    join(scratch, "unused"),
    "--teacher-embeddings",
    folder,
  ];
  const filesOf = async (folder: string) => {
    const names = (await readdir(folder)).filter((name) => !name.endsWith(".partial")).sort();
    return Promise.all(names.map(async (name) => [name, (await readFile(join(folder, name))).toString("base64")]));
  };
  const whole = join(scratch, "whole-embeddings");
  expect(await distill(...flags(whole), "--shards", "4")).toMatchObject({ code: 0 });
  const killed = join(scratch, "killed-embeddings");
  const { child, outcome } = start(...flags(killed), "--shards", "4");
  // While the first of them are being written.
  while (!existsSync(join(killed, "_manifest.json"))) await delay(5);
  child.kill("SIGKILL");
  expect((await outcome).code).toBe(null);
  expect(await distill(...flags(killed), "--shards", "4")).toMatchObject({ code: 0 });
  expect(await filesOf(killed)).toEqual(await filesOf(whole));
  expect((await readdir(killed)).filter((name) => name.endsWith(".partial"))).toEqual([]);
});

test("messages name options as flags", async () => {
  const out = join(scratch, "flags");
  await mkdir(join(`${out}.training`, "checkpoints"), { recursive: true });
  await writeFile(join(`${out}.training`, "checkpoints", "checkpoint-1.safetensors"), "");
  const messages = await Promise.all(
    [[], ["--resume", "--overwrite"], ["--batch-size", "0"], ["--warmup", "-1"], ["--dim", "0", "--json"]].map(
      async (flags) => (await distill("--recipe", recipe, "--out", out, ...flags)).stderr,
    ),
  );
  expect(messages).toEqual([
    expect.stringMatching(/interrupted run: continue it \(--resume\), or delete it \(--overwrite\)\n$/),
    expect.stringMatching(/^hpd: --resume continues what --overwrite would delete/),
    expect.stringMatching(/^hpd: --batch-size should be a positive integer, got 0\n$/),
    expect.stringMatching(/--warmup/),
    expect.stringMatching(/"message":"--dim should be a positive integer/),
  ]);
});

test("a dry run says what would be done, and does nothing", async () => {
  const out = join(scratch, "dry");
  const { code, stdout } = await distill("--recipe", recipe, "--out", out, "--dry-run");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^sentences {4}250 to train on, 50 held out, of 300 read$/m);
  expect(stdout).toMatch(/^training {5}\d+:\d\d:\d\d, 48 steps at [\d,]+ sentences\/s$/m);
  expect(stdout).toMatch(/^ {13}while it runs [\d.]+ MB in .*dry\.training/m);
  expect((await readdir(scratch)).filter((name) => name.startsWith("dry"))).toEqual([]);
});

test("a task of evaluation decides what is kept, and others' scores stand in the card", async () => {
  const pairs = join(scratch, "pairs.jsonl");
  const texts = madeUpSentences(60, 2);
  const rows = texts.slice(30).map((sentence2, i) => ({ sentence1: texts[i], sentence2, score: (i * 7) % 11 }));
  await writeFile(pairs, rows.map((row) => JSON.stringify(row)).join("\n"));
  const out = join(scratch, "judged");
  const missing = await distill("--recipe", recipe, "--out", out, "--tasks", "sts", "--data", scratch);
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("STS12") });
  const { code, stdout } = await distill(
    ...["--recipe", recipe, "--out", out, "--json", "--evaluator", `sts:${pairs}`, "--tasks", `sts:${pairs}`],
  );
  expect(code).toBe(0);
  const { best } = JSON.parse(stdout);
  const metrics = (await readFile(`${out}.training/metrics.jsonl`, "utf8")).trim().split("\n");
  const validations = metrics.map((line) => JSON.parse(line)).filter(({ type }) => type === "validation");
  expect(best.score).toBe(Math.max(...validations.map(({ score }) => score)));
  const card = await readFile(join(out, "README.md"), "utf8");
  expect(card).toContain(`| cosine_spearman x 100 | ${(100 * best.score).toFixed(2)} |`);
  expect(existsSync(join(out, "projection.safetensors"))).toBe(true);
});
