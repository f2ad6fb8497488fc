/** `train` with losses that ask more of data and model than pairs do: what comes out, again the same after a stop. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { elementsOf } from "../../src/tensor/lazy-tensor.ts";
import {
  adaptiveLayer,
  batchHardTriplet,
  type FineTuningEvent,
  gistEmbed,
  matryoshka,
  mse,
  multipleNegativesRanking,
  softmax,
  type TrainOptions,
  train,
} from "../../src/train.ts";
import { openStudent } from "../../src/training/student/open-student.ts";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";

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

let runs = 0;
const optionsOf = (loss: TrainOptions["loss"], more: Partial<TrainOptions> = {}): TrainOptions => ({
  ...{ model: fixture("bert"), data: [{ path: data }], loss, batchSize: 8, validation: 24, threads: 1 },
  ...{ epochs: 2, learningRate: 1e-3, out: join(scratch, `model-${runs++}`), ...more },
});

/**
 * The events of a run, and those of one that was stopped and went on: its model has the same bytes.
 *
 * @param step after which it is stopped
 */
async function twice(options: TrainOptions, step = 5): Promise<FineTuningEvent[]> {
  const events: FineTuningEvent[] = [];
  await train({ ...options, onEvent: (event) => events.push(event) });
  const stop = new AbortController();
  const stopped = { ...options, out: join(scratch, `model-${runs++}`) };
  const onEvent = (event: FineTuningEvent) => {
    if (event.type === "step" && event.step === step) stop.abort(new Error("enough"));
  };
  await expect(train({ ...stopped, signal: stop.signal, onEvent })).rejects.toThrow("enough");
  await train({ ...stopped, resume: true });
  const weights = (folder: string) => readFile(join(folder, "model.safetensors"));
  expect(await weights(stopped.out)).toEqual(await weights(options.out));
  return events;
}

