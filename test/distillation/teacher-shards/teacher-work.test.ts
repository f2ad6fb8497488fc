/** Embeddings of teachers made in shards: the bytes, the student's weights, kills, and what isn't mixed. */
import { createHash } from "node:crypto";
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { joinTeacherShards } from "../../../src/distillation/teacher-shards/join.ts";
import { openWork, verifyWork, workStatus } from "../../../src/jobs/index.ts";
import { openOutputFolder, readWhole } from "../../../src/storage/open-output-folder.ts";
import { type DistillOptions, distill, openTeacherWork } from "../../../src/train.ts";
import { runHpd } from "../../cli/run-hpd.ts";
import { fixture, withFiles } from "../../encode/model-folder.ts";
import { startFakeS3 } from "../../storage/fake-s3.ts";

// Whole runs, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const scratch = await mkdtemp(join(tmpdir(), "hpd-teacher-shards-"));
afterAll(() => rm(scratch, { recursive: true }));

const shards = 5;
const words = ["a", "man", "dog", "plays", "the", "guitar", "street", "runs", "big", "car", "in", "red"];
// Of many lengths, and more than a window.
const sentences = Array.from({ length: 8300 }, (_, index) =>
  [...index.toString(words.length)].map((digit) => words[Number.parseInt(digit, words.length)]).join(" "),
);
const file = join(scratch, "sentences.txt");
await writeFile(file, sentences.join("\n"));

function optionsOf(name: string, workers: number): DistillOptions {
  return {
    teachers: [
      { model: fixture("bert"), workers },
      { model: fixture("distilbert"), weight: 2, workers },
    ],
    student: { model: fixture("hpd-tinybert-like"), layers: [0] },
    sentences: [{ path: file }],
    validation: 100,
    fitSentences: 2000,
    dimension: 8,
    batchSize: 16,
    maxSteps: 5,
    learningRate: 0.01,
    warmupSteps: 2,
    out: join(scratch, name),
    cacheFolder: join(scratch, `${name}-cache`),
    threads: 1,
  };
}

const work = (output: string, workers = 0, more: Partial<DistillOptions> = {}, count = shards) =>
  openTeacherWork({ distill: { ...optionsOf("unused", workers), ...more }, shards: count, output });

const done = join(scratch, "done");
beforeAll(async () => {
  await using opened = await work(done);
  for (const shard of [3, 0, 4, 2, 1]) await opened.run(shard);
});

/** A copy of all that is done, but for some shards. */
async function doneWithout(name: string, ...missing: readonly number[]): Promise<string> {
  const output = join(scratch, name);
  const isMissing = (file: string) => missing.some((shard) => file.startsWith(`shard-0000${shard}-`));
  await cp(done, output, { recursive: true, filter: (path) => !isMissing(basename(path)) });
  return output;
}

/** Joins shards into a cache. @returns its folder of each teacher */
async function joinInto(cache: string, from: string): Promise<string[]> {
  const folder = join(cache, "teachers");
  const { signal } = new AbortController();
  await joinTeacherShards(from, optionsOf("unused", 0).teachers, {
    folder,
    precision: "float16",
    signal,
    onWarning() {},
  });
  return (await readdir(folder)).map((name) => join(folder, name));
}

async function hashesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const hash = async (name: string) =>
    createHash("sha256")
      .update(await readFile(join(folder, name)))
      .digest("hex");
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await hash(name)])));
}

test("a student taught by shards has the weights of one taught alone, byte for byte", async () => {
  await distill(optionsOf("alone", 0));
  const events: string[] = [];
  const options = optionsOf("joined", 0);
  await distill({
    ...options,
    teacherEmbeddings: done,
    onEvent: (event) => event.type === "prepare" && events.push(`${event.stage} ${event.done} of ${event.total}`),
  });
  // Nothing was left to be made: every window is there at once.
  expect(events.filter((event) => event.startsWith("fit"))).toEqual(["fit 4096 of 8192", "fit 8192 of 8192"]);
  const weights = (name: string) => readFile(join(scratch, name, "model.safetensors"));
  expect((await weights("joined")).equals(await weights("alone"))).toBe(true);
  // Joined again, nothing is copied twice.
  const cached = async () => readdir(join(options.cacheFolder!, "teachers"), { recursive: true });
  const before = await cached();
  await joinInto(options.cacheFolder!, done);
  expect(await cached()).toEqual(before);
});

