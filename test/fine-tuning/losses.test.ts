/** `train` with losses that ask more of data and model than pairs do: what comes out, again the same after a stop. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { elementsOf } from "../../src/tensor/lazy-tensor.ts";
import {
  adaptiveLayer,
  batchHardTriplet,
  cosent,
  cosineSimilarity,
  type FineTuningEvent,
  gistEmbed,
  matryoshka,
  mse,
  multipleNegativesRanking,
  planTraining,
  softmax,
  type TrainOptions,
  train,
  weightedSum,
} from "../../src/train.ts";
import { openStudent } from "../../src/training/student/open-student.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";
import { expectSameResumed, stoppedAfter, warningsOf } from "./interrupted.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-losses-"));
afterAll(() => rm(scratch, { recursive: true }));

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const texts = madeUpSentences(160, 3);
const topics = ["sport", "art", "food"];

let files = 0;
async function fileOf(rows: readonly object[]): Promise<string> {
  const path = join(scratch, `rows-${files++}.jsonl`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const data = await fileOf(
  texts.slice(0, 96).map((text, row) => ({
    sentence: `${topics[row % 3]} ${text}`,
    positive: texts[(row + 50) % 160],
    label: topics[row % 3],
  })),
);

/** 24 rows for 8 others in validation. */
const few = await fileOf(
  texts.slice(0, 24).map((text, row) => ({
    sentence: `${topics[row % 3]} ${text}`,
    positive: texts[row + 50],
    label: topics[row % 3],
    score: (row % 5) / 4,
  })),
);

const guide = fixture("hpd-tinybert-like");

let runs = 0;
const optionsOf = (loss: TrainOptions["loss"], more: Partial<TrainOptions> = {}): TrainOptions => ({
  ...{ model: fixture("bert"), data: [{ path: data }], loss, batchSize: 8, validation: 24, threads: 1 },
  ...{ epochs: 2, learningRate: 1e-3, out: join(scratch, `model-${runs++}`), ...more },
});

const severalOf = (datasets: TrainOptions["datasets"], more: Partial<TrainOptions>): TrainOptions => {
  const { data, loss, ...rest } = optionsOf(mse(), more);
  return { ...rest, datasets };
};

async function runOf(options: TrainOptions): Promise<FineTuningEvent[]> {
  const events: FineTuningEvent[] = [];
  await train({ ...options, onEvent: (event) => events.push(event) });
  return events;
}

const preparedIn = (events: readonly FineTuningEvent[]) => events.find((event) => event.type === "prepared")!;

const stepsOf = (events: readonly FineTuningEvent[]) =>
  events.flatMap((event) => (event.type === "step" ? [event.loss] : []));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const columns = ["sentence", "positive"];

const classes = ["art", "food", "sport"];

test("triplets of a batch learn labels with names", async () => {
  const more = { columns: ["sentence"], learningRate: 3e-3 };
  const events = await runOf(optionsOf(batchHardTriplet({ margin: 1 }), more));
  expect(preparedIn(events).datasets[0]).toMatchObject({ columns: ["sentence"], label: "label", classes });
  const losses = stepsOf(events);
  expect(mean(losses.slice(-4))).toBeLessThan(0.95 * mean(losses.slice(0, 4)));
});

test("a classifier beside the model learns labels with names, and isn't in the model", async () => {
  const loss = softmax({ concatenationSentMultiplication: true });
  const options = optionsOf(loss, { columns, epochs: 4, learningRate: 3e-3, validationSteps: 12 });
  const events = await runOf(options);
  expect(preparedIn(events).datasets[0]).toMatchObject({ columns, label: "label", classes });
  const validations = events.flatMap((event) => (event.type === "validation" ? [event.loss] : []));
  expect(Math.min(...validations)).toBeLessThan(0.8 * Math.log(3));
  expect(await readFile(join(options.out, "model.safetensors"), "latin1")).not.toContain("loss 0");
  await using model = await SentenceTransformer.load(options.out, { workers: 0 });
  expect((await model.encode(texts.slice(0, 2))).data.every(Number.isFinite)).toBe(true);
});

