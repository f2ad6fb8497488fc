/** `train` with a tiny model: what it leaves behind, that a run goes on after an interruption, and what it refuses. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { EmbeddingSimilarityEvaluator } from "../../src/evaluation/index.ts";
import { HpdError, SentenceTransformer } from "../../src/index.ts";
import { elementsOf } from "../../src/tensor/lazy-tensor.ts";
import * as entry from "../../src/train.ts";
import {
  contrastive,
  cosent,
  cosineSimilarity,
  type Embed,
  type FineTuningEvent,
  matryoshka,
  megaBatchMargin,
  multipleNegativesRanking,
  planTraining,
  type TrainOptions,
  train,
  triplet,
  weightedSum,
} from "../../src/train.ts";
import { batchHardTriplet } from "../../src/training/losses/batch-triplet.ts";
import { significant } from "../../src/training/report/text.ts";
import { openStudent } from "../../src/training/student/open-student.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";
import { expectSameResumed, stoppedAfter, toldBefore, warningsOf, weightsIn } from "./interrupted.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-train-"));
afterAll(() => rm(scratch, { recursive: true }));

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const texts = madeUpSentences(240, 3);

/** Pairs that share a word, so that there is something to learn. */
const pairs = Array.from({ length: 80 }, (_, row) => ({
  id: row,
  anchor: texts[3 * row]!,
  positive: `${texts[3 * row]!.split(" ")[0]} ${texts[3 * row + 1]}`,
  negative: texts[3 * row + 2]!,
  score: (row % 5) / 4,
}));

