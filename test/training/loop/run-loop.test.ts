/** The training loop with a learner in plain JavaScript. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { LearnerState } from "../../../src/training/learner/learner.ts";
import { Checkpoints } from "../../../src/training/loop/checkpoints.ts";
import { scoreBy } from "../../../src/training/loop/evaluator.ts";
import type { TrainEvent } from "../../../src/training/loop/events.ts";
import { runLoop, type TrainingRun } from "../../../src/training/loop/run-loop.ts";
import { FakeLearner, makeSet, tokenizer } from "./fake-learner.ts";
import { batchSize, dimension, makeDatasets, maxSteps, options } from "./loop-options.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-train-"));
afterAll(() => rm(scratch, { recursive: true }));

let runs = 0;
function makeRun(changes: Partial<Omit<TrainingRun, "options">> & { options?: Partial<TrainingRun["options"]> } = {}) {
  const learner = new FakeLearner(dimension);
  const events: TrainEvent[] = [];
  const run: TrainingRun = {
    learner,
    tokenizer,
    datasets: makeDatasets(),
    checkpoints: new Checkpoints(join(scratch, `run-${runs++}`), "run"),
    onEvent: (event) => events.push(event),
    ...changes,
    options: { ...options, ...changes.options },
  };
  return { run, learner, events, ofType: <T extends TrainEvent["type"]>(type: T) => eventsOf(events, type) };
}

function eventsOf<T extends TrainEvent["type"]>(events: TrainEvent[], type: T) {
  return events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);
}

async function weights(learner: { state(): Promise<LearnerState> }): Promise<Float32Array> {
  return (await learner.state()).tensors.get("weights")!.data;
}

test("learns, and tells of each step", async () => {
  const { run, learner, ofType } = makeRun({ options: { epochs: 20 } });
  const end = await runLoop(run);
  // 26 batches an epoch, two an update.
  expect(end).toMatchObject({ step: 260, position: { epoch: 20, batch: 0 }, samples: 20 * 203 });
  const steps = ofType("step");
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 260 }, (_, index) => index + 1));
  expect(steps.at(-1)).toMatchObject({ stage: "train", done: 260, total: 260, samples: 4060, epochs: 20 });
  expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss / 20);
  expect(learner.rates).toEqual(steps.map(({ learningRate }) => learningRate));
  for (const [index, rate] of [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.05 * (1 - 1 / 255)].entries()) {
    expect(learner.rates[index]).toBeCloseTo(rate, 14);
  }
});

test("an epoch has every sentence once, in batches of like length, in an order that the seed decides", async () => {
  const { run, learner } = makeRun({ options: { epochs: 1, accumulationSteps: 4 } });
  await runLoop(run);
  expect(learner.batches.flat().sort()).toEqual([...makeSet(203, dimension, 1).sentences].sort());
  expect(learner.batches.map(({ length }) => length).sort((a, b) => a - b)).toEqual([3, ...Array(25).fill(8)]);
  for (const batch of learner.batches) {
    const lengths = batch.map((sentence) => sentence.split(" ").length);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(3);
  }
  // The last update of an epoch has what is left of it.
  expect(learner.accumulated).toEqual([4, 4, 4, 4, 4, 4, 2]);
  const other = makeRun({ options: { epochs: 1, accumulationSteps: 4, seed: 4 } });
  await runLoop(other.run);
  expect(other.learner.batches).not.toEqual(learner.batches);
});

test("max steps and max samples end it, and the schedule knows", async () => {
  const steps = makeRun({ options: { maxSteps: 9, warmupSteps: 0 } });
  expect(await runLoop(steps.run)).toMatchObject({ step: 9 });
  expect(steps.learner.rates.at(-1)).toBeCloseTo(0.05 / 9, 12);
  const samples = makeRun({ options: { maxSamples: 203 + 17 } });
  expect(await runLoop(samples.run)).toMatchObject({ step: 15, position: { epoch: 1, batch: 4 } });
});

test("keeps the state with the lowest validation loss", async () => {
  const { run, learner, ofType } = makeRun({ options: { learningRate: 0.6, schedule: "constant", epochs: 6 } });
  const end = await runLoop(run);
  const validations = ofType("validation");
  const lowest = Math.min(...validations.map(({ loss }) => loss));
  expect(end.best).toEqual(expect.objectContaining({ loss: lowest }));
  expect(end.best!.step).toBeLessThan(end.step);
  expect(validations.at(-1)!.step).toBe(end.step);
  // The learner holds the best state, not the last.
  const again = makeRun({ options: { maxSteps: end.best!.step, learningRate: 0.6, schedule: "constant", epochs: 6 } });
  await runLoop(again.run);
  expect(await weights(learner)).toEqual(await weights(again.learner));
});

test("keeps the state with the highest score, from an evaluator that embeds", async () => {
  const scores = [0.2, 0.5, Number.NaN, 0.4, 0.5];
  const texts = ["1 2 3", "4", "5 6", "7 8 9 10"];
  let calls = 0;
  const { run, learner, ofType } = makeRun({
    options: { maxSteps: 15, keepBest: "score" },
    score: scoreBy(
      {
        name: "test",
        async evaluate(embed) {
          const embeddings = await embed(texts);
          for (const [index, text] of texts.entries()) {
            expect(embeddings.row(index)).toEqual(await learner.embed([tokenizer.encode(text)]));
          }
          return scores[calls++]!;
        },
      },
      {
        tokenizer,
        prompts: { texts: {}, defaultName: undefined },
        limits: { sentence: 99, query: 99, document: 99 },
        promptLength: () => 0,
      },
      batchSize,
    ),
  });
  const end = await runLoop(run);
  expect(end.best).toMatchObject({ step: 6, score: 0.5 });
  expect(ofType("validation").map(({ score, isBest }) => [score, isBest])).toEqual([
    [0.2, true],
    [0.5, true],
    [undefined, false],
    [0.4, false],
    [0.5, false],
  ]);
});

test("patience ends it early", async () => {
  let calls = 0;
  const { run } = makeRun({
    options: { patience: 2, keepBest: "score" },
    score: async () => -calls++,
  });
  expect(await runLoop(run)).toMatchObject({ step: 9, best: { step: 3 }, withoutImprovement: 2 });
});

test("stopped and resumed again and again, it ends with the same weights", async () => {
  const whole = makeRun();
  await runLoop(whole.run);
  const { run } = makeRun();
  for (let stops = 0; ; stops++) {
    const controller = new AbortController();
    const learner = new FakeLearner(dimension);
    let seen = 0;
    const stopped = runLoop({
      ...run,
      learner,
      signal: controller.signal,
      // Stops are between steps, within a validation's step and after checkpoints.
      onEvent: () => ++seen === 1 + (stops % 4) && controller.abort("stop"),
    });
    const reason = await stopped.then(() => undefined).catch((error) => error);
    if (reason === undefined) {
      expect(await weights(learner)).toEqual(await weights(whole.learner));
      expect(stops).toBeGreaterThan(8);
      break;
    }
    expect(reason).toBe("stop");
  }
});

describe.each(["proportional", "roundRobin"] as const)("several datasets, %s", (sampling) => {
  const sets = [
    { name: "many", count: 203, batchSize: 8 },
    { name: "few", count: 40, batchSize: 5 },
  ];
  const datasets = sets.map(({ name, count, batchSize }, index) => ({
    name,
    train: makeSet(count, dimension, 1 + index),
    validation: makeSet(30 + index, dimension, 3 + index),
    batchSize,
  }));
  const several = () => makeRun({ datasets, options: { sampling, accumulationSteps: 2, epochs: 2 } });

  test("every batch is of one dataset, as many of each as they should be, and each has its losses", async () => {
    const { run, learner, ofType } = several();
    const end = await runLoop(run);
    const members = datasets.map(({ train }) => new Set(train.sentences));
    const ofDataset = (batch: readonly string[]) =>
      members.findIndex((sentences) => batch.every((sentence) => sentences.has(sentence)));
    const order = learner.batches.map(ofDataset);
    expect(order).not.toContain(-1);
    expect(learner.objectives).toEqual(order);
    const counts = [0, 1].map((wanted) => order.filter((dataset) => dataset === wanted).length);
    expect(counts).toEqual(sampling === "proportional" ? [52, 16] : [16, 16]);
    expect(end.step).toBe(counts[0]! / 2 + counts[1]! / 2);
    if (sampling === "roundRobin") {
      expect(order).toEqual(order.map((_, batch) => batch % 2));
      // Those of the large dataset are others in each epoch.
      const first = learner.batches.slice(0, 16).filter((_, batch) => order[batch] === 0);
      const second = learner.batches.slice(16).filter((_, batch) => order[batch] === 0);
      expect(first.flat().toSorted()).not.toEqual(second.flat().toSorted());
      for (const { losses, loss } of ofType("step")) {
        expect(Object.keys(losses!)).toEqual(["many", "few"]);
        expect((losses!.many! + losses!.few!) / 2).toBeCloseTo(loss, 12);
      }
    } else {
      for (const [index, sentences] of members.entries()) {
        const seen = learner.batches.filter((_, batch) => order[batch] === index).flat();
        expect(seen.length).toBe(2 * datasets[index]!.train.count);
        expect(new Set(seen)).toEqual(sentences);
      }
    }
    for (const { losses, loss } of ofType("validation")) {
      expect((30 * losses!.many! + 31 * losses!.few!) / 61).toBeCloseTo(loss, 12);
    }
  });

  test("stopped after any step and resumed, the batches are the same and so are the weights", async () => {
    const whole = several();
    await runLoop(whole.run);
    const stopped = several();
    const batches: string[][] = [];
    for (let stop = 1; ; stop++) {
      const controller = new AbortController();
      const learner = new FakeLearner(dimension);
      let steps = 0;
      const reason = await runLoop({
        ...stopped.run,
        learner,
        signal: controller.signal,
        onEvent: ({ type }) => type === "step" && ++steps === 1 + (stop % 3) && controller.abort("stop"),
      })
        .then(() => undefined)
        .catch((error) => error);
      batches.push(...learner.batches);
      if (reason !== undefined) {
        expect(reason).toBe("stop");
        continue;
      }
      expect(await weights(learner)).toEqual(await weights(whole.learner));
      expect(batches).toEqual(whole.learner.batches);
      expect(stop).toBeGreaterThan(6);
      break;
    }
  });
});

test("killed in the middle of writing checkpoints and resumed, it ends with the same weights", async () => {
  const { run, learner } = makeRun({ options: { maxSteps, checkpointMinutes: 0 } });
  const { checkpoints } = run;
  const script = fileURLToPath(new URL("./train-process.ts", import.meta.url));
  // A checkpoint has some 10,000 bytes: the first process writes three of them, the second one two more.
  for (const [bytes, step] of [
    [35_000, 3],
    [25_000, 5],
  ] as const) {
    const args = ["--conditions=hpd-source", script, checkpoints.folder, String(bytes)];
    const [, signal] = await once(spawn(process.execPath, args, { stdio: "inherit" }), "close");
    expect(signal).toBe("SIGKILL");
    const left = (await readdir(checkpoints.folder)).filter((name) => name.endsWith(".partial"));
    expect(left).toEqual([expect.stringMatching(`checkpoint-${step + 1}`)]);
    expect((await checkpoints.latest())!.loop.step).toBe(step);
  }
  const end = await runLoop(run);
  expect((await readdir(checkpoints.folder)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  const whole = makeRun({ options: { maxSteps } });
  expect(await runLoop(whole.run)).toMatchObject({ step: end.step, best: end.best });
  expect(await weights(learner)).toEqual(await weights(whole.learner));
});

test("a loss or gradient that is no number stops it; the checkpoint before stays", async () => {
  for (const [method, message] of [
    ["accumulate", /the loss of step 8 should be finite, got NaN: training has diverged/],
    ["update", /the norm of the gradients of step 8 should be finite, got Infinity/],
    ["evaluate", /the validation loss of step 9 should be finite, got NaN/],
  ] as const) {
    const { run, learner } = makeRun({ options: { accumulationSteps: 1, checkpointMinutes: 0 } });
    const original = learner[method].bind(learner) as (argument: never) => Promise<unknown>;
    let calls = 0;
    const broken = async (argument: never): Promise<unknown> => {
      const isBroken = method === "evaluate" ? learner.rates.length === 9 : ++calls === 8;
      if (isBroken) return method === "update" ? { gradientNorm: Infinity } : Number.NaN;
      return original(argument);
    };
    Object.assign(learner, { [method]: broken });
    await expect(runLoop(run)).rejects.toMatchObject({ code: "diverged", message: expect.stringMatching(message) });
    expect((await run.checkpoints.latest())!.loop.step).toBe(method === "evaluate" ? 8 : 7);
  }
});

test("a checkpoint that can't be written stops it; the one before stays", async () => {
  const { run } = makeRun({ options: { checkpointMinutes: 0, maxSteps: 4 } });
  await runLoop(run);
  // A folder where the file should go.
  const { run: more } = makeRun({ options: { checkpointMinutes: 0 }, checkpoints: run.checkpoints });
  await mkdir(join(run.checkpoints.folder, "checkpoint-5.safetensors", "full"), { recursive: true });
  await expect(runLoop(more)).rejects.toThrow();
  await rm(join(run.checkpoints.folder, "checkpoint-5.safetensors"), { recursive: true });
  expect((await run.checkpoints.latest())!.loop.step).toBe(4);
});

test("a checkpoint of another run is refused, and one that is cut", async () => {
  const { run } = makeRun({ options: { maxSteps: 4 } });
  await runLoop(run);
  const { folder } = run.checkpoints;
  await expect(runLoop({ ...run, checkpoints: new Checkpoints(folder, "other") })).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(/belongs to another run/),
  });
  const path = join(folder, "checkpoint-4.safetensors");
  await writeFile(path, (await readFile(path)).subarray(0, -1));
  await expect(runLoop(run)).rejects.toMatchObject({ code: "corrupt_file" });
});
