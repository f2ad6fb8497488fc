import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";
import { interruptTraining } from "./interrupt-training.ts";
import { runHpd } from "./run-hpd.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-cli-distill-"));
afterAll(() => rm(scratch, { recursive: true }));

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const sentences = join(scratch, "sentences.txt");
await writeFile(sentences, madeUpSentences(100, 1).join("\n"));

const recipe = join(scratch, "recipe.yaml");
await writeFile(
  recipe,
  `teacher:
  model: ${fixture("bert")}
student: ${fixture("hpd-tinybert-like")}
layers: [0, 1]
dim: 8
sentences: ${sentences}
valid: 20
loss: mse=1,cosine=0.1
epochs: 2
batchSize: 8
accumulation-steps: 2
learningRate: 5e-3
warmup: 5
validationSteps: 4
cacheDir: ${join(scratch, "cache")}
threads: 1
`,
);

function distill(...args: string[]) {
  return runHpd(["distill", ...args]);
}

test("Ctrl-C writes a checkpoint, and what to do then is said", async () => {
  const { code, stderr } = await interruptTraining(["distill", "--recipe", recipe], join(scratch, "stopped"), 2);
  expect(stderr).toMatch(/stopped after step \d; run the same command with --resume to continue\n$/);
  expect(code).toBe(130);
  expect(await readdir(join(scratch, "stopped.training/checkpoints"))).toHaveLength(1);
});

test("shards, numbered by a scheduler, make the embeddings; one machine then trains", async () => {
  const folder = join(scratch, "embeddings");
  const args = ["distill", "--recipe", recipe, "--out", join(scratch, "unused"), "--teacher-embeddings", folder];
  const shard = (env: Readonly<Record<string, string>>, ...flags: string[]) => runHpd([...args, ...flags], { env });
  const first = await shard({ JOB_COMPLETION_INDEX: "0" }, "--shards", "2");
  const second = await shard({ SLURM_ARRAY_TASK_ID: "1" }, "--shards", "2", "--json");
  expect(first).toMatchObject({ code: 0, stderr: expect.stringMatching(/shard 0 of 2: 0 embeddings, 0\/s/) });
  expect(JSON.parse(second.stdout)).toMatchObject({ shard: 1, shards: 2, rows: 100, was_committed: false });
  expect(await shard({}, "--shards", "2")).toMatchObject({ code: 0, stderr: "all 2 shards are done\n" });
  const again = await shard({}, "--shards", "2", "--shard", "1");
  expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/100 embeddings, was done before/) });

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

  const [out, cache] = [join(scratch, "by-shards"), join(scratch, "empty-cache")];
  const flags = ["--max-steps", "1", "--teacher-embeddings", folder, "--cache-dir", cache];
  expect(await distill("--recipe", recipe, "--out", out, ...flags)).toMatchObject({ code: 0 });
  // What the shards made is all that there is.
  const cached = (await readdir(cache, { recursive: true })).map((name) => basename(name));
  expect(cached.filter((name) => name.endsWith(".embeddings"))).toEqual([
    expect.stringMatching(/-1-of-2\.embeddings$/),
  ]);
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
  expect(stdout).toMatch(/^sentences {4}80 to train on, 20 held out, of 100 read$/m);
  expect(stdout).toMatch(/^training {5}\d+:\d\d:\d\d, 10 steps at [\d,]+ sentences\/s$/m);
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
  const { code, stdout, stderr } = await distill(
    ...["--recipe", recipe, "--out", out, "--json", "--evaluator", `sts:${pairs}`, "--tasks", `sts:${pairs}`],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^step 10 of 10, loss \S+, validation/m) });
  const { best, ...done } = JSON.parse(stdout);
  expect(done).toMatchObject({ type: "done", out, steps: 10 });
  const metrics = (await readFile(`${out}.training/metrics.jsonl`, "utf8")).trim().split("\n");
  const validations = metrics.map((line) => JSON.parse(line)).filter(({ type }) => type === "validation");
  expect(best.score).toBe(Math.max(...validations.map(({ score }) => score)));
  const card = await readFile(join(out, "README.md"), "utf8");
  expect(card).toContain(`| cosine_spearman x 100 | ${(100 * best.score).toFixed(2)} |`);
  expect(existsSync(join(out, "projection.safetensors"))).toBe(true);
});