const stepsOf = (events: readonly FineTuningEvent[]) =>
  events.flatMap((event) => (event.type === "step" ? [event.loss] : []));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("triplets of a batch", () => {
  test("labels with names, of which every batch has pairs", async () => {
    const events = await twice(
      optionsOf(batchHardTriplet({ margin: 1 }), { columns: ["sentence"], learningRate: 3e-3 }),
    );
    const prepared = events.find((event) => event.type === "prepared")!;
    expect(prepared.datasets[0]).toMatchObject({
      columns: ["sentence"],
      label: "label",
      classes: ["art", "food", "sport"],
    });
    const losses = stepsOf(events);
    expect(mean(losses.slice(-4))).toBeLessThan(0.95 * mean(losses.slice(0, 4)));
  });

  test("what can't be grouped is refused before any step", async () => {
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
});

describe("unsupervised SimCSE", () => {
  test("one column is its own positive, by dropout", async () => {
    const options = { columns: ["sentence"], dropout: 0.1, learningRate: 3e-3, threads: 2 };
    const events = await twice(optionsOf(multipleNegativesRanking(), options));
    const prepared = events.find((event) => event.type === "prepared")!;
    expect(prepared.datasets[0]!.columns).toEqual(["sentence", "sentence"]);
    const losses = stepsOf(events);
    const validations = events.flatMap((event) => (event.type === "validation" ? [event.loss] : []));
    expect(Math.min(...validations.slice(1))).toBeLessThan(validations[0]!);
    const warned: string[] = [];
    const onEvent = (event: FineTuningEvent) => {
      if (event.type === "warning") warned.push(event.message);
    };
    const [first] = stepsOf(
      await runOf(optionsOf(multipleNegativesRanking(), { ...options, dropout: 0, maxSteps: 1, onEvent })),
    );
    // Without it both embeddings are the same, and the loss is another.
    expect(first).not.toBe(losses[0]);
    expect(warned.join()).toMatch(/the same text twice, and no dropout/);
  });

  test("is not what a file happens to have one known column for", async () => {
    const path = await fileOf(texts.map((sentence, row) => ({ sentence, reply: texts[159 - row] })));
    await expect(train(optionsOf(multipleNegativesRanking(), { data: [{ path }] }))).rejects.toThrow(
      /takes 2 or more columns of texts, got sentence .* or one field, .*unsupervised SimCSE/,
    );
  });
});

describe("under guidance", () => {
  test("a guide with other dimensions; it changes what is learnt, and a run that goes on ends the same", async () => {
    const columns = ["sentence", "positive"];
    const guide = fixture("hpd-tinybert-like");
    const events = await twice(optionsOf(gistEmbed({ guide, temperature: 0.1 }), { columns }));
    expect(events.filter((event) => event.type === "prepare" && event.stage === "guide").at(-1)).toMatchObject({
      done: 96,
      total: 96,
    });
    const alone = await runOf(
      optionsOf(gistEmbed({ guide: fixture("bert"), temperature: 0.1 }), { columns, maxSteps: 1 }),
    );
    expect(stepsOf(alone)[0]).not.toBe(stepsOf(events)[0]);
  });

  test("a guide that isn't there is told before any step", async () => {
    const loss = gistEmbed({ guide: join(scratch, "nowhere") });
    await expect(train(optionsOf(loss, { columns: ["sentence", "positive"] }))).rejects.toThrow(/nowhere/);
  });
});

async function runOf(options: TrainOptions): Promise<FineTuningEvent[]> {
  const events: FineTuningEvent[] = [];
  const { onEvent } = options;
  await train({
    ...options,
    onEvent(event) {
      events.push(event);
      onEvent?.(event);
    },
  });
  return events;
}

describe("a classifier beside the model", () => {
  const columns = ["sentence", "positive"];
  test("learns labels with names, is in checkpoints and not in the model, and goes on as it was", async () => {
    const loss = softmax({ concatenationSentMultiplication: true });
    const options = optionsOf(loss, { columns, epochs: 4, learningRate: 3e-3, threads: 2 });
    const events = await twice(options);
    const prepared = events.find((event) => event.type === "prepared")!;
    expect(prepared.datasets[0]!.classes).toEqual(["art", "food", "sport"]);
    const validations = events.flatMap((event) => (event.type === "validation" ? [event.loss] : []));
    expect(Math.min(...validations)).toBeLessThan(0.8 * Math.log(3));
    expect(await readFile(join(options.out, "model.safetensors"), "latin1")).not.toContain("loss 0");
    await using model = await SentenceTransformer.load(options.out, { workers: 0 });
    expect((await model.encode(texts.slice(0, 2))).data.every(Number.isFinite)).toBe(true);
  });

  test("one for each of several datasets, of integers too, beside adapters", async () => {
    const numbers = await fileOf(
      texts.slice(0, 64).map((text, row) => ({ sentence: text, positive: texts[159 - row], label: (row % 2) * 7 })),
    );
    const events = await twice(
      optionsOf(undefined as never, {
        data: undefined as never,
        validation: 8,
        lora: { rank: 2 },
        datasets: [
          { name: "topics", data: [{ path: data }], columns, loss: softmax() },
          { name: "numbers", data: [{ path: numbers }], columns, loss: softmax(), weight: 0.5 },
        ],
        maxSteps: 6,
        epochs: 1,
      }),
      3,
    );
    const prepared = events.find((event) => event.type === "prepared")!;
    expect(prepared.datasets.map(({ classes }) => classes)).toEqual([
      ["art", "food", "sport"],
      ["0", "7"],
    ]);
  });

  test("labels that are all alike, or no names, are refused before any step", async () => {
    for (const [label, message] of [
      [() => "x", /the field label should have two or more different labels, got x/],
      [(row: number) => row / 2, /should hold a name or an integer, got 0\.5/],
      [() => [0.2, 0.8], /should hold a name or an integer/],
    ] as const) {
      const rows = texts.map((sentence, row) => ({ sentence, positive: texts[159 - row], label: label(row) }));
      await expect(train(optionsOf(softmax(), { data: [{ path: await fileOf(rows) }] }))).rejects.toThrow(message);
    }
  });
});

describe("embeddings as labels", () => {
  /** What another model, with as many dimensions, makes of texts. */
  async function targetsOf(sentences: readonly string[]): Promise<number[][]> {
    await using teacher = await SentenceTransformer.load(fixture("bert"), { workers: 0 });
    const { data, dimension } = await teacher.encode(sentences);
    return sentences.map((_, row) => [...data.subarray(row * dimension, (row + 1) * dimension)].map((x) => -x / 2));
  }

  test("texts, and texts with translations, come to have them", async () => {
    const sentences = texts.slice(0, 96);
    const labels = await targetsOf(sentences);
    const single = await fileOf(sentences.map((sentence, row) => ({ sentence, label: labels[row] })));
    const pairs = await fileOf(
      sentences.map((english, row) => ({ english, other: `${english}!`, label: labels[row] })),
    );
    for (const [path, columns] of [
      [single, ["sentence"]],
      [pairs, ["english", "other"]],
    ] as const) {
      const events = await twice(optionsOf(mse(), { data: [{ path }], columns, learningRate: 3e-3, epochs: 4 }));
      const prepared = events.find((event) => event.type === "prepared")!;
      expect(prepared.datasets[0]).toMatchObject({ columns, label: "label" });
      const losses = stepsOf(events);
      expect(mean(losses.slice(-4))).toBeLessThan(0.5 * losses[0]!);
    }
  });

  test("of another dimension, or no list of numbers, are refused before any step", async () => {
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

test.each([
  ["adapters", { lora: { rank: 2, dropout: 0.1 } }],
  ["frozen tables and a frozen layer", { freeze: ["embeddings", "0"] }],
] as const)(
  "layers and dimensions with %s: what is trained moves, a run that goes on ends the same",
  async (_, tuning) => {
    const loss = adaptiveLayer(matryoshka(multipleNegativesRanking(), { dimensions: [16, 4] }));
    const options = optionsOf(loss, {
      columns: ["sentence", "positive"],
      dropout: 0.1,
      maxSteps: 2,
      warmupSteps: 0,
      ...tuning,
    });
    await twice(options, 1);
    const weightsOf = async (model: string) => (await openStudent({ model })).parameters;
    const before = await weightsOf(options.model);
    const moved: string[] = [];
    for (const [name, tensor] of await weightsOf(options.out)) {
      const [{ data }, { data: old }] = [await elementsOf(tensor), await elementsOf(before.get(name)!)];
      if (data.some((value, at) => value !== old[at])) moved.push(name);
    }
    const expected = [...before.keys()].filter((name) =>
      "lora" in tuning ? /(query|value)\.weight$/.test(name) : name.includes("layer.1."),
    );
    expect(moved).toEqual(expected);
  },
);

test("2D Matryoshka: layers and dimensions are drawn by the seed; what is cut to its first layer loads", async () => {
  const loss = adaptiveLayer(matryoshka(multipleNegativesRanking(), { dimensions: [16, 4], dimensionsPerStep: 1 }));
  const options = optionsOf(loss, { columns: ["sentence", "positive"], dropout: 0.1 });
  await twice(options);
  const card = await readFile(join(options.out, "README.md"), "utf8");
  expect(card).toContain("adaptiveLayer");
  // What the README says: a copy whose config.json has fewer layers.
  const cut = join(scratch, "cut");
  await cp(options.out, cut, { recursive: true });
  const config = JSON.parse(await readFile(join(cut, "config.json"), "utf8"));
  await writeFile(join(cut, "config.json"), JSON.stringify({ ...config, num_hidden_layers: 1 }));
  await using model = await SentenceTransformer.load(cut, { workers: 0, onWarning: () => {} });
  expect((await model.encode(texts.slice(0, 2))).data.every(Number.isFinite)).toBe(true);
});
