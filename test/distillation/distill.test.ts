/** `distill` with tiny models: what it leaves behind, and what it refuses. */
import { cpSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { type DistillEvent, type DistillOptions, distill, planDistillation } from "../../src/train.ts";
import { fixture } from "../encode/model-folder.ts";
import { madeUpSentences } from "./sentences.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-distill-"));
afterAll(() => rm(scratch, { recursive: true }));

const held = madeUpSentences(20, 2);
const sentences = join(scratch, "sentences.txt");
const validation = join(scratch, "validation.txt");
await writeFile(sentences, madeUpSentences(80, 1).join("\n"));
await writeFile(validation, held.join("\n"));

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

let runs = 0;
let out: string;
let options: DistillOptions;
beforeEach(() => {
  out = join(scratch, `model-${runs++}`);
  options = {
    teachers: [{ model: fixture("bert"), workers: 0 }],
    student: { model: fixture("hpd-tinybert-like"), layers: [0] },
    sentences: [{ path: sentences }],
    validation: [{ path: validation }],
    dimension: 8,
    epochs: 2,
    batchSize: 8,
    learningRate: 0.02,
    warmupSteps: 5,
    validationSteps: 5,
    dropout: 0,
    out,
    cacheFolder: join(scratch, "cache"),
    teacherCachePrecision: "float32",
    threads: 1,
  };
});

test("a model that loads, with the validation loss that was told; curves, a card, nothing else", async () => {
  const events: DistillEvent[] = [];
  const projected = `${out}-teacher`;
  const done = await distill({
    ...options,
    saveProjectedTeacher: projected,
    onEvent: (event) => events.push(event),
    measure: async (embed) => [
      { task: "all components", metric: "sum", value: sum((await embed(held)).data), command: "test" },
    ],
  });

  expect(events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])).toEqual(
    expect.arrayContaining(["prepare", "prepared", "step", "validation", "checkpoint", "done"]),
  );
  expect(events.find(({ type }) => type === "prepared")).toMatchObject({
    counts: { train: 80, validation: 20 },
    teacherDimension: 16,
    dimension: 8,
    totalSteps: 20,
    resumedFrom: 0,
  });
  expect(events.at(-1)).toEqual(done);
  const validations = events.filter((event) => event.type === "validation");
  expect(validations.map(({ step }) => step)).toEqual([5, 10, 15, 20]);
  expect(done.best.loss).toBe(Math.min(...validations.map(({ loss }) => loss)));
  expect(done.best.loss).toBeLessThan(validations[0]!.loss);

  await using student = await SentenceTransformer.load(out, { workers: 0 });
  await using teacher = await SentenceTransformer.load(projected, { workers: 0 });
  const [learnt, taught] = [await student.encode(held), await teacher.encode(held)];
  expect(learnt.dimension).toBe(8);
  const squares = learnt.data.map((value, index) => (value - taught.data[index]!) ** 2);
  const loss = sum(squares) / squares.length;
  expect(Math.abs(loss / done.best.loss - 1)).toBeLessThan(1e-4);

  expect(await readdir(`${out}.training`)).toEqual(["done.json", "metrics.jsonl", "recipe.json", "report.html"]);
  const metrics = (await readFile(`${out}.training/metrics.jsonl`, "utf8")).trim().split("\n");
  expect(metrics.map((line) => JSON.parse(line))).toEqual(
    events.filter(({ type }) => ["step", "validation", "checkpoint"].includes(type)),
  );
  const report = await readFile(done.report, "utf8");
  expect(report).toContain("done</span>");
  // It needs no other file.
  expect(report).not.toMatch(/\b(?:src|href)=|url\(|@import|fetch\(/);
  const card = await readFile(join(out, "README.md"), "utf8");
  expect(card).toContain("Homomorphic Projective Distillation");
  expect(card).toContain(`| all components | sum | ${sum(learnt.data).toFixed(2)} |`);
});

