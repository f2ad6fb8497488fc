/** The pool of worker threads: what a run that fails, a worker that dies, or `dispose` does to others. */
import { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { createSession } from "#runtime";
import { SentenceTransformer } from "../../src/index.ts";
import { planOf } from "../../src/runtime/node/plan.ts";
import type { SessionModel } from "../../src/runtime/session.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";
import { ids, manyIds, tinyModel, watchWorkers } from "./tiny-model.ts";

afterEach(() => void vi.restoreAllMocks());

const runtimeError = (message: RegExp) =>
  expect.objectContaining({ name: "HpdError", code: "runtime", message: expect.stringMatching(message) });

test("runs at the same time, more than there are workers, each get their own", async () => {
  const session = await createSession(tinyModel(), { workers: 2 });
  const runs = Array.from({ length: 20 }, (_, index) => session.run(ids(index % 4)));
  for (const [index, { rows }] of (await Promise.all(runs)).entries()) {
    expect(rows!.shape).toEqual([1, 1, 2]);
    expect([...rows!.data]).toEqual([2 * (index % 4) + 1, 2 * (index % 4) + 2]);
  }
  await session.dispose();
});

test("as many workers as are good for the model, where nobody says how many", async () => {
  const model = await tinyModel();
  const session = await createSession(model, {});
  expect(session.concurrency).toBe(planOf(model).sessions);
  await session.dispose();
});

test("a run that fails says why, and the next one works", async () => {
  const session = await createSession(tinyModel(), { workers: 1 });
  const error = await session.run(ids(0, 99)).catch((reason: unknown) => reason);
  expect(error).toEqual(runtimeError(/99/));
  expect((error as Error).cause).toBeInstanceOf(Error);
  await expect(session.run({})).rejects.toEqual(runtimeError(/./));
  expect([...(await session.run(ids(3))).rows!.data]).toEqual([7, 8]);
  await session.dispose();
});

test("a worker that dies while idle or at work fails its own run at most, and another takes its place", async () => {
  const workers = watchWorkers();
  const session = await createSession(tinyModel(), { workers: 1 });
  await [...workers][0]!.terminate();
  expect([...(await session.run(ids(1))).rows!.data]).toEqual([3, 4]);
  const failing = session.run(manyIds());
  const waiting = session.run(ids(2));
  void [...workers][1]!.terminate();
  await expect(failing).rejects.toEqual(runtimeError(/a worker thread ended/));
  expect([...(await waiting).rows!.data]).toEqual([5, 6]);
  expect(workers.size).toBe(3);
  await session.dispose();
});

test("a worker that throws fails its own run with the cause, and not the next one", async () => {
  const workers = watchWorkers();
  const session = await createSession(tinyModel(), { workers: 1 });
  const failing = session.run(manyIds());
  const waiting = session.run(ids(2));
  // What a failing worker does, in the order in which Node does it.
  const [worker] = workers;
  worker!.emit("error", new Error("out of memory"));
  void worker!.terminate();
  await expect(failing).rejects.toEqual(runtimeError(/a worker thread .*out of memory/));
  expect([...(await waiting).rows!.data]).toEqual([5, 6]);
  await session.dispose();
});

test("a worker that dies before the model is there is an error, not a wait without end", async () => {
  let resolve: (model: SessionModel) => void = () => {};
  const promise = new Promise<SessionModel>((settle) => {
    resolve = settle;
  });
  const workers = new Set<Worker>();
  vi.spyOn(Worker.prototype, "on").mockImplementation(function (this: Worker, ...args) {
    workers.add(this);
    return this.addListener(...args);
  });
  const starting = createSession(promise, { workers: 1 });
  await [...workers][0]!.terminate();
  resolve(await tinyModel());
  await expect(starting).rejects.toEqual(runtimeError(/a worker thread ended/));
});

test("a model that the runtime refuses is an error with the cause", async () => {
  const model = { ...(await tinyModel()), model: Uint8Array.of(1, 2, 3) };
  await expect(createSession(model, { workers: 1 })).rejects.toEqual(runtimeError(/the runtime did not start: ./));
});

test.each([-1, 1.5, Number.NaN])(
  "%s workers are refused, and a model that fails too is no unhandled rejection",
  async (workers) => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    await using folder = await withFiles("bert", { "config.json": null });
    const options = { workers, onWarning: () => {} };
    await expect(SentenceTransformer.load(folder.path, options)).rejects.toMatchObject({ name: "HpdError" });
    await expect(SentenceTransformer.load(fixture("bert"), options)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/workers should be a non-negative integer/),
    });
    await new Promise((resolve) => setTimeout(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  },
);