/** What another model, with as many dimensions, makes of texts. */
async function targetsOf(sentences: readonly string[]): Promise<number[][]> {
  await using teacher = await SentenceTransformer.load(fixture("bert"), { workers: 0 });
  const { data, dimension } = await teacher.encode(sentences);
  return sentences.map((_, row) => [...data.subarray(row * dimension, (row + 1) * dimension)].map((x) => -x / 2));
}

const vectors = texts.slice(0, 64);
const targets = await targetsOf(vectors);
const single = await fileOf(vectors.map((sentence, row) => ({ sentence, label: targets[row] })));
const pairs = await fileOf(vectors.map((english, row) => ({ english, other: `${english}!`, label: targets[row] })));

test("texts, and texts with translations, come to have the embeddings that are their labels", async () => {
  const options = severalOf(
    [
      { name: "single", data: [{ path: single }], columns: ["sentence"], loss: mse() },
      { name: "pairs", data: [{ path: pairs }], columns: ["english", "other"], loss: mse() },
    ],
    { validation: 8, epochs: 3, learningRate: 3e-3, validationSteps: 50 },
  );
  const events = await runOf(options);
  expect(preparedIn(events).datasets).toMatchObject([
    { columns: ["sentence"], label: "label" },
    { columns: ["english", "other"], label: "label" },
  ]);
  for (const name of ["single", "pairs"]) {
    const losses = events.flatMap((event) => (event.type === "step" ? (event.losses![name] ?? []) : []));
    expect(mean(losses.slice(-4)), name).toBeLessThan(0.5 * losses[0]!);
  }
});

test("datasets for all that losses ask of rows, batches and chance: stopped and resumed, the same bytes", async () => {
  const mnrl = multipleNegativesRanking();
  const groups = await fileOf(
    texts.slice(0, 24).map((text, at) => ({ texts: [text, texts[at + 24], texts[at + 48]].slice(at % 2) })),
  );
  const options = severalOf(
    [
      // Labels of which every batch has pairs.
      { name: "triplets", data: [{ path: few }], columns: ["sentence"], loss: batchHardTriplet() },
      // A classifier, in checkpoints.
      { name: "topics", data: [{ path: few }], columns, loss: softmax(), weight: 0.5 },
      { name: "vectors", data: [{ path: single }], columns: ["sentence"], loss: mse() },
      // The names of a sum's losses come after that of their dataset.
      {
        name: "scored",
        data: [{ path: few }],
        columns,
        loss: weightedSum([cosent(), cosineSimilarity()]),
      },
      // Of a group each epoch draws another pair.
      { name: "groups", data: [{ path: groups }], loss: mnrl },
      // Its guide has other dimensions.
      { name: "guided", data: [{ path: few }], columns, loss: gistEmbed({ guide }) },
      // Unsupervised SimCSE: one column is its own positive, by dropout.
      { name: "single", data: [{ path: few }], columns: ["sentence"], loss: mnrl },
      // Layers and dimensions are drawn.
      {
        ...{ name: "layers", data: [{ path: few }], columns },
        loss: adaptiveLayer(matryoshka(mnrl, { dimensions: [16, 4], dimensionsPerStep: 1 })),
      },
    ],
    {
      ...{ validation: 8, validationSteps: 6, dropout: 0.1, learningRate: 3e-3 },
      ...{ sampling: "roundRobin", accumulationSteps: 3 },
    },
  );
  const events = await expectSameResumed(8, options.out, (run) => train({ ...options, ...run }));
  const { datasets, totalSteps } = preparedIn(events);
  // Two batches of each in an epoch.
  expect(totalSteps).toBe(2 * Math.ceil((2 * datasets.length) / 3));
  expect(Object.fromEntries(datasets.map(({ name, columns }) => [name, columns]))).toMatchObject({
    groups: ["texts", "texts"],
    single: ["sentence", "sentence"],
  });
  const names = new Set(events.flatMap((event) => (event.type === "step" ? Object.keys(event.losses!) : [])));
  expect([...names].toSorted()).toEqual(
    [...datasets.map(({ name }) => name), "scored: cosent", "scored: cosineSimilarity"].toSorted(),
  );
  expect(events.filter((event) => event.type === "prepare" && event.stage === "guide").at(-1)).toMatchObject({
    done: 24,
    total: 24,
  });
  // Paths on this machine are private.
  const card = await readFile(join(options.out, "README.md"), "utf8");
  expect(card).toContain('guide: "hpd-tinybert-like"');
  expect(card).not.toContain(dirname(guide));
});

