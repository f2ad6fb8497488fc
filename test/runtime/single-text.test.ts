/**
 * A text while nothing else runs is computed by the calling thread, or by a worker with all threads where it is long: with
 * the same result, and no other effect.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { InThreadSession } from "../../src/runtime/in-thread-session.ts";
import { ThreadsSession } from "../../src/runtime/node/threads-session.ts";
import { WorkerPool } from "../../src/runtime/node/worker-pool.ts";
import { fixture } from "../encode/model-folder.ts";
import { imports, moduleOf, runNode } from "./program.ts";
import { ids, manyIds, tinyModel } from "./tiny-model.ts";

afterEach(() => void vi.restoreAllMocks());

/** Number of messages to workers so far. */
function watchMessages(): () => number {
  const sent = vi.spyOn(Worker.prototype, "postMessage");
  return () => sent.mock.calls.length;
}

const cores = availableParallelism();

const load = (name: string, dtype: "fp32" | "int8" = "fp32", workers = 2) =>
  SentenceTransformer.load(fixture(name), { dtype, workers, onWarning: () => {} });

test.each(["fp32", "int8"] as const)(
  "%s: the first by a worker, others here, to the last bit the same",
  async (dtype) => {
    await using model = await load("hpd-tinybert-like", dtype);
    const messages = watchMessages();
    for (const text of ["a cat", "The tree sat in the rain.", "", "He plays guitar in the street"]) {
      const before = messages();
      const here = await model.encode(text);
      const isFirst = text === "a cat";
      expect(messages() - before).toBe(isFirst ? 1 : 0);
      // Two at once don't find the session idle.
      const [, inWorker] = await Promise.all([model.encode(text), model.encode(text)]);
      expect(messages() - before).toBeGreaterThan(isFirst ? 1 : 0);
      expect(inWorker).toEqual(here);
    }
  },
);

test("a long text and several texts go to the workers", async () => {
  await using model = await load("hpd-tinybert-like");
  for (let count = 0; count < 3; count++) await model.encode("a cat");
  const messages = watchMessages();
  await model.encode("a cat ".repeat(60));
  expect(messages()).toBe(1);
  await model.encode(["a cat", "a tree"]);
  expect(messages()).toBe(2);
});

test.each(["fp32", "int8"] as const)("%s: while all workers compute, a short text is computed here", async (dtype) => {
  await using model = await load("hpd-tinybert-like", dtype);
  const inWorker = await model.encode("rain");
  const here = vi.spyOn(InThreadSession.prototype, "run");
  let beside: Promise<Float32Array> | undefined;
  const texts = Array.from({ length: 2_000 }, (_, index) => `a cat ${index}`);
  // When a batch is done, its worker has the next one.
  await model.encode(texts, { onProgress: () => (beside ??= model.encode("rain")) });
  expect(await beside).toEqual(inWorker);
  expect(here).toHaveBeenCalledTimes(1);
});

test("where one worker is free, it computes a short text; beside one that is computed here, the next waits", async () => {
  const session = await ThreadsSession.create(tinyModel(), 2);
  await session.run(ids(1), 1);
  expect(session.isAtOnce(1)).toBe(true);
  // Two workers are busy, or one is and the other starts, which takes longer than little work.
  for (let isOneFree = false; !isOneFree; ) {
    const both = [session.run(manyIds()), session.run(manyIds())];
    expect(session.isAtOnce(1)).toBe(true);
    await Promise.all(both);
    const one = session.run(ids(1));
    isOneFree = !session.isAtOnce(1);
    await one;
  }
  const one = session.run(ids(1));
  expect(session.isAtOnce(1)).toBe(false);
  const other = session.run(ids(2));
  expect(session.isAtOnce(1)).toBe(true);
  expect(session.isAtOnce(65)).toBe(false);
  const here = session.run(ids(3), 1);
  expect(session.isAtOnce(1)).toBe(false);
  const results = (await Promise.all([one, other, here])).map(({ rows }) => [...rows!.data]);
  expect(results).toEqual([[3, 4], [5, 6], [7, 8]]); // biome-ignore format: a line
  await session.dispose();
  expect(session.isAtOnce(1)).toBe(false);
});

