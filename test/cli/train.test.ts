/** `hpd train`: a recipe and flags, an interruption, and what is said of wrong ones. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { readSettings } from "../../src/cli/settings/read.ts";
import { crossEncoderOptions } from "../../src/cli/train/cross-encoder-options.ts";
import { trainOptions } from "../../src/cli/train/options.ts";
import { settings } from "../../src/cli/train/settings.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";
import { interruptTraining } from "./interrupt-training.ts";
import { runHpd } from "./run-hpd.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-cli-train-"));
afterAll(() => rm(scratch, { recursive: true }));

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const texts = madeUpSentences(300, 4);
const data = join(scratch, "pairs.csv");
await writeFile(
  data,
  `left,right,close\n${Array.from({ length: 150 }, (_, row) => `${texts[2 * row]},${texts[2 * row + 1]},${(row % 3) / 2}`).join("\n")}\n`,
);

const recipe = join(scratch, "recipe.yaml");
await writeFile(
  recipe,
  `model: ${fixture("bert")}
data: ${data}
columns: [left, right]
label: close
loss: cosent
epochs: 4
batchSize: 8
learningRate: 1e-3
threads: 1
`,
);

const train = (...args: string[]) => runHpd(["train", ...args]);

test("a recipe, with a flag over it: progress on stderr, the outcome as JSON; after Ctrl-C, --resume ends with the same", async () => {
  const [out, stopped] = [join(scratch, "first"), join(scratch, "stopped")];
  const flags = ["--recipe", recipe, "--epochs", "1"];
  const { code, stdout, stderr } = await train(...flags, "--out", out, "--json");
  expect(stderr).toMatch(/135 rows to train on, 15 held out/);
  expect(stderr).toMatch(/columns: left, right; label: close/);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ type: "done", out, steps: 17 });
  expect(await readFile(join(out, "README.md"), "utf8")).toContain("cosent");

  const interrupted = await interruptTraining(["train", ...flags], stopped, 4);
  expect(interrupted.stderr).toMatch(/stopped after step \d+; run the same command with --resume to continue/);
  expect(interrupted.code).toBe(130);
  const again = await train(...flags, "--out", stopped);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/continue it \(--resume\)/);
  expect((await train(...flags, "--out", stopped, "--resume", "--quiet")).code).toBe(0);
  const weights = (folder: string) => readFile(join(folder, "model.safetensors"));
  expect(await weights(stopped)).toEqual(await weights(out));
});

test("a dry run says what would be done, and does nothing", async () => {
  const out = join(scratch, "dry");
  const { code, stdout } = await train("--recipe", recipe, "--epochs", "1", "--out", out, "--dry-run");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^rows {9}135 to train on, 15 held out, of 150 read$/m);
  expect(stdout).toMatch(/^columns {6}left, right; label: close$/m);
  expect(stdout).toMatch(/^training {5}0:\d\d:\d\d, 17 steps at [\d,]+ rows\/s$/m);
  expect(stdout).toMatch(/^disk {9}while it runs [\d.]+ MB in .*dry\.training/m);
  expect((await readdir(scratch)).filter((name) => name.startsWith("dry"))).toEqual([]);
  const refused = await train("--recipe", recipe, "--out", out, "--dry-run", "--loss", "contrastive");
  expect(refused.stderr).toMatch(/the field close should be 0 or 1, got 0\.5/);
});

test("several datasets in a recipe, each with its settings, others for all", async () => {
  const several = join(scratch, "several.yaml");
  const own = (name: string) => `  - name: ${name}
    data: ${data}
    columns: [left, right]
`;
  await writeFile(
    several,
    `model: ${fixture("bert")}
datasets:
${own("pairs")}    batch-size: 16
    scale: 10
${own("scores")}    label: close
    loss: cosent
    batchSize: 4
    valid: 30
    weight: 0.5
sampling: round-robin
accumulation-steps: 2
max-steps: 2
threads: 1
`,
  );
  const out = join(scratch, "several");
  const planned = await train("--recipe", several, "--out", out, "--dry-run");
  expect(planned.stdout).toMatch(
    /^dataset {6}pairs: 135 rows to train on in 9 batches an epoch, 15 held out; left, right$/m,
  );
  expect(planned.stdout).toMatch(/^dataset {6}scores: 120 rows .* in 9 .*, 30 held out; left, right; label: close$/m);
  const { code, stderr } = await train("--recipe", several, "--out", out);
  expect(stderr).toMatch(/validation [\d.]+ \(pairs [\d.]+, scores [\d.]+\)/);
  expect(code).toBe(0);
  const { datasets, sampling } = JSON.parse(await readFile(`${out}.training/recipe.json`, "utf8"));
  expect(sampling).toBe("roundRobin");
  expect(datasets).toMatchObject([
    { name: "pairs", loss: { multipleNegativesRanking: { scale: 10 } }, batchSize: 16, weight: 1 },
    { name: "scores", loss: { cosent: { scale: 20 } }, batchSize: 4, validation: 30, weight: 0.5 },
  ]);
  for (const [from, to, message] of [
    ["name: pairs", "nmae: pairs", /wrong\.yaml: datasets\[0\]: there is no setting "nmae" \(did you mean name/],
    ["batchSize: 4", "batchSize: four", /datasets\[1\]: batchSize should be a number, got "four"/],
    ["sampling: round-robin", "matryoshka: [8, 4]", /--matryoshka is for datasets that say nothing of a loss, and all/],
    ["sampling: round-robin", "data: a.csv", /--data excludes the datasets of the recipe/],
    ["label: close\n    loss: cosent", "loss: cosent", /dataset scores: .*the loss takes the label score/],
  ] as const) {
    const wrong = join(scratch, "wrong.yaml");
    await writeFile(wrong, (await readFile(several, "utf8")).replace(from, to));
    expect((await train("--recipe", wrong, "--out", join(scratch, "wrong"))).stderr).toMatch(message);
  }
});

test("losses that are added up in a recipe, of the run and of a dataset", async () => {
  const summed = join(scratch, "summed.yaml");
  const sum = (indent: string) => `${indent}losses:
${indent}  - { loss: cosent, scale: 10 }
${indent}  - { loss: cosine-similarity, weight: 0.5 }
`;
  const rows = `data: ${data}, columns: [left, right], label: close`;
  await writeFile(
    summed,
    `model: ${fixture("bert")}
datasets:
  - { name: ranks, ${rows}, loss: angle }
  - { name: both, ${rows} }
${sum("")}matryoshka: [16, 8]
max-steps: 2
threads: 1
`,
  );
  const out = join(scratch, "summed");
  const { code, stderr } = await train("--recipe", summed, "--out", out);
  expect(stderr).toMatch(/validation [\d.]+ \(ranks [\d.]+, both [\d.]+\)/);
  expect(code).toBe(0);
  const { datasets } = JSON.parse(await readFile(`${out}.training/recipe.json`, "utf8"));
  const losses = [{ cosent: { scale: 10 } }, { cosineSimilarity: {} }];
  expect(datasets.map(({ loss }: { loss: object }) => loss)).toMatchObject([
    { angle: { scale: 20 } },
    { matryoshka: { loss: { weightedSum: { losses, weights: [1, 0.5] } }, dimensions: [16, 8] } },
  ]);
  // The card has a recipe that makes the model again.
  const card = await readFile(join(out, "README.md"), "utf8");
  const [, yaml] = /--recipe recipe\.yaml.*?```yaml\n(.*?)```/s.exec(card)!;
  expect(yaml).not.toContain(scratch);
  const again = join(scratch, "again");
  const located = yaml!.replace(/model: bert$/m, `model: ${fixture("bert")}`).replaceAll(basename(data), data);
  await writeFile(join(scratch, "again.yaml"), located.replace("out: summed", `out: ${again}\nthreads: 1`));
  expect((await train("--recipe", join(scratch, "again.yaml"))).code).toBe(0);
  const weights = (folder: string) => readFile(join(folder, "model.safetensors"));
  expect(await weights(again)).toEqual(await weights(out));
  const one = join(scratch, "one.yaml");
  await writeFile(one, `model: ${fixture("bert")}\n${rows.replaceAll(/, (?=columns|label)/g, "\n")}\n${sum("")}`);
  for (const [args, message] of [
    [["--loss", "cosent"], /--loss excludes the losses of the recipe/],
    [["--scale", "5"], /--scale excludes the losses of the recipe/],
    [["--cross-encoder"], /losses is for embedding models/],
    [["--valid", "1000"], /too few to hold out 1000/],
  ] as const) {
    expect((await train("--recipe", one, "--out", join(scratch, "none"), ...args)).stderr).toMatch(message);
  }
});

test("what is missing or wrong is said with the flag's name", async () => {
  for (const [args, code, message] of [
    [["--data", data, "--out", "o"], 2, /missing --model NAME; see hpd train --help/],
    [["--model", fixture("bert"), "--out", "o"], 2, /missing --data FILE/],
    [["--recipe", recipe, "--out", "o", "file.csv"], 2, /expected no arguments, got file\.csv: give rows by --data/],
    [
      ["--recipe", recipe, "--out", "o", "--loss", "mnrl"],
      2,
      /--loss should be one of multiple-negatives-ranking, cosent/,
    ],
    [["--recipe", recipe, "--out", "o", "--margin", "1"], 1, /^hpd: --loss cosent has no --margin; it has --scale\n$/],
    [["--recipe", recipe, "--out", "o", "--batch-size", "0"], 1, /--batch-size should be a positive integer/],
    [["--recipe", recipe, "--out", "o", "--columns", "left,middle"], 1, /no column "middle", only left, right, close/],
  ] as const) {
    const outcome = await train(...args);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(code);
  }
});

test("a classifier of pairs beside the model, of labels with names", async () => {
  const nli = join(scratch, "nli.csv");
  const names = ["contradiction", "entailment", "neutral"];
  const rows = Array.from({ length: 60 }, (_, row) => `${texts[2 * row]},${texts[2 * row + 1]},${names[row % 3]}`);
  await writeFile(nli, `premise,hypothesis,label\n${rows.join("\n")}\n`);
  const out = join(scratch, "nli");
  const args = [
    "--model",
    fixture("bert"),
    "--data",
    nli,
    "--loss",
    "softmax",
    "--max-steps",
    "2",
    "--threads",
    "1",
    "--out",
    out,
  ];
  const { code, stderr } = await train(...args, "--no-concatenation-sent-rep", "--concatenation-sent-multiplication");
  expect(stderr).toMatch(/label: label, 3 of them: contradiction, entailment, neutral/);
  expect(code).toBe(0);
  const { loss } = JSON.parse(await readFile(`${out}.training/recipe.json`, "utf8"));
  expect(loss).toEqual({
    softmax: {
      concatenationSentRep: false,
      concatenationSentDifference: true,
      concatenationSentMultiplication: true,
    },
  });
});

test("Python's names of losses: what they are here", async () => {
  for (const [name, message] of [
    ["MultipleNegativesRankingLoss", /\(MultipleNegativesRankingLoss is multiple-negatives-ranking\)/],
    ["cached-multiple-negatives-ranking", /is multiple-negatives-ranking, whose memory doesn't grow with the batch/],
    ["CachedGISTEmbedLoss", /\(CachedGISTEmbedLoss is gist-embed, whose memory/],
    ["SimCSE", /\(SimCSE is multiple-negatives-ranking with one column alone/],
    ["CoSENTLoss", /\(CoSENTLoss is cosent\)/],
    ["AnglELoss", /\(AnglELoss is angle\)/],
    ["MSELoss", /\(MSELoss is mse\)/],
    ["MatryoshkaLoss", /\(MatryoshkaLoss is any loss with --matryoshka/],
    ["toString", /list-net, got "toString"/],
  ] as const) {
    await expect(readSettings({ loss: name }, settings)).rejects.toThrow(message);
  }
});

test("prompts of columns, by flags", async () => {
  const needed = { model: "m", out: "o" };
  const read = (flags: Record<string, string[]>) => readSettings({ ...needed, ...flags }, settings);
  expect(await read({ prompts: ["query: "] })).toEqual({ ...needed, prompts: "query: " });
  expect(await read({ prompts: ["left=a = b: ", "right="] })).toEqual({
    ...needed,
    prompts: { left: "a = b: ", right: "" },
  });
  expect(await read({ "prompt-names": ["left=query"] })).toEqual({ ...needed, "prompt-names": { left: "query" } });
  for (const prompts of [
    ["a", "b"],
    ["left=a", "b"],
    ["left=a", "left=b"],
  ]) {
    await expect(read({ prompts })).rejects.toThrow(/--prompts should be a text for all columns, or texts by names/);
  }
});

test("what is frozen, rates by layers, adapters: any of their settings asks for adapters, but for lora: false", () => {
  const of = (values: object) => trainOptions({ model: "m", data: ["d.csv"], out: "o", ...values });
  expect(of({ freeze: ["embeddings,0-3", "*bias"], "layerwise-learning-rate-decay": 0.9 })).toMatchObject({
    freeze: ["embeddings", "0-3", "*bias"],
    layerwiseLearningRateDecay: 0.9,
    lora: undefined,
  });
  expect(of({ lora: true }).lora).toEqual({});
  expect(of({ lora: false, "lora-rank": 4 }).lora).toBeUndefined();
  expect(of({ "lora-rank": 4, "lora-targets": ["query,key"] }).lora).toEqual({
    rank: 4,
    targetModules: ["query", "key"],
  });
  expect(of({ "lora-targets": ["all-linear"], "lora-alpha": 2, "lora-dropout": 0.1 }).lora).toEqual({
    alpha: 2,
    dropout: 0.1,
    targetModules: "all-linear",
  });
});

test("settings of a loss that would not be used are refused: of a cross-encoder, of a dataset that names none", () => {
  const base = { model: "m", out: "o" };
  for (const around of [{ matryoshka: [8] }, { "adaptive-layer": true }, { "kl-temperature": 1 }]) {
    const [name] = Object.keys(around);
    const message = `--${name} is for embedding models`;
    const datasets = [{ data: ["a.csv"], loss: "mse" as const, ...around }, { data: ["b.csv"] }];
    expect(() => crossEncoderOptions({ ...base, data: ["a.csv"], ...around })).toThrow(message);
    expect(() => crossEncoderOptions({ ...base, datasets })).toThrow(message);
  }
  const datasets = [{ data: ["a.csv"], scale: 10 }, { data: ["b.csv"] }];
  for (const beside of [{ loss: "cosent" as const }, { matryoshka: [8] }, { losses: [{ loss: "mse" as const }] }]) {
    expect(() => trainOptions({ ...base, datasets, ...beside })).toThrow(
      /datasets has --scale without a loss, .*name the loss there/,
    );
  }
  const [first] = trainOptions({ ...base, datasets }).datasets!;
  expect(first!.loss!.recipe).toMatchObject({ multipleNegativesRanking: { scale: 10 } });
});

test("the format beside several datasets is that of those that name none, also of their validation files", () => {
  const [first, second] = trainOptions({
    ...{ model: "m", out: "o", "input-format": "jsonl" },
    datasets: [
      { data: ["a.txt"], valid: ["b.txt"] },
      { data: ["c"], "input-format": "csv" },
    ],
  }).datasets!;
  expect(first).toMatchObject({
    data: [{ path: "a.txt", format: "jsonl" }],
    validation: [{ path: "b.txt", format: "jsonl" }],
  });
  expect(second).toMatchObject({ data: [{ path: "c", format: "csv" }] });
});

test("settings become options", () => {
  const options = trainOptions({
    model: "M",
    data: ["a.jsonl", "b.csv"],
    out: "O",
    columns: ["a,b", "c"],
    loss: "multiple-negatives-ranking",
    scale: 10,
    symmetric: true,
    matryoshka: [8, 4],
    valid: ["100"],
  });
  expect(options).toMatchObject({
    columns: ["a", "b", "c"],
    validation: 100,
    data: [{ path: "a.jsonl" }, { path: "b.csv" }],
  });
  expect(options.loss!.recipe).toEqual({
    matryoshka: {
      loss: { multipleNegativesRanking: { scale: 10, similarity: "cosine", symmetric: true } },
      dimensions: [8, 4],
      weights: [1, 1],
    },
  });
});