test("a static student of a static teacher: one table, with the loss that was told, after a resumed run too", async () => {
  const projected = `${out}-teacher`;
  const given: DistillOptions = {
    ...options,
    teachers: [{ model: fixture("static"), workers: 0 }],
    student: { model: fixture("model2vec") },
    saveProjectedTeacher: projected,
  };
  const stop = new AbortController();
  const stopped = distill({
    ...given,
    signal: stop.signal,
    onEvent: ({ type }) => type === "validation" && stop.abort(new Error("enough")),
  });
  await expect(stopped).rejects.toThrow("enough");
  const done = await distill({ ...given, resume: true });
  await using student = await SentenceTransformer.load(out, { workers: 0 });
  await using teacher = await SentenceTransformer.load(projected, { workers: 0 });
  expect(student.describe()).toMatchObject({ family: "StaticEmbedding", dimension: 8, parameters: 142 * 8 });
  const [learnt, taught] = [await student.encode(held), await teacher.encode(held)];
  const squares = learnt.data.map((value, index) => (value - taught.data[index]!) ** 2);
  expect(Math.abs(sum(squares) / squares.length / done.best.loss - 1)).toBeLessThan(1e-4);
  expect(await readFile(join(out, "README.md"), "utf8")).toContain("| longest text | 12 tokens |");
});

test("a student that keeps its Dense goes on where it stood, though a projection to other sentences lies otherwise", async () => {
  const { best } = await distill(options);
  const student = { model: out, keepDense: true };
  const fitted = { fitSentences: 40, out: `${out}-more`, learningRate: 1e-9, maxSteps: 1, validationSteps: 1 };
  const more = await distill({ ...options, ...fitted, student });
  expect(more.best.loss).toBeLessThan(1.2 * best.loss);
});