test("no workers: the calling thread computes the same, one run after the other, until dispose", async () => {
  const started = vi.spyOn(Worker.prototype, "postMessage");
  const texts = Array.from({ length: 300 }, (_, index) => `a cat ${index}`);
  await using inWorkers = await SentenceTransformer.load(fixture("bert"), { workers: 2, onWarning: () => {} });
  const expected = await inWorkers.encode(texts);
  expect(started).toHaveBeenCalled();
  started.mockClear();
  const model = await SentenceTransformer.load(fixture("bert"), { workers: 0, onWarning: () => {} });
  const calls = [model.encode(texts), model.encode(texts)];
  // How a call is cut into batches depends on the workers and on what else is encoded: the last bit of a sum does, too.
  for (const { data } of await Promise.all(calls)) {
    const worst = data.reduce((most, value, at) => Math.max(most, Math.abs(value - expected.data[at]!)), 0);
    expect(worst).toBeLessThan(2e-6);
  }
  const late = model.encode(texts);
  await Promise.all([model.dispose(), expect(late).rejects.toMatchObject({ code: "disposed" })]);
  await expect(model.encode("a")).rejects.toMatchObject({ code: "disposed" });
  expect(started).not.toHaveBeenCalled();
  const session = await createSession(tinyModel(), { workers: 0 });
  await expect(session.run(ids(99))).rejects.toEqual(runtimeError(/99/));
  await session.dispose();
  const refused = createSession({ ...(await tinyModel()), model: Uint8Array.of(1, 2, 3) }, { workers: 0 });
  await expect(refused).rejects.toEqual(runtimeError(/the runtime did not start: ./));
});

test("dispose may be called again and at the same time; nothing runs after it", async () => {
  const model = await SentenceTransformer.load(fixture("bert"), { workers: 1, onWarning: () => {} });
  await Promise.all([model.dispose(), model.dispose()]);
  await model.dispose();
  for (const sentences of [[], ["a"]]) {
    await expect(model.encode(sentences)).rejects.toMatchObject({ code: "disposed" });
    const tokens = model.encode(sentences, { outputValue: "token_embeddings" });
    await expect(tokens).rejects.toMatchObject({ code: "disposed" });
  }
  await expect(model.encodeStream(["a"]).next()).rejects.toMatchObject({ code: "disposed" });
});

test("dispose rejects what is under way, of every kind, and ends every thread", async () => {
  const workers = watchWorkers();
  const texts = Array.from({ length: 5000 }, (_, index) => `a cat ${index}`);
  const model = await SentenceTransformer.load(fixture("bert"), { workers: 2, onWarning: () => {} });
  const work = [
    model.encode(texts),
    model.encode(texts, { outputValue: "token_embeddings" }),
    model.encodeStream(texts).next(),
  ];
  const results = Promise.allSettled(work);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await model.dispose();
  for (const result of await results) {
    expect(result).toMatchObject({ status: "rejected", reason: { name: "HpdError", code: "disposed" } });
  }
  expect([...workers].map(({ threadId }) => threadId)).toEqual([...workers].map(() => -1));
});

test("await using disposes", async () => {
  let escaped: SentenceTransformer;
  {
    await using model = await SentenceTransformer.load(fixture("bert"), { workers: 1, onWarning: () => {} });
    escaped = model;
    await model.encode("a");
  }
  await expect(escaped.encode("a")).rejects.toMatchObject({ code: "disposed" });
});