test("run by others, twice, stopped and on other numbers of workers, the bytes are the same", async () => {
  // One with embeddings of both teachers.
  const output = await doneWithout("again", 2);
  {
    await using opened = await work(output, 2);
    const files = await readdir(output);
    const stop = new AbortController();
    const stopped = opened.run(2, { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
    await expect(stopped).rejects.toThrow("enough");
    expect(await readdir(output)).toEqual(files);
    expect(await opened.committed()).toEqual(new Set([0, 1, 3, 4]));
    expect((await opened.run(2)).wasCommitted).toBe(false);
  }
  await using opened = await work(output);
  expect(await opened.committed()).toEqual(new Set([0, 1, 2, 3, 4]));
  const rows = [];
  for (let shard = 0; shard < shards; shard++) rows.push(await opened.run(shard));
  expect(rows.every(({ wasCommitted }) => wasCommitted)).toBe(true);
  expect(rows.reduce((sum, { rows }) => sum + rows, 0)).toBe(2 * sentences.length);
  expect(await hashesIn(output)).toEqual(await hashesIn(done));
});

test("in a bucket the objects are the same, and a run joins them from there", async () => {
  await using s3 = await startFakeS3();
  for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
  const output = "s3://team/embeddings";
  await using opened = await work(output);
  const folder = openOutputFolder(output);
  for (const name of await readdir(await doneWithout("uploaded", 2))) {
    const object = await folder.create(name);
    await object.append(await readFile(join(done, name)));
    await object.finishFirst();
  }
  await opened.run(2);
  const names = (await readdir(done)).sort();
  expect([...(await folder.list()).keys()].sort()).toEqual(names);
  for (const name of names) {
    expect(Buffer.from((await readWhole(folder, name))!).equals(await readFile(join(done, name)))).toBe(true);
  }
  // The names in a cache begin with the time.
  const joined = async (name: string, from: string) => {
    const folders = await joinInto(join(scratch, name), from);
    return Promise.all(folders.map(async (folder) => Object.values(await hashesIn(folder))));
  };
  expect(await joined("from-bucket", output)).toEqual(await joined("from-disk", done));
  vi.unstubAllEnvs();
});

test("killed between the file and its commit, a shard ends as if it had not been", async () => {
  const output = join(scratch, "killed");
  await cp(done, output, { recursive: true });
  await rm(join(output, "shard-00002-of-00005.json"));
  await using opened = await work(output);
  expect(await opened.committed()).toEqual(new Set([0, 1, 3, 4]));
  await opened.run(2);
  expect(await hashesIn(output)).toEqual(await hashesIn(done));
});

test("the folder alone says how far the work is, and whether it is sound", async () => {
  const output = join(scratch, "looked-at");
  await cp(done, output, { recursive: true });
  const names = (await readdir(output)).filter((name) => name.endsWith(".embeddings")).sort();
  const sizes = await Promise.all(names.map(async (name) => (await readFile(join(output, name))).length));
  const all = { kind: "teacher", format: "embeddings", precision: "float16", dimension: undefined, shards };
  const seen: number[] = [];
  expect(await workStatus(output, { onShard: (shard) => seen.push(shard) })).toMatchObject({
    ...{ ...all, done: [0, 1, 2, 3, 4], missing: [], rows: 2 * sentences.length },
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  });
  expect(seen.sort()).toEqual([0, 1, 2, 3, 4]);
  expect(await verifyWork(output)).toEqual([]);
  await rm(join(output, "shard-00002-of-00005.json"));
  expect(await workStatus(output)).toMatchObject({ ...all, done: [0, 1, 3, 4], missing: [2] });
  const bytes = await readFile(join(output, names[0]!));
  bytes[100]! ^= 1;
  await writeFile(join(output, names[0]!), bytes);
  await writeFile(join(output, "shard-00001-of-00005.json"), "{");
  const last = names.at(-1)!;
  await rm(join(output, last));
  expect(await verifyWork(output)).toEqual([
    { shard: 0, file: names[0], problem: expect.stringContaining("its checksum is another") },
    { shard: 1, file: "shard-00001-of-00005.json", problem: expect.stringContaining("should be JSON") },
    { shard: 4, file: last, problem: expect.stringContaining("it is missing: remove the .json of its shard, too") },
  ]);
  const status = await runHpd(["encode", "--status", done]);
  expect(status.stdout).toMatch(
    /^done {6}5 of 5 shards\nmissing {3}none\nrows {6}16,600, float16\nbytes {5}[\d,]+ of embeddings\n$/,
  );
  const joined = await runHpd(["encode", "--join", done, "--output", join(scratch, "joined.npy")]);
  expect(joined.stderr).toContain(
    "holds the embeddings of teachers: hpd distill --teacher-embeddings trains with them",
  );
});

test("opened by its description, as a queue does, it is the same work", async () => {
  const output = await doneWithout("described", 0);
  const { description, fingerprint } = await work(output).then(async (opened) => {
    await opened.dispose();
    return opened;
  });
  await using opened = await openWork(JSON.parse(JSON.stringify(description)), { workers: 1 });
  expect(opened.fingerprint).toBe(fingerprint);
  await opened.run(0);
  expect(await hashesIn(output)).toEqual(await hashesIn(done));
});

test("more shards than pieces: some are empty", async () => {
  const output = join(scratch, "many");
  await using opened = await work(output, 0, { sentences: [{ path: file }], limit: 900 }, 7);
  const results = [];
  for (let shard = 0; shard < 7; shard++) results.push((await opened.run(shard)).rows);
  expect(results).toEqual([0, 0, 0, 1000, 0, 0, 1000]);
});

test.each<[string, Partial<DistillOptions>, number, RegExp]>([
  ["another number of shards", {}, 6, /another work \(5 shards, not 6\)/],
  ["other sentences", { limit: 100 }, shards, /other sentences/],
  ["another order", { seed: 7 }, shards, /other sentences, or the same in another order/],
  ["another teacher", { teachers: [{ model: fixture("bert") }] }, shards, /other teachers/],
  ["another precision", { teacherCachePrecision: "float32" }, shards, /precision float16, not float32/],
  ["no shards", {}, 0, /positive integer, got 0/],
])("a folder isn't shared with %s", async (_, more, count, message) => {
  await expect(work(done, 0, more, count)).rejects.toThrow(message);
});

test("a shard that there is not, options that there are not", async () => {
  await using opened = await work(done);
  await expect(opened.run(0, { sigmal: 1 } as never)).rejects.toThrow(/sigmal/);
  const wrong = { distill: optionsOf("unused", 0), shards, output: done, shard: 1 };
  await expect(openTeacherWork(wrong as never)).rejects.toThrow(/openTeacherWork.*shard/);
  for (const shard of [-1, shards, 0.5]) {
    await expect(opened.run(shard)).rejects.toThrow(`shards are numbered from 0 to 4, got ${shard}`);
  }
});

test("not joined: missing shards, damaged files, another teacher's", async () => {
  const options = { ...optionsOf("refused", 0), maxSteps: 1 };
  const lacking = join(scratch, "lacking");
  await cp(done, lacking, { recursive: true });
  await rm(join(lacking, "shard-00001-of-00005.json"));
  await expect(distill({ ...options, teacherEmbeddings: lacking })).rejects.toThrow(/lacks 1 of 5 shards: run 1 first/);
  await copyFile(join(done, "shard-00001-of-00005.json"), join(lacking, "shard-00001-of-00005.json"));
  const [part] = (await readdir(lacking)).filter((name) => name.endsWith(".embeddings"));
  const bytes = await readFile(join(lacking, part!));
  bytes[bytes.length - 9]! ^= 1;
  await writeFile(join(lacking, part!), bytes);
  await expect(distill({ ...options, teacherEmbeddings: lacking })).rejects.toMatchObject({ code: "corrupt_file" });
  await using other = await withFiles("bert", { "sentence_bert_config.json": { max_seq_length: 7 } });
  await expect(distill({ ...options, teachers: [{ model: other.path }], teacherEmbeddings: done })).rejects.toThrow(
    /has not the embeddings of these teachers/,
  );
  await expect(distill({ ...options, teacherEmbeddings: scratch })).rejects.toThrow(/has no embeddings of teachers/);
});

test("of other sentences: told, and what is lacking is made", async () => {
  const warnings: string[] = [];
  const others = join(scratch, "others.txt");
  await writeFile(others, [...sentences.slice(0, 300), ...["a new one", "and another"]].join("\n"));
  const options = optionsOf("others", 0);
  await distill({
    ...options,
    sentences: [{ path: others }],
    teacherEmbeddings: done,
    onEvent: (event) => event.type === "warning" && warnings.push(event.message),
  });
  expect(warnings).toContainEqual(expect.stringMatching(/was made for other sentences/));
  const cached = await readdir(join(options.cacheFolder!, "teachers"), { recursive: true });
  // Of each teacher.
  expect(cached.filter((name) => name.endsWith(".embeddings") && !/-of-5\./.test(name))).toHaveLength(2);
});