test("a run isn't resumed with another guide in the place of its own", async () => {
  const own = join(scratch, "guide");
  await cp(guide, own, { recursive: true });
  const options = optionsOf(gistEmbed({ guide: own }), { columns, maxSteps: 4 });
  await stoppedAfter(2, (stopping) => train({ ...options, ...stopping }));
  await rm(own, { recursive: true });
  await cp(fixture("mpnet"), own, { recursive: true });
  await expect(train({ ...options, resume: true })).rejects.toThrow(/belongs to another run/);
  await rm(own, { recursive: true });
  await cp(guide, own, { recursive: true });
  expect((await train({ ...options, resume: true })).steps).toBe(4);
});

test("adapters, for two classifiers and for layers and dimensions, are trained alone", async () => {
  const numbers = await fileOf(
    texts.slice(0, 24).map((text, row) => ({ sentence: text, positive: texts[159 - row], label: (row % 2) * 7 })),
  );
  const layered = adaptiveLayer(matryoshka(multipleNegativesRanking(), { dimensions: [16, 4] }));
  const options = severalOf(
    [
      { name: "topics", data: [{ path: few }], columns, loss: softmax() },
      { name: "numbers", data: [{ path: numbers }], columns, loss: softmax(), weight: 0.5 },
      { name: "layers", data: [{ path: few }], columns, loss: layered },
    ],
    { validation: 8, epochs: 1, warmupSteps: 0, lora: { rank: 2, dropout: 0.1 } },
  );
  const events = await runOf(options);
  expect(preparedIn(events).datasets.map(({ classes }) => classes)).toEqual([
    ["art", "food", "sport"],
    ["0", "7"],
    undefined,
  ]);
  const { moved: names, all } = await moved(options);
  expect(names).toEqual(all.filter((name) => /(query|value)\.weight$/.test(name)));
});

/** Names of the weights that a run has changed, of all. */
async function moved({ model, out }: TrainOptions): Promise<{ moved: string[]; all: string[] }> {
  const [before, after] = [(await openStudent({ model })).parameters, (await openStudent({ model: out })).parameters];
  const names: string[] = [];
  for (const [name, tensor] of after) {
    const [{ data }, { data: old }] = [await elementsOf(tensor), await elementsOf(before.get(name)!)];
    if (data.some((value, at) => value !== old[at])) names.push(name);
  }
  return { moved: names, all: [...before.keys()] };
}

test("2D Matryoshka over frozen tables and a frozen layer; what is cut to its first layer loads", async () => {
  const loss = adaptiveLayer(matryoshka(multipleNegativesRanking(), { dimensions: [16, 4], dimensionsPerStep: 1 }));
  const options = optionsOf(loss, { columns, maxSteps: 2, warmupSteps: 0, freeze: ["embeddings", "*layer.0.*"] });
  await train(options);
  const { moved: names, all } = await moved(options);
  expect(names).toEqual(all.filter((name) => name.includes("layer.1.")));
  const card = await readFile(join(options.out, "README.md"), "utf8");
  for (const text of ["adaptiveLayer", "weights that were trained", "*layer.0.*"]) expect(card).toContain(text);
  // What the README says: a copy whose config.json has fewer layers.
  const cut = join(scratch, "cut");
  await cp(options.out, cut, { recursive: true });
  const config = JSON.parse(await readFile(join(cut, "config.json"), "utf8"));
  await writeFile(join(cut, "config.json"), JSON.stringify({ ...config, num_hidden_layers: 1 }));
  await using model = await SentenceTransformer.load(cut, { workers: 0, onWarning: () => {} });
  expect((await model.encode(texts.slice(0, 2))).data.every(Number.isFinite)).toBe(true);
});

