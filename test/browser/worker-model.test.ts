/** `createWorkerModel` over a worker in JavaScript; tools/browser/example.ts has the real one in Chromium. */
import { expect, test } from "vitest";
import { createWorkerModel } from "../../src/browser/index.ts";
import type { Answer, Asked } from "../../src/browser/messages.ts";

/** A worker whose embeddings are the lengths of the texts. */
class LengthWorker {
  onmessage: (event: { data: Answer }) => void = () => {};
  onerror: (event: { message?: string }) => void = () => {};
  asked: Asked[] = [];
  isEnded = false;
  answers = true;

  postMessage(asked: Asked): void {
    structuredClone(asked);
    this.asked.push(asked);
    if (this.answers) queueMicrotask(() => this.#answer(asked));
  }

  terminate(): void {
    this.isEnded = true;
  }

  #answer(asked: Asked): void {
    const { id } = asked;
    const tell = (data: Answer) => this.onmessage({ data });
    if (asked.type === "load") {
      tell({ id, type: "progress", progress: { file: "model.safetensors", done: 1, total: 2 } });
      tell({ id, type: "warning", message: "odd" });
      tell({ id, type: "loaded", dimension: 1 });
    } else if (asked.texts.includes("bad")) tell({ id, type: "failed", code: "invalid_argument", message: "bad text" });
    else {
      const data = Float32Array.from(asked.texts, ({ length }) => length);
      tell({ id, type: "vectors", vectors: { data, count: data.length, dimension: 1 } });
    }
  }
}

const made = (worker: LengthWorker) => ({ createWorker: () => worker as unknown as Worker, onWarning: () => {} });

test("one text gives a vector, several give embeddings, each method its own", async () => {
  const worker = new LengthWorker();
  const told: unknown[] = [];
  const model = await createWorkerModel("https://example.org/model", {
    ...made(worker),
    dtype: "int8",
    onProgress: (progress) => told.push(progress),
    onWarning: (message) => told.push(message),
  });
  expect(told).toEqual([{ file: "model.safetensors", done: 1, total: 2 }, "odd"]);
  expect(model.dimension).toBe(1);
  expect(await model.encode("four")).toEqual(new Float32Array([4]));
  const several = await model.encodeDocument(["a", "bcd"], { normalizeEmbeddings: true });
  expect([several.count, several.dimension, [...several.data]]).toEqual([2, 1, [1, 3]]);
  await model.encodeQuery("q");
  expect(worker.asked.map(({ type }) => type)).toEqual(["load", "encode", "encodeDocument", "encodeQuery"]);
  expect(worker.asked[0]).toMatchObject({ model: "https://example.org/model", options: { dtype: "int8" } });
  expect(worker.asked[2]).toMatchObject({ options: { normalizeEmbeddings: true } });
});

test("errors keep their code; what can't be sent is refused", async () => {
  const model = await createWorkerModel("org/model", made(new LengthWorker()));
  await expect(model.encode("bad")).rejects.toMatchObject({ name: "HpdError", code: "invalid_argument" });
  await expect(model.encode("a", { prompt: (() => "") as never })).rejects.toMatchObject({ code: "invalid_argument" });
  expect(await model.encode("good")).toEqual(new Float32Array([4]));
  await expect(createWorkerModel("x", { workers: 2 } as object)).rejects.toThrow(/no option "workers"/);
});

test("a worker that fails, is disposed of, or is stopped while it loads, fails all that wait", async () => {
  const silent = new LengthWorker();
  const model = await createWorkerModel("org/model", made(silent));
  silent.answers = false;
  const waiting = model.encode("a");
  silent.onerror({ message: "out of memory" });
  await expect(waiting).rejects.toThrow(/the worker of the model failed: out of memory/);
  await expect(model.encode("a")).rejects.toMatchObject({ code: "runtime" });

  const other = new LengthWorker();
  const disposed = await createWorkerModel("org/model", made(other));
  disposed.dispose();
  expect(other.isEnded).toBe(true);
  await expect(disposed.encode("a")).rejects.toMatchObject({ code: "disposed" });

  const slow = new LengthWorker();
  slow.answers = false;
  const stop = new AbortController();
  const loading = createWorkerModel("org/model", { ...made(slow), signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(loading).rejects.toThrow("enough");
  expect(slow.isEnded).toBe(true);
});
