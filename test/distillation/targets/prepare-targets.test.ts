/** Targets against their definition, step by step; runs that stop and go on; what is refused before any work. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Covariance } from "../../../src/distillation/projection/covariance.ts";
import { fitProjection } from "../../../src/distillation/projection/projection.ts";
import {
  type PrepareTargetsOptions,
  prepareTargets,
  type Targets,
} from "../../../src/distillation/targets/prepare-targets.ts";
import { SentenceTransformer } from "../../../src/index.ts";
import { Random } from "../../../src/random.ts";
import type { TrainingSet } from "../../../src/training/data/training-set.ts";
import { fixture } from "../../encode/model-folder.ts";

const { signal } = new AbortController();
const root = await mkdtemp(join(tmpdir(), "hpd-targets-"));
afterAll(() => rm(root, { recursive: true }));

const words = ["a", "man", "dog", "plays", "the", "guitar", "street", "runs", "big", "car", "in", "red"];
const lines = Array.from({ length: 1300 }, (_, index) =>
  Array.from({ length: 4 }, (_, place) => words[Math.floor(index / 9 ** place) % words.length]).join(" "),
);
const sentences = [...new Set(lines)];
const file = { path: join(root, "sentences.txt") };
await writeFile(file.path, lines.join("\n"));

const workFolder = join(root, "work");
const options = (more: Partial<PrepareTargetsOptions> = {}): PrepareTargetsOptions => ({
  sentences: [file],
  validation: 100,
  seed: 1,
  teachers: [{ model: fixture("bert"), workers: 0 }],
  dimension: 5,
  fitSentences: 700,
  teacherCache: join(root, "cache"),
  workFolder,
  ...more,
});

async function read(set: TrainingSet, places: readonly number[]) {
  const { columns, labels } = await set.read(places, new Random(0));
  return { sentences: columns[0]!, targets: labels.target!.data };
}

function all(set: TrainingSet) {
  return read(
    set,
    Array.from({ length: set.count }, (_, place) => place),
  );
}

async function using<T>(targets: Promise<Targets>, use: (targets: Targets) => Promise<T>): Promise<T> {
  await using prepared = await targets;
  return await use(prepared);
}

test("a target is the teacher's embedding times the components fitted to the first sentences", async () => {
  const { train, validation, projection } = await using(
    prepareTargets(options({ teacherCachePrecision: "float32" })),
    async (targets) => {
      expect(targets.counts).toMatchObject({ train: sentences.length - 100, validation: 100 });
      return {
        train: await all(targets.train),
        validation: await all(targets.validation),
        projection: targets.projection,
      };
    },
  );
  expect([...train.sentences, ...validation.sentences].sort()).toEqual([...sentences].sort());
  await using teacher = await SentenceTransformer.load(fixture("bert"), { workers: 0 });
  const embeddings = await teacher.encode(train.sentences, { normalizeEmbeddings: true });
  const covariance = new Covariance(teacher.dimension);
  covariance.add(embeddings.data.subarray(0, 700 * teacher.dimension));
  const fitted = await fitProjection(covariance, 5, signal);
  const close = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    expect(a.length).toBe(b.length);
    expect(Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0)).toBeLessThan(1e-5);
  };
  close(projection.components, fitted.components);
  const project = (rows: Iterable<Float32Array>) =>
    Array.from(rows).flatMap((row) =>
      Array.from({ length: 5 }, (_, k) =>
        row.reduce((sum, value, i) => sum + value * fitted.components[k * teacher.dimension + i]!, 0),
      ),
    );
  close(train.targets, project(embeddings));
  close(validation.targets, project(await teacher.encode(validation.sentences, { normalizeEmbeddings: true })));
});

test("aligned with a student, targets are rotated to where its embeddings are", async () => {
  const plain = await using(prepareTargets(options()), async ({ train }) => await all(train));
  const at = new Map(plain.sentences.map((sentence, row) => [sentence, row]));
  const target = (sentence: string) => plain.targets.subarray(5 * at.get(sentence)!, 5 * at.get(sentence)! + 5);
  // A student that has learnt the targets, with its dimensions the other way round.
  const embedStudent = async (texts: readonly string[]) =>
    Float32Array.from(texts.flatMap((text) => [...target(text)].reverse()));
  const stages: string[] = [];
  const aligned = await using(
    prepareTargets(options({ embedStudent, onProgress: (stage) => stages.push(stage) })),
    async ({ train }) => await all(train),
  );
  expect(stages).toContain("align");
  const expected = aligned.sentences.flatMap((sentence) => [...target(sentence)].reverse());
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - aligned.targets[i]!)), 0);
  expect(worst).toBeLessThan(1e-3);
});

test("a run that was stopped goes on where it stood, and ends with what an uninterrupted one has", async () => {
  const summary = async (targets: Targets) => ({ train: await all(targets.train), fingerprint: targets.fingerprint });
  const teacherCache = join(root, "interrupted");
  const stop = new AbortController();
  const stages: string[] = [];
  const interrupted = prepareTargets(
    options({
      teacherCache,
      signal: stop.signal,
      onProgress(stage, done, total) {
        stages.push(`${stage} ${done} ${total}`);
        if (stage === "fit" && done > 0) stop.abort(new Error("enough"));
      },
    }),
  );
  await expect(interrupted).rejects.toThrow("enough");
  expect(stages).toEqual(["read 1024 undefined", "fit 0 1300", "fit 1024 1300"]);
  const [cache] = await readdir(teacherCache);
  expect(await readdir(join(teacherCache, cache!))).toHaveLength(1);
  expect(await readdir(workFolder)).toEqual([]);
  const resumed = await using(prepareTargets(options({ teacherCache })), summary);
  expect(resumed).toEqual(await using(prepareTargets(options()), summary));
});

test("targets made anew are the same to the last bit, with any number of workers", async () => {
  const made = (workers: number) =>
    using(
      prepareTargets(
        options({
          teachers: [{ model: fixture("bert"), workers }],
          teacherCache: join(root, `workers-${workers}`),
          teacherCachePrecision: "float32",
        }),
      ),
      async (targets) => ({ ...(await all(targets.train)), fingerprint: targets.fingerprint }),
    );
  expect(await made(2)).toEqual(await made(0));
});

test("several teachers give theirs side by side", async () => {
  const teachers = [
    { model: fixture("bert"), workers: 0 },
    { model: fixture("distilbert"), weight: 2, workers: 0 },
  ];
  await using both = await prepareTargets(options({ teachers, limit: 200 }));
  await using one = await prepareTargets(options({ limit: 200 }));
  expect(both.projection.teacherDimension).toBeGreaterThan(one.projection.teacherDimension);
  expect(both.fingerprint).not.toBe(one.fingerprint);
});

test("places are read in any order and more than once; one that isn't there is refused", async () => {
  await using targets = await prepareTargets(options());
  const everything = await all(targets.train);
  const places = [7, 0, 1100, 7];
  const some = await read(targets.train, places);
  expect(some.sentences).toEqual(places.map((place) => everything.sentences[place]));
  expect(some.targets).toEqual(
    Float32Array.from(places.flatMap((place) => [...everything.targets.subarray(place * 5, place * 5 + 5)])),
  );
  await expect(targets.train.read([sentences.length], new Random(0))).rejects.toThrow(/none at place/);
  await expect(targets.train.read([0.5], new Random(0))).rejects.toThrow(/none at place 0.5/);
});

test("augmented sentences have targets too, and none of them is held out", async () => {
  await using targets = await prepareTargets(options({ limit: 300, augmentation: { copies: 2, rate: 0.3 } }));
  await using plain = await prepareTargets(options({ limit: 300 }));
  // Two of each sentence, but for those that came twice.
  expect(targets.counts.augmented).toBeGreaterThan(plain.counts.train);
  expect(targets.counts.train).toBe(plain.counts.train + targets.counts.augmented);
  expect((await all(targets.validation)).sentences).toEqual((await all(plain.validation)).sentences);
  const train = await all(targets.train);
  expect(new Set(train.sentences).size).toBe(targets.counts.train);
  expect(train.targets).toHaveLength(5 * targets.counts.train);
});

describe("refused before any embedding is made", () => {
  test.each<[string, Partial<PrepareTargetsOptions>, RegExp]>([
    ["more dimensions than the teacher has", { dimension: 1000 }, /from 1 to the teacher's \d+, got 1000/],
    ["fewer sentences than dimensions", { limit: 5 }, /fitted to more sentences than that, got 5: give more/],
    ["too few to fit to", { fitSentences: 3 }, /got 3/],
    ["no number to fit to", { fitSentences: 0 }, /fitSentences should be a positive integer, got 0/],
    ["a file that isn't there", { sentences: [{ path: join(root, "none") }] }, /none can't be read/],
  ])("%s", async (_, more, message) => {
    const teacherCache = join(root, "refused");
    await expect(prepareTargets(options({ teacherCache, ...more }))).rejects.toThrow(message);
    for (const name of await readdir(teacherCache)) expect(await readdir(join(teacherCache, name))).toEqual([]);
  });
});