test("a plan has what a guide's embeddings take, and embeds few of the rows", async () => {
  const rows = Array.from({ length: 500 }, (_, row) => ({ anchor: `${texts[0]} ${row}`, positive: `${row}` }));
  const embedded: number[] = [];
  const { disk, seconds } = await planTraining({
    ...optionsOf(gistEmbed({ guide }), { data: [{ path: await fileOf(rows) }], maxSteps: 1 }),
    onEvent: (event) => event.type === "prepare" && event.stage === "guide" && embedded.push(event.total!),
  });
  // Of 476 to train on and 24 held out.
  expect(new Set(embedded)).toEqual(new Set([256 + 24]));
  expect(seconds.guide).toBeGreaterThan(0);
  await using model = await SentenceTransformer.load(guide, { workers: 0 });
  expect(disk.work.neededBytes).toBeGreaterThan(4 * 500 * 2 * model.dimension);
});

test("one column that is its own positive differs by dropout; without any it is warned of", async () => {
  const options = { columns: ["sentence"], maxSteps: 1, validation: undefined };
  const [first] = stepsOf(await runOf(optionsOf(multipleNegativesRanking(), { ...options, dropout: 0.1 })));
  const events = await runOf(optionsOf(multipleNegativesRanking(), { ...options, dropout: 0 }));
  expect(stepsOf(events)[0]).not.toBe(first);
  expect(warningsOf(events).join()).toMatch(/the same text twice, and no dropout/);
});

describe("refused before any step", () => {
  test("a guide that isn't there", async () => {
    const loss = gistEmbed({ guide: join(scratch, "nowhere") });
    await expect(train(optionsOf(loss, { columns }))).rejects.toThrow(/nowhere/);
  });

  test("what can't be grouped", async () => {
    const columns = ["sentence"];
    await expect(train(optionsOf(batchHardTriplet(), { columns, batchSize: 7 }))).rejects.toThrow(
      /should be even and 4 or more/,
    );
    const alike = await fileOf(texts.map((sentence) => ({ sentence, label: "x" })));
    await expect(train(optionsOf(batchHardTriplet(), { data: [{ path: alike }] }))).rejects.toThrow(
      /no two labels with two rows/,
    );
    const single = await fileOf(texts.map((sentence, row) => ({ sentence, label: row })));
    await expect(train(optionsOf(batchHardTriplet(), { data: [{ path: single }] }))).rejects.toThrow(
      /no two labels with two rows/,
    );
    const half = await fileOf(texts.map((sentence, row) => ({ sentence, label: row / 2 })));
    await expect(train(optionsOf(batchHardTriplet(), { data: [{ path: half }] }))).rejects.toThrow(
      /the field label should hold a name or an integer, got 0.5/,
    );
  });

  test("one known column, which a file happens to have", async () => {
    const path = await fileOf(texts.map((sentence, row) => ({ sentence, reply: texts[159 - row] })));
    await expect(train(optionsOf(multipleNegativesRanking(), { data: [{ path }] }))).rejects.toThrow(
      /takes 2 or more columns of texts, got sentence .* or one field, .*unsupervised SimCSE/,
    );
  });

  test("labels that are all alike, or no names", async () => {
    for (const [label, message] of [
      [() => "x", /the field label should have two or more different labels, got x/],
      [(row: number) => row / 2, /should hold a name or an integer, got 0\.5/],
      [() => [0.2, 0.8], /should hold a name or an integer/],
    ] as const) {
      const rows = texts.map((sentence, row) => ({ sentence, positive: texts[159 - row], label: label(row) }));
      await expect(train(optionsOf(softmax(), { data: [{ path: await fileOf(rows) }] }))).rejects.toThrow(message);
    }
  });

  test("embeddings of another dimension, or no list of numbers", async () => {
    for (const [label, message] of [
      [
        [1, 2, 3],
        /jsonl, line 1: the field label should hold 16 numbers, an embedding of the model's dimension, got a list of 3/,
      ],
      [0.5, /should hold 16 numbers, an embedding of the model's dimension, got 0\.5/],
      [new Array(16).fill("x"), /should hold numbers that fit float32/],
    ] as const) {
      const rows = texts.map((sentence) => ({ sentence, label }));
      await expect(train(optionsOf(mse(), { data: [{ path: await fileOf(rows) }] }))).rejects.toThrow(message);
    }
  });
});