test.each<[string, () => Promise<Partial<DistillOptions>> | Partial<DistillOptions>, RegExp]>([
  ["a dimension beyond the teacher's", () => ({ dimension: 17 }), /from 1 to the teacher's 16, got 17/],
  ["too few sentences for the projection", () => ({ limit: 8 }), /fitted to more sentences than that, got 8/],
  ["layers that the student doesn't have", () => ({ student: { model: fixture("bert"), layers: [7] } }), /layer/],
  ["a loss that there isn't", () => ({ loss: { l1: 1 } as never }), /mse, cosine, similarity/],
  ["a dropout that is none", () => ({ dropout: 1 }), /dropout should be from 0 to less than 1, got 1/],
  ["no threads", () => ({ threads: 0 }), /threads should be a positive integer, got 0/],
  ["a batch size that is none", () => ({ batchSize: 0 }), /batchSize should be a positive integer, got 0/],
  ["no sentences held out", () => ({ validation: 0 }), /validation should be a positive integer, got 0/],
  ["its work in the model's folder", () => ({ workFolder: join(out, "work") }), /work can't lie in .*a model/],
  ["two models in one folder", () => ({ saveProjectedTeacher: `${out}/` }), /can't lie in .*a model/],
  ["a schedule that there isn't", () => ({ schedule: "step" as never }), /linear, cosine, constant/],
  [
    "best by what there isn't",
    () => ({ keepBest: "mean" as never }),
    /keepBest should be one of loss, score, got "mean"/,
  ],
  [
    "best by score without one",
    () => ({ keepBest: "score" }),
    /keepBest should be loss without an evaluator, got score/,
  ],
  ["a projected teacher of two", () => ({ teachers: twice(), saveProjectedTeacher: `${out}-teacher` }), /one teacher/],
  [
    "a projected teacher that is truncated",
    async () => ({ teachers: [{ model: await truncated() }], saveProjectedTeacher: `${out}-teacher` }),
    /is truncated/,
  ],
  ["an empty file", async () => ({ sentences: [{ path: await file("empty", "") }] }), /holds no sentences/],
  ["a binary file", async () => ({ sentences: [{ path: await file("binary", "a\0b\n") }] }), /NUL/],
  ["a file that isn't there", () => ({ sentences: [{ path: "no-such.txt" }] }), /no-such.txt can't be read/],
  ["a model that isn't there", () => ({ teachers: [{ model: "./no-such-model" }] }), /no-such-model/],
])("%s is refused before any work", async (_name, change, message) => {
  const events: DistillEvent[] = [];
  const changed = { ...options, ...(await change()), onEvent: (event: DistillEvent) => events.push(event) };
  await expect(distill(changed)).rejects.toMatchObject({ name: "HpdError", message: expect.stringMatching(message) });
  const stages = events.flatMap((event) => (event.type === "prepare" ? [event.stage] : []));
  expect(stages.filter((stage) => stage !== "read")).toEqual([]);
  expect(await readdir(scratch)).not.toContain(out);
});

test("what stands in the way is refused, and replaced where that is asked for", async () => {
  await cp(fixture("bert"), out, { recursive: true });
  await expect(distill(options)).rejects.toThrow(/isn't empty/);
  await expect(distill({ ...options, resume: true })).rejects.toThrow(/isn't empty/);
  await distill({ ...options, maxSteps: 1, overwrite: true });
  await using model = await SentenceTransformer.load(out, { workers: 0 });
  expect(model.dimension).toBe(8);

  const foreign = `${out}-foreign`;
  await mkdir(join(foreign, "checkpoints/mine"), { recursive: true });
  const resumed = { ...options, out: `${out}-new`, workFolder: foreign, resume: true };
  await expect(distill(resumed)).rejects.toThrow(/foreign should hold a run to resume, but recipe.json can't be read/);

  const other = `${out}-other`;
  await mkdir(other);
  await writeFile(join(other, "thesis.txt"), "years of work");
  await expect(distill({ ...options, out: other, overwrite: true })).rejects.toThrow(/holds no model/);
});

test("stopped, it goes on only with the same recipe, or starts anew", async () => {
  const by = (name: string): DistillOptions => ({ ...options, evaluator: { name, evaluate: async () => Number.NaN } });
  await expect(distill({ ...by("A"), ...stopAfter(11) })).rejects.toBe("stop");
  await expect(distill(by("A"))).rejects.toThrow(/holds an interrupted run/);
  const other = { ...by("A"), batchSize: 4, seed: 1, resume: true };
  await expect(distill(other)).rejects.toThrow(/another recipe \(`batchSize` was 8 and is 4; `seed` was 42 and is 1/);
  // Its best state is not to be compared by another measure.
  await expect(distill({ ...by("B"), resume: true })).rejects.toThrow(/`evaluator` was "A" and is "B"/);
  await expect(distill({ ...by("A"), resume: true, overwrite: true })).rejects.toThrow(/use one of them/);

  const more = await readFile(sentences, "utf8");
  await writeFile(sentences, `${more}\nthe quick brown fox and one more dog`);
  await expect(distill({ ...by("A"), resume: true })).rejects.toThrow(
    /belongs to another run, with another recipe or other data/,
  );
  await writeFile(sentences, more);

  const again = `${out}-again`;
  await cp(`${out}.training`, `${again}.training`, { recursive: true });
  const [resumed, anew] = [eventsOf(), eventsOf()];
  const { best } = await distill({ ...by("A"), resume: true, onEvent: resumed.onEvent });
  expect(resumed.ofType("prepared")).toMatchObject([{ resumedFrom: 11 }]);
  expect(resumed.ofType("step").map(({ step }) => step)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
  expect(await loggedSteps(`${out}.training`)).toEqual(allSteps);
  // A score that is no number is null in what the first part wrote; of two such the loss decides.
  const validations = resumed.ofType("validation");
  expect(validations.map(({ step }) => step)).toEqual([15, 20]);
  expect(best.loss).toBe(Math.min(...validations.map(({ loss }) => loss)));
  expect(best).not.toHaveProperty("score");

  await distill({ ...by("A"), out: again, overwrite: true, onEvent: anew.onEvent });
  expect(anew.ofType("prepared")).toMatchObject([{ resumedFrom: 0 }]);
  expect(await loggedSteps(`${again}.training`)).toEqual(allSteps);
  const weights = (folder: string) => readFile(join(folder, "model.safetensors"));
  expect(await weights(again)).toEqual(await weights(out));
});

test("killed when its model was in its place already, or over, it is done when it is resumed", async () => {
  const short = { ...options, maxSteps: 2 };
  const checkpoints = join(`${out}.training`, "checkpoints");
  const kept = `${out}-checkpoints`;
  const onEvent = (event: DistillEvent): void => {
    if (event.type === "checkpoint") cpSync(checkpoints, kept, { recursive: true, force: true });
  };
  const done = await distill({ ...short, onEvent });
  const weights = await readFile(join(out, "model.safetensors"));
  const resume = async () => {
    const events: string[] = [];
    const again = await distill({ ...short, resume: true, onEvent: ({ type }) => events.push(type) });
    expect(await readFile(join(out, "model.safetensors"))).toEqual(weights);
    expect(await readdir(`${out}.training`)).not.toContain("checkpoints");
    return { again, steps: events.filter((type) => type === "step").length };
  };
  // After the last checkpoint was removed, and while they were being removed.
  expect(await resume()).toEqual({ again: done, steps: 0 });
  await cp(kept, checkpoints, { recursive: true });
  expect(await resume()).toEqual({ again: done, steps: 0 });
  // Before it was noted that the run is over.
  await cp(kept, checkpoints, { recursive: true });
  await rm(`${out}.training/done.json`);
  expect((await resume()).again).toMatchObject({ steps: done.steps, best: done.best });

  await expect(distill({ ...short, seed: 1, resume: true })).rejects.toThrow(/`seed` was 42 and is 1/);
  await expect(distill(short)).rejects.toThrow(/isn't empty/);
  // Another model stands there by now.
  await rm(out, { recursive: true });
  await cp(fixture("bert"), out, { recursive: true });
  await expect(distill({ ...short, resume: true })).rejects.toThrow(/isn't empty/);
});

test("while a run lasts, another one with its folder is refused, and the first one goes on as if nothing was", async () => {
  const refusals: Promise<unknown>[] = [];
  await distill({
    ...options,
    onEvent(event) {
      if (event.type !== "step" || event.step !== 10) return;
      for (const how of [{}, { resume: true }, { overwrite: true }]) {
        refusals.push(distill({ ...options, ...how }).catch((error) => error));
      }
      refusals.push(planDistillation({ ...options, overwrite: true }).catch((error) => error));
    },
  });
  expect(await Promise.all(refusals)).toEqual(
    Array(4).fill(
      expect.objectContaining({
        code: "invalid_argument",
        message: expect.stringContaining(`${out}.training is in use by process ${process.pid}`),
      }),
    ),
  );
  expect(await loggedSteps(`${out}.training`)).toEqual(allSteps);
});

test("stopped before its first step, there is nothing to go on with or to throw away", async () => {
  const controller = new AbortController();
  const { onEvent, ofType } = eventsOf(({ type }) => type === "prepared" && controller.abort("stop"));
  const stopped = distill({ ...options, warmupSteps: 20, signal: controller.signal, onEvent });
  await expect(stopped).rejects.toBe("stop");
  expect(await readdir(`${out}.training`)).not.toContain("checkpoints");
  // What is odd about the recipe was said by then.
  expect(ofType("warning").map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/warm-up of 20 steps .* run of 20: the learning rate 0.02 is never reached.*such as 2,/),
  );
});

const allSteps = Array.from({ length: 20 }, (_, index) => index + 1);

/** The steps in a run's metrics. */
async function loggedSteps(workFolder: string): Promise<number[]> {
  const metrics = (await readFile(join(workFolder, "metrics.jsonl"), "utf8")).trim().split("\n");
  const events: DistillEvent[] = metrics.map((line) => JSON.parse(line));
  return events.flatMap((event) => (event.type === "step" ? [event.step] : []));
}

function eventsOf(then?: (event: DistillEvent) => unknown) {
  const events: DistillEvent[] = [];
  return {
    onEvent(event: DistillEvent): void {
      events.push(event);
      then?.(event);
    },
    ofType: <T extends DistillEvent["type"]>(type: T) =>
      events.filter((event): event is Extract<DistillEvent, { type: T }> => event.type === type),
  };
}

function stopAfter(step: number): Pick<DistillOptions, "signal" | "onEvent"> {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === "step" && event.step === step) controller.abort("stop");
    },
  };
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function twice(): DistillOptions["teachers"] {
  return [...options.teachers, ...options.teachers];
}

async function truncated(): Promise<string> {
  const folder = join(scratch, "truncated");
  await cp(fixture("bert"), folder, { recursive: true });
  await file("truncated/config_sentence_transformers.json", '{ "truncate_dim": 12 }');
  return folder;
}

async function file(name: string, content: string): Promise<string> {
  const path = join(scratch, name);
  await writeFile(path, content);
  return path;
}