let files = 0;
async function fileOf(rows: readonly object[]): Promise<string> {
  const path = join(scratch, `rows-${files++}.jsonl`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const data = await fileOf(pairs);

const ofEvaluation = new EmbeddingSimilarityEvaluator({
  sentences1: ["a", "b"],
  sentences2: ["c", "d"],
  scores: [0, 1],
});

let runs = 0;
let options: TrainOptions;
beforeEach(() => {
  options = {
    model: fixture("bert"),
    data: [{ path: data }],
    loss: multipleNegativesRanking(),
    epochs: 3,
    batchSize: 16,
    learningRate: 3e-3,
    validation: 16,
    dropout: 0,
    threads: 1,
    out: join(scratch, `model-${runs++}`),
  };
});

test("a model that loads and has learnt, with a card; other fields of the rows are nobody's business", async () => {
  const events: FineTuningEvent[] = [];
  let learnt: ArrayLike<number> = [];
  const done = await train({
    ...options,
    epochs: 4,
    onEvent: (event) => events.push(event),
    measure: async (embed) => {
      learnt = (await embed(texts)).data;
      return [{ task: "a task", metric: "m", value: 1, command: "hpd evaluate" }];
    },
  });
  const prepared = events.find((event) => event.type === "prepared")!;
  expect(prepared).toMatchObject({
    datasets: [{ name: "", columns: ["anchor", "positive", "negative"], label: undefined, batches: 4 }],
    counts: { read: 80, empty: 0, contradictory: 0, train: 64, validation: 16 },
    totalSteps: 16,
  });
  const losses = events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(losses.slice(-4))).toBeLessThan(0.9 * mean(losses.slice(0, 4)));
  const validations = events.filter((event) => event.type === "validation");
  expect(validations[0]).toMatchObject({ step: 0, isBest: false });
  expect(validations.filter(({ step }) => step === 0).length).toBe(1);
  expect(done.best.loss).toBeLessThan(validations[0]!.loss);
  expect(done.steps).toBe(16);

  await using model = await SentenceTransformer.load(options.out, { workers: 0, onWarning: (w) => expect(w).toBe("") });
  await using before = await SentenceTransformer.load(fixture("bert"), { workers: 0 });
  const { data } = await model.encode(texts);
  expect(Math.max(...data.map((value, at) => Math.abs(value - learnt[at]!)))).toBeLessThan(1e-5);
  expect(model.prompts).toEqual(before.prompts);

  const card = await readFile(join(options.out, "README.md"), "utf8");
  expect(card).toContain("multipleNegativesRanking");
  expect(card).toContain("| a task | m | 1.00 |");
  expect(card).toContain("held out for validation | 16");
  expect(card).toContain("| loss | multipleNegativesRanking |");
  const [base, best] = [validations[0]!.loss, done.best.loss].map((loss) => significant(loss));
  expect(card).toContain(`|  | before training | after |\n|---|---|---|\n| validation loss | ${base} | ${best} |`);
  expect(card).toContain("16 updates, 256 rows seen");
  expect(card).not.toContain(scratch);
  expect(await readFile(done.report, "utf8")).toContain("rows-0.jsonl");
});

test("a run that was stopped goes on as if it had not been, and ends with the same bytes", async () => {
  // Groups, of which each epoch draws other pairs.
  const groups = pairs.slice(0, 40).map(({ anchor, positive, negative }, at) => ({
    texts: [anchor, positive, negative].slice(at % 2),
  }));
  const whole = {
    ...{ ...options, data: [{ path: await fileOf(groups) }], batchSize: 8, dropout: 0.1 },
    ...{ threads: 2, validationSteps: 3, epochs: 2 },
  };
  const events = await expectSameResumed(4, whole.out, (run) => train({ ...whole, ...run }));
  expect(events.find((event) => event.type === "prepared")).toMatchObject({
    datasets: [{ columns: ["texts", "texts"] }],
    totalSteps: 6,
  });
  expect(await readFile(join(whole.out, "README.md"), "utf8")).toContain("| columns | texts |");
  // It is over: to resume it again changes nothing.
  expect((await train({ ...whole, resume: true })).steps).toBe(6);
  await expect(train({ ...whole, resume: true, loss: triplet() })).rejects.toThrow(/another recipe \(`loss` was/);
});

/** Runs the program that the card of a model says makes it. @param places other places of files that it names */
async function runProgram(folder: string, places: Readonly<Record<string, string>>): Promise<void> {
  const card = await readFile(join(folder, "README.md"), "utf8");
  const [, names, body] = /import \{ (.*) \} from "hpd\/train";\n(.*?)```/s.exec(card.split("## Recipe")[1]!)!;
  const all = { bert: fixture("bert"), [basename(data)]: data, ...places };
  const located = Object.entries(all).reduce((text, [name, path]) => text.replaceAll(`"${name}"`, `"${path}"`), body!);
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  const functions: Readonly<Record<string, unknown>> = entry;
  const known = names!.split(", ").map((name) => functions[name]);
  // Threads have no say in what a model is, but in its last digits.
  await new AsyncFunction(...names!.split(", "), located.replace("await train({", "await train({ threads: 1,"))(
    ...known,
  );
}

describe("a weighted sum of losses", () => {
  const summed = (): TrainOptions => ({
    ...options,
    columns: ["anchor", "positive"],
    loss: weightedSum([cosent(), cosineSimilarity()], { weights: [1, 0.5] }),
    maxSteps: 2,
  });

  test("the value of each in events, metrics, report and card, whose program makes the same bytes", async () => {
    const events: FineTuningEvent[] = [];
    const done = await train({ ...summed(), onEvent: (event) => events.push(event) });
    for (const event of events) {
      if (event.type !== "step" && event.type !== "validation") continue;
      expect(Object.keys(event.losses!)).toEqual(["cosent", "cosineSimilarity"]);
      expect((event.losses!.cosent! + event.losses!.cosineSimilarity!) / event.loss).toBeCloseTo(1, 5);
    }
    expect(await readFile(`${options.out}.training/metrics.jsonl`, "utf8")).toContain('"losses":{"cosent":');
    expect(await readFile(done.report, "utf8")).toContain("Loss of cosineSimilarity");
    expect(await readFile(join(options.out, "README.md"), "utf8")).toContain("| cosent + 0.5 x cosineSimilarity |");
    const again = join(scratch, `model-${runs++}`);
    await runProgram(options.out, { [basename(options.out)]: again });
    expect(await weightsIn(again)).toEqual(await weightsIn(options.out));
  });

  test("rows that are right for one of the losses alone are refused", async () => {
    const loss = weightedSum([contrastive(), cosineSimilarity()]);
    await expect(train({ ...summed(), loss, label: "score" })).rejects.toThrow(
      /score should be 0 or 1, and from -1 to 1, as a cosine is, got 0.25/,
    );
  });
});

describe("several datasets", () => {
  const scored = fileOf(pairs.slice(0, 40).map(({ anchor, positive, score }) => ({ a: anchor, b: positive, score })));
  const two = async (): Promise<TrainOptions> => {
    const { data, loss, validation, ...rest } = options;
    return {
      ...rest,
      datasets: [
        { name: "triplets", data: data!, loss: loss!, validation: 16 },
        {
          data: [{ path: await scored }],
          loss: cosent(),
          columns: ["b", "a"],
          validation: 8,
          batchSize: 4,
          weight: 0.5,
        },
      ],
    };
  };

  test("each with its loss and its size of batches; events, report, card and metrics name them", async () => {
    const run = await two();
    const name = (await scored).replace(/^.*[\\/]|\.jsonl$/g, "");
    const events: FineTuningEvent[] = [];
    const done = await train({ ...run, epochs: 2, onEvent: (event) => events.push(event) });
    expect(events.find((event) => event.type === "prepared")).toMatchObject({
      counts: { read: 120, train: 64 + 32, validation: 24 },
      datasets: [
        { name: "triplets", columns: ["anchor", "positive", "negative"], counts: { train: 64 }, batches: 4 },
        { name, columns: ["b", "a"], label: "score", counts: { train: 32 }, batches: 8 },
      ],
      totalSteps: 24,
    });
    const steps = events.filter((event) => event.type === "step");
    const of = (wanted: string) => steps.filter(({ losses }) => losses?.[wanted] !== undefined);
    expect([of("triplets").length, of(name).length]).toEqual([8, 16]);
    const validation = events.findLast((event) => event.type === "validation")!;
    expect((16 * validation.losses!.triplets! + 8 * validation.losses![name]!) / 24).toBeCloseTo(validation.loss, 10);
    expect(of("triplets").at(-1)!.loss).toBeLessThan(of("triplets")[0]!.loss);

    const card = await readFile(join(options.out, "README.md"), "utf8");
    expect(card).toContain("| **dataset** | **triplets** |");
    expect(card).toContain(`| **dataset** | **${name}** |`);
    expect(await readFile(done.report, "utf8")).toContain("Loss of triplets");
    const recipe = JSON.parse(await readFile(`${options.out}.training/recipe.json`, "utf8"));
    expect(recipe).toMatchObject({
      sampling: "proportional",
      datasets: [
        { name: "triplets", batchSize: 16, weight: 1, loss: { multipleNegativesRanking: {} } },
        { name, batchSize: 4, weight: 0.5, loss: { cosent: {} } },
      ],
    });
  });

  test("one in a list has the weights of one by itself", async () => {
    const run = { ...options, maxSteps: 1 };
    await train({ ...run, batchSize: 8 });
    const { data, loss, validation, batchSize, ...rest } = run;
    const out = join(scratch, `model-${runs++}`);
    await train({ ...rest, out, loss, validation: 16, datasets: [{ data: data!, batchSize: 8 }] });
    expect(await weightsIn(out)).toEqual(await weightsIn(options.out));
  });

  test.each<[string, (run: TrainOptions) => unknown, RegExp]>([
    ["none", () => [], /datasets should be a list of datasets, got none/],
    ["no list", () => "a.jsonl", /datasets should be a list of datasets, got "a\.jsonl"/],
    ["a name twice", ({ datasets: [first] = [] }) => [first, first], /two datasets have the name "triplets"/],
    ["no loss", ({ datasets: [first] = [] }) => [{ ...first, loss: undefined }], /datasets\[0\]\.loss is missing/],
    ["no data", ({ datasets: [first] = [] }) => [{ ...first, data: undefined }], /datasets\[0\]\.data is missing/],
    [
      "a weight of 0",
      ({ datasets: [first] = [] }) => [{ ...first, weight: 0 }],
      /datasets\[0\]\.weight should be a positive number/,
    ],
    [
      "an option that isn't one",
      ({ datasets: [first] = [] }) => [{ ...first, batchsize: 4 }],
      /datasets\[0\] has no option "batchsize" \(did you mean batchSize\?\)/,
    ],
    [
      "columns that aren't there, in the second",
      ({ datasets: [first, second] = [] }) => [first, { ...second, name: "pairs", columns: ["a", "c"] }],
      /dataset pairs: .*has no field "c"/,
    ],
    [
      "batches of one row",
      ({ datasets: [first] = [] }) => [{ ...first, batchSize: 1 }],
      /dataset triplets: batchSize should be 2 or more/,
    ],
  ])("refused: %s", async (_, datasets, message) => {
    const run = await two();
    await expect(train({ ...run, datasets: datasets(run) as [] })).rejects.toThrow(message);
  });

  test("refused: what is said of one dataset beside several", async () => {
    const run = await two();
    for (const [name, value] of [
      ["data", [{ path: data }]],
      ["columns", ["a"]],
      ["label", "score"],
    ] as const) {
      await expect(train({ ...run, [name]: value })).rejects.toThrow(`${name} is that of one dataset`);
    }
    await expect(train({ ...run, validation: [{ path: data }] })).rejects.toThrow(/files for validation/);
    await expect(train({ ...run, sampling: "round-robin" as never })).rejects.toThrow(
      /sampling should be one of proportional, roundRobin/,
    );
    await expect(train({ model: options.model, out: options.out })).rejects.toThrow(/data is missing/);
  });
});

test("rows of the same label go together where the loss compares them", async () => {
  const labelled = await fileOf(texts.slice(0, 70).map((sentence, row) => ({ sentence, label: row % 7 })));
  const whole = { ...options, data: [{ path: labelled }], loss: batchHardTriplet(), batchSize: 8, validation: 14 };
  const told = await toldBefore((listening) => train({ ...whole, ...listening }));
  expect(told.at(-1)).toMatchObject({ type: "prepared", totalSteps: 3 * 7 });
  await expect(train({ ...whole, batchSize: 7, overwrite: true })).rejects.toThrow(
    /batchSize should be even and 4 or more/,
  );
  const alone = await fileOf(texts.slice(0, 40).map((sentence, row) => ({ sentence, label: Math.min(row, 1) })));
  await expect(train({ ...whole, data: [{ path: alone }], overwrite: true })).rejects.toThrow(
    /no two labels with two rows each/,
  );
});

test("a model's default prompt is warned of, unless prompts are said", async () => {
  await using folder = await withFiles("bert", {
    "config_sentence_transformers.json": { prompts: { passage: "passage: " }, default_prompt_name: "passage" },
  });
  for (const [changes, count] of [
    [{}, 1],
    [{ promptNames: "passage" }, 0],
    [{ prompts: "" }, 0],
  ] as const) {
    const run = { ...options, ...changes, out: join(scratch, `model-${runs++}`), model: folder.path };
    const warnings = warningsOf(await toldBefore((listening) => train({ ...run, ...listening })));
    expect(warnings.filter((text) => /puts its prompt "passage: " before/.test(text)).length).toBe(count);
  }
});

test("pairs with scores, named columns, in several dimensions; the best state by a score", async () => {
  const scores: number[] = [];
  const done = await train({
    ...options,
    loss: matryoshka(cosent(), { dimensions: [16, 4] }),
    columns: ["positive", "anchor"],
    epochs: 1,
    evaluator: {
      name: "a length",
      async evaluate(embed) {
        const { data } = await embed(["a cat"]);
        scores.push(-Math.hypot(...data));
        return scores.at(-1)!;
      },
    },
  });
  // What the model scored before training is told, but never kept.
  const [base, ...later] = scores;
  expect(done.best.score).toBe(Math.max(...later));
  const card = await readFile(join(options.out, "README.md"), "utf8");
  expect(card).toContain(`| a length | ${base!.toFixed(4)} | ${done.best.score!.toFixed(4)} |`);
  const recipe = JSON.parse(await readFile(`${options.out}.training/recipe.json`, "utf8"));
  expect(recipe).toMatchObject({
    loss: { matryoshka: { loss: { cosent: { scale: 20 } }, dimensions: [16, 4] } },
    evaluator: "a length",
  });
  expect(card).toContain("| loss | matryoshka of cosent |");
});

test("the evaluator measures the model as it will be: texts are cut shorter for training alone", async () => {
  const long = "a man and a dog run in the park while a woman sleeps";
  const seen: number[][] = [];
  const embedded = async (embed: Embed) => {
    seen.push([...(await embed([long, "a man and a dog"])).data]);
  };
  await train({
    ...options,
    maxSeqLength: 6,
    maxSteps: 1,
    evaluator: { name: "a text", evaluate: async (embed) => embedded(embed).then(() => 1) },
    measure: async (embed) => embedded(embed).then(() => []),
  });
  // Before training, after the step, and for the card.
  expect(seen.length).toBe(3);
  expect(seen[1]).toEqual(seen[2]);
  const [first, second] = [seen[1]!.slice(0, 16), seen[1]!.slice(16)];
  expect(first).not.toEqual(second);
});

test("adapters become part of an ordinary model, whose other weights are those it began with", async () => {
  const weightsOf = async (folder: string) => new Map((await openStudent({ model: folder })).parameters);
  const run = { ...options, lora: { rank: 2, targetModules: ["query"] }, maxSteps: 2, warmupSteps: 0 };
  const { trained } = await planTraining(run);
  expect(trained).toBe(2 * 2 * (16 + 16));
  const events: FineTuningEvent[] = [];
  await train({ ...run, onEvent: (event) => events.push(event) });
  const prepared = events.find((event) => event.type === "prepared")!;
  expect(prepared.trained).toBe(trained);
  expect(prepared.trained).toBeLessThan(prepared.parameters);
  const after = await weightsOf(options.out);
  for (const [name, tensor] of await weightsOf(fixture("bert"))) {
    const [a, b] = [await elementsOf(tensor), await elementsOf(after.get(name)!)];
    if (name.endsWith("query.weight")) expect(a.data, name).not.toEqual(b.data);
    else expect(a.data, name).toEqual(b.data);
  }
  const card = await readFile(join(options.out, "README.md"), "utf8");
  expect(card).toContain("weights that were trained");
  expect(card).toContain("targetModules");
  await using model = await SentenceTransformer.load(options.out, { workers: 0 });
  expect((await model.encode(["hello"])).data.every(Number.isFinite)).toBe(true);
});

test("a static model is trained, too", async () => {
  await train({
    ...options,
    model: fixture("static"),
    columns: ["anchor", "positive"],
    maxSteps: 1,
  });
  await using model = await SentenceTransformer.load(options.out, { workers: 0 });
  expect(Number.isFinite((await model.encode("a cat"))[0])).toBe(true);
});

test("rows of no use are left out and counted", async () => {
  const [first] = pairs;
  const rows = [
    ...pairs,
    { ...first, positive: " " },
    { ...first, negative: first!.positive },
    { ...first, negative: first!.anchor },
  ];
  const run = { ...options, data: [{ path: await fileOf(rows) }] };
  const told = await toldBefore((listening) => train({ ...run, ...listening }));
  expect(told.at(-1)).toMatchObject({ counts: { empty: 1, contradictory: 2 } });
});

test("rows that share texts are told of: each batch has few of them", async () => {
  const rows = pairs.map(({ positive, negative }, at) => ({ anchor: pairs[at % 4]!.anchor, positive, negative }));
  const run = { ...options, data: [{ path: await fileOf(rows) }] };
  const warnings = warningsOf(await toldBefore((listening) => train({ ...run, ...listening })));
  expect(warnings).toEqual([expect.stringMatching(/of 64 rows, 48 find no batch in which their texts aren't yet/)]);
});

test.each(["score", "label"])(
  "a field that looks like a label is told of where the loss takes none: %s",
  async (name) => {
    const rows = pairs.map(({ anchor, positive }, at) => ({ anchor, positive, [name]: at % 2 }));
    const run = { ...options, data: [{ path: await fileOf(rows) }] };
    const warnings = warningsOf(await toldBefore((listening) => train({ ...run, ...listening })));
    expect(warnings).toEqual([expect.stringMatching(`^the field ${name} is not used, for the loss takes no label`)]);
  },
);

test.each<[string, Partial<TrainOptions>, number]>([
  ["are told of", {}, 1],
  ["don't matter where columns are named", { columns: ["anchor", "positive"] }, 0],
  ["don't matter to a loss of pairs", { loss: megaBatchMargin() }, 0],
])("negatives that the first row doesn't have %s", async (_, more, count) => {
  const rows = pairs.map(({ anchor, positive, negative }, at) => ({ anchor, positive, ...(at > 0 && { negative }) }));
  const run = { ...options, ...more, data: [{ path: await fileOf(rows) }] };
  const warnings = warningsOf(await toldBefore((listening) => train({ ...run, ...listening })));
  const warning = /^the field negative of some rows is not used, for the first row has none/;
  expect(warnings).toEqual(new Array(count).fill(expect.stringMatching(warning)));
});

test.each<[string, Partial<TrainOptions>, number, number]>([
  ["two rows, where rows are compared", {}, 2, 0],
  ["two rows, of which the order of scores is compared", { loss: cosent(), columns: ["anchor", "positive"] }, 2, 0],
  ["one row with a negative of its own", { columns: ["anchor", "positive", "negative"] }, 1, 0],
  ["one row with a score", { loss: cosineSimilarity(), columns: ["anchor", "positive"] }, 1, 0],
  ["one row, as was asked for, which is warned of", { validation: 1 }, 1, 1],
])("of ten rows it holds out %s", async (_, more, count, warned) => {
  const path = await fileOf(pairs.slice(0, 10));
  const run = { ...options, validation: undefined, columns: ["anchor", "positive"], ...more, data: [{ path }] };
  const told = await toldBefore((listening) => train({ ...run, ...listening }));
  expect(told.at(-1)).toMatchObject({ counts: { validation: count, train: 10 - count } });
  const warnings = warningsOf(told).filter((text) => text.startsWith("the one row that is held out"));
  expect(warnings.length).toBe(warned);
});

test("labels that are true and false; columns of Parquet by their names", async () => {
  const parquet = fileURLToPath(new URL("../fixtures/tables/sts.parquet", import.meta.url));
  for (const [path, loss] of [
    [await fileOf(pairs.map((row, at) => ({ ...row, label: [true, false, "True", " false"][at % 4] }))), contrastive()],
    [parquet, cosent()],
  ] as const) {
    const out = join(scratch, `model-${runs++}`);
    const run = { ...options, out, data: [{ path }, { path }], loss, validation: 2 };
    const told = await toldBefore((listening) => train({ ...run, ...listening }));
    expect(told.at(-1)).toMatchObject(
      path === parquet
        ? { datasets: [{ columns: ["sentence1", "sentence2"], label: "score" }] }
        : { datasets: [{ columns: ["anchor", "positive"], label: "label" }] },
    );
  }
});

test("a run goes on with the same rows and columns only", async () => {
  const rows = await fileOf(pairs);
  const run = { ...options, data: [{ path: rows }] };
  await stoppedAfter(1, (stopping) => train({ ...run, ...stopping }));
  await expect(train({ ...run, resume: true, columns: ["positive", "anchor"] })).rejects.toThrow(
    /another recipe \(`columns`/,
  );
  await writeFile(rows, `${JSON.stringify({ ...pairs[0], anchor: "another" })}\n`, { flag: "a" });
  await expect(train({ ...run, resume: true })).rejects.toThrow(HpdError);
});

describe("refused, before any work,", () => {
  const [first] = pairs;
  test.each<[string, readonly object[], Partial<TrainOptions>, RegExp]>([
    [
      "columns that aren't there",
      [{ a: "x", b: "y" }],
      {},
      /takes 2 or more columns of texts, got none of the fields a, b: name them/,
    ],
    ["too few columns", [{ anchor: "x", score: 1 }], {}, /takes 2 or more columns of texts, got anchor/],
    ["nothing left to train", pairs, { freeze: ["*"] }, /freeze leaves nothing to train/],
    ["layers that aren't there", pairs, { freeze: ["0-7"] }, /the model has layers 0 to 1, got 0-7/],
    ["a layer by no list", pairs, { freeze: "0" as never }, /freeze should be a list .* got "0"/],
    ["a growing rate", pairs, { layerwiseLearningRateDecay: 1.1 }, /should be above 0 and at most 1, got 1.1/],
    ["adapters nowhere", pairs, { lora: { targetModules: ["x"] } }, /no linear layer x: set targetModules/],
    ["a column that no row has", pairs, { columns: ["anchor", "other"] }, /no field "other"/],
    [
      "a label that isn't there",
      [{ anchor: "x", positive: "y" }],
      { loss: cosent() },
      /takes the label score, got the fields anchor, positive/,
    ],
    [
      "a label for a loss without one",
      pairs,
      { label: "score" },
      /label should be left out for a loss without one, got score/,
    ],
    [
      "a label that is no number",
      [{ ...first, score: "high" }],
      { loss: cosent() },
      /"score" should be a number, got "high"/,
    ],
    ["a label that is null", [{ ...first, score: null }], { loss: cosent() }, /"score" should be a number, got null/],
    [
      "a label that float32 hasn't",
      [{ ...first, score: 1e300 }],
      { loss: cosent() },
      /score should hold numbers that fit float32, got 1e\+300/,
    ],
    [
      "a label that is neither 0 nor 1",
      [{ ...first, label: 2 }],
      { loss: contrastive() },
      /label should be 0 or 1, got 2/,
    ],
    [
      "a score that no cosine is",
      [{ ...first, score: 4.5 }],
      { loss: matryoshka(cosineSimilarity(), { dimensions: [16, 8] }) },
      /score should be from -1 to 1, as a cosine is, got 4\.5/,
    ],
    [
      "scores that are all alike",
      pairs.map((row) => ({ ...row, score: 0.5 })),
      { loss: cosent() },
      /the field score should differ .* got 0\.5 in all rows/,
    ],
    [
      "texts longer than the model's",
      pairs,
      { maxSeqLength: 49 },
      /maxSeqLength should be from 3, .* to 48, .* got 49/,
    ],
    ["texts of no token of their own", pairs, { maxSeqLength: 2 }, /maxSeqLength should be from 3, .* got 2/],
    ["a text that is none", [{ ...first, anchor: 7 }], {}, /"anchor" should be a string, got 7/],
    ["one row", [first!], { validation: undefined }, /1 usable rows are too few/],
    ["as many held out as there are", pairs, { validation: 80 }, /80 usable rows are too few to hold out 80/],
    ["no row of use", [{ ...first, anchor: "" }], {}, /holds no usable rows: expected texts in every column/],
    [
      "negatives that are none",
      pairs.map((row) => ({ ...row, negative: row.positive })),
      {},
      /no usable rows: negatives are the anchors or positives of their own rows/,
    ],
    [
      "pairs for a loss of triplets",
      pairs.map(({ anchor, positive }) => ({ anchor, positive })),
      { loss: triplet() },
      /takes 3 columns of texts, got anchor, positive .*`columns: \["anchor", "positive", "negative"\]`/,
    ],
    [
      "rows that are all duplicates",
      pairs.map((row) => ({ ...row, anchor: "the same" })),
      {},
      /no batch can be made in which a text stands once/,
    ],
    ["batches of one row", pairs, { batchSize: 1 }, /batchSize should be 2 or more/],
  ])("%s", async (_, rows, changes, message) => {
    await expect(train({ ...options, data: [{ path: await fileOf(rows) }], ...changes })).rejects.toThrow(message);
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{ loss: undefined }, /loss is missing/],
    [{ loss: "mnrl" }, /loss should be a loss of hpd\/train, such as multipleNegativesRanking\(\), got "mnrl"/],
    [{ data: [] }, /data should be files of rows, got none/],
    [{ batch_size: 8 }, /no option "batch_size" \(did you mean batchSize\?\)/],
    [{ learningRate: 100 }, /learningRate should be below 1 \/ weightDecay, 100, got 100/],
    [{ epochs: 0 }, /epochs should be a positive number/],
    [{ columns: "anchor" }, /columns should be a list of fields/],
    [
      { evaluator: async () => 1 },
      /evaluator should be an object with a `name` and a function `evaluate`, got a function/,
    ],
    [
      { evaluator: { evaluate: async () => 1 } },
      /evaluator\.name should be the name of what it measures, got undefined/,
    ],
    [
      { evaluator: ofEvaluation },
      /evaluator should have .* got an evaluator of hpd\/evaluation: call that in it, `async/,
    ],
    [{ evaluator: { name: "own", evaluate: async () => "0.5" } }, /evaluator own should return a number, got "0.5"/],
    [{ keepBest: "score" }, /keepBest should be loss without an evaluator, got score/],
    [{ data: [{ path: "nowhere.jsonl" }] }, /nowhere\.jsonl/],
    [{ data: [{ path: "rows.xyz" }] }, /rows\.xyz: the file's name doesn't tell its format/],
    [{ model: fixture("router") }, /Router/],
  ])("%o", async (changes, message) => {
    await expect(train({ ...options, ...(changes as Partial<TrainOptions>) })).rejects.toThrow(message);
  });

  test("a new model within the one that it starts from, or around it", async () => {
    const model = join(scratch, `models-${runs}/base`);
    await cp(fixture("bert"), model, { recursive: true });
    const run = { ...options, model };
    await expect(train({ ...run, out: join(model, "tuned") })).rejects.toThrow(/base\/tuned can't lie in .*base, the/);
    await expect(train({ ...run, workFolder: join(model, "work") })).rejects.toThrow(/base\/work can't lie in/);
    await expect(train({ ...run, out: join(scratch, `models-${runs}`), overwrite: true })).rejects.toThrow(
      /base lies in .*, which the new model will replace/,
    );
  });

  test.each(["trained", "only saved"])("weights that are no numbers, %s", async (kind) => {
    const model = join(scratch, `damaged-${runs}`);
    await cp(fixture("bert"), model, { recursive: true });
    const path = join(model, "model.safetensors");
    const bytes = await readFile(path);
    // The first number, of the embeddings' LayerNorm, or the last one, of the pooler.
    const place = kind === "trained" ? 8 + Number(bytes.readBigUInt64LE(0)) : bytes.length - 4;
    bytes.writeFloatLE(Number.NaN, place);
    await writeFile(path, bytes);
    const onEvent = vi.fn();
    await expect(train({ ...options, model, onEvent })).rejects.toThrow(
      /should hold finite numbers, got NaN or infinity: start from another model/,
    );
    expect(onEvent).not.toHaveBeenCalledWith(expect.objectContaining({ type: "prepared" }));
  });

  test("a place where no model can be written, while the rest could be", async () => {
    const nowhere = join(scratch, `link-${runs}`);
    await symlink(join(scratch, "missing"), nowhere);
    const onEvent = vi.fn();
    await expect(
      train({ ...options, out: join(nowhere, "model"), workFolder: `${nowhere}.training`, onEvent }),
    ).rejects.toThrow(/link-\d+\/model can't be written: something else is there/);
    await expect(train({ ...options, out: join(nowhere, "model"), onEvent })).rejects.toThrow(/can't be written/);
    expect(onEvent).not.toHaveBeenCalled();
  });
});