test.skipIf(cores === 1).each(["fp32", "int8"] as const)(
  "%s: the first long texts by a worker, others by one with a thread for each core, to the last bit the same",
  async (dtype) => {
    const create = vi.spyOn(WorkerPool, "create");
    await using model = await load("hpd-tinybert-like", dtype, cores + 1);
    const long = "a cat sat in the rain ".repeat(20);
    await model.encode(long);
    expect(create).toHaveBeenCalledTimes(1);
    const inWorker = await model.encode(long);
    expect(create).toHaveBeenCalledTimes(2);
    const shared = (await create.mock.results[1]!.value) as WorkerPool;
    expect(shared.threads).toBe(cores);
    const run = vi.spyOn(shared, "run");
    expect(await model.encode(long)).toEqual(inWorker);
    expect(run).toHaveBeenCalledTimes(1);
    await model.encode([long, long]);
    expect(run).toHaveBeenCalledTimes(1);
    // The second of two at once finds the session busy.
    const [here, beside] = await Promise.all([model.encode(long), model.encode(long)]);
    expect([here, beside]).toEqual([inWorker, inWorker]);
    expect(run).toHaveBeenCalledTimes(2);
  },
);

test("where typed arrays are not Node's own, as under jsdom, workers compute all texts, and workers: 0 is refused", () => {
  const source = `
    import vm from "node:vm";
    for (const name of ["ArrayBuffer", "Uint8Array", "Int32Array", "Float32Array"]) globalThis[name] = vm.runInNewContext(name);
    const { SentenceTransformer } = await import(${moduleOf("index")});
    const folder = ${JSON.stringify(fixture("hpd-tinybert-like"))};
    const model = await SentenceTransformer.load(folder, { workers: 2 });
    for (let count = 0; count < 3; count++) console.log(await model.encode("rain") instanceof Float32Array);
    await model.dispose();
    await SentenceTransformer.load(folder, { workers: 0 }).catch(({ code, message }) => console.log(code, message));`;
  expect(runNode(["--input-type=module", "--eval", source])).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^(true\n){3}unsupported workers: 0 .*leave workers out\n$/),
    stderr: "",
  });
});

test("a run that fails here says why, and the next one works", async () => {
  const session = await ThreadsSession.create(tinyModel(), 2);
  await session.run(ids(1), 1);
  const messages = watchMessages();
  const told = { name: "HpdError", code: "runtime", message: expect.stringMatching(/99/) };
  await expect(session.run(ids(99), 1)).rejects.toMatchObject(told);
  expect([...(await session.run(ids(3), 1)).rows!.data]).toEqual([7, 8]);
  expect(messages()).toBe(0);
  await session.dispose();
});

test("dispose while one is computed here waits for it; later ones are refused", async () => {
  const session = await ThreadsSession.create(tinyModel(), 2);
  await session.run(ids(1), 1);
  // The session here is only being made, then it is there.
  for (let round = 0; round < 2; round++) {
    const other = round === 0 ? session : await ThreadsSession.create(tinyModel(), 2);
    if (round > 0) for (let count = 0; count < 2; count++) await other.run(ids(1), 1);
    const running = other.run(ids(2), 1).then(
      ({ rows }) => [...rows!.data],
      ({ code }) => code,
    );
    await Promise.all([other.dispose(), other.dispose()]);
    expect([[5, 6], "disposed"]).toContainEqual(await running);
    await expect(other.run(ids(2), 1)).rejects.toMatchObject({ code: "disposed" });
  }
});

test.each([
  ["process.exit", "process.exit(7)", { status: 7 }],
  ["Ctrl-C", "process.kill(process.pid, 'SIGINT')", { status: null, signal: "SIGINT" }],
  ["the end of the program", "stop = true", { status: 0 }],
])("%s between and while short texts are computed here", (_, end, expected) => {
  const script = `${imports}
    const model = await SentenceTransformer.load(folder);
    let stop = false;
    for (let count = 0; count < 5; count++) await model.encode("a cat");
    setTimeout(() => { ${end} }, 100);
    while (!stop) await model.encode("a cat");`;
  const { status, signal, stderr } = runNode(["--input-type=module", "--eval", script]);
  expect({ status, signal, stderr }).toEqual({ ...expected, stderr: "" });
});
