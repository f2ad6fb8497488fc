/** encodeStream: order, how far it reads ahead, and what ends it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { streamWindows } from "../../src/encode/stream-windows.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { fixture } from "./model-folder.ts";

let model: SentenceTransformer;
beforeAll(async () => {
  model = await SentenceTransformer.load(fixture("bert"), { workers: 2, onWarning: () => {} });
});
afterAll(() => model.dispose());

/** Short texts, each unlike its neighbours; it tells how many were taken and whether it was closed. */
function textSource(count: number) {
  const state = { taken: 0, closed: false };
  function* texts(): Generator<string> {
    try {
      for (let index = 0; index < count; index++) {
        state.taken++;
        yield textAt(index);
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, texts: texts() };
}

function textAt(index: number): string {
  return `a cat ${index % 7} and ${"tree ".repeat(index % 5)}${index % 3}`;
}

async function toArray<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

test("gives the embeddings of sync and async iterables in order, as encode does", async () => {
  const texts = Array.from({ length: 5000 }, (_, index) => textAt(index));
  const expected = await model.encode(texts);
  const progress: number[] = [];
  const fromArray = await toArray(model.encodeStream(texts, { onProgress: ({ done }) => progress.push(done) }));
  const fromAsync = await toArray(
    model.encodeStream(
      (async function* () {
        yield* texts;
      })(),
    ),
  );
  expect([fromArray.length, fromAsync.length]).toEqual([5000, 5000]);
  for (const index of [0, 1, 4095, 4096, 4999]) {
    for (const [column, value] of expected.row(index).entries()) {
      expect(fromArray[index]![column]).toBeCloseTo(value, 6);
      expect(fromAsync[index]![column]).toBeCloseTo(value, 6);
    }
  }
  expect(progress).toEqual([4096, 5000]);
});

test("no texts give nothing", async () => {
  expect(await toArray(model.encodeStream([]))).toEqual([]);
});

test("binary embeddings can be streamed", async () => {
  const [first] = await toArray(model.encodeStream(["a cat"], { precision: "binary" }));
  expect(first).toEqual(await model.encode("a cat", { precision: "binary" }));
});

test("reads a bounded number of texts ahead of its consumer, and closes the source when that stops", async () => {
  const { state, texts } = textSource(100_000);
  for await (const _ of model.encodeStream(texts)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(state.taken).toBeLessThanOrEqual(3 * 4096);
    break;
  }
  expect(state.closed).toBe(true);
  expect((await model.encode(["still works"])).count).toBe(1);
});

test("long texts are read ahead by their characters", async () => {
  let taken = 0;
  function* texts() {
    for (; ; taken++) yield "tree ".repeat(200_000);
  }
  for await (const _ of model.encodeStream(texts())) break;
  expect(taken).toBeLessThan(15);
});

test("an error of the source comes out as it is, and the source's place is left", async () => {
  const failure = new Error("the file is gone");
  async function* texts() {
    yield "a";
    throw failure;
  }
  await expect(toArray(model.encodeStream(texts()))).rejects.toBe(failure);
});

test.each([
  ["a number", 5],
  ["null", null],
  ["undefined", undefined],
])("%s among the texts is refused with its place in the stream", async (_, item) => {
  const texts = Array.from({ length: 4200 }, (_, index) => (index === 4100 ? (item as unknown as string) : "a"));
  await expect(toArray(model.encodeStream(texts))).rejects.toMatchObject({
    code: "invalid_argument",
    message: `sentence 4100 should be a string, got ${item}`,
  });
});

test.each([["one text"], [null], [undefined], [5], [{}]])(
  "%j is refused: it is no iterable of texts",
  async (sentences) => {
    await expect(toArray(model.encodeStream(sentences as string[]))).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/should be an iterable of strings/),
    });
  },
);

test("int8 and uint8 are refused, and so is a precision or output that is not known", async () => {
  for (const precision of ["int8", "uint8", "int4"]) {
    const stream = model.encodeStream(["a"], { precision: precision as "binary" });
    await expect(toArray(stream)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(precision),
    });
  }
  const options = { outputValue: "token_embeddings" } as object;
  await expect(toArray(model.encodeStream(["a"], options))).rejects.toMatchObject({ code: "invalid_argument" });
});

test("a signal in the middle ends it with its reason and closes the source", async () => {
  const { state, texts } = textSource(100_000);
  const controller = new AbortController();
  const reason = new Error("enough");
  let count = 0;
  const reading = (async () => {
    for await (const _ of model.encodeStream(texts, { signal: controller.signal })) {
      if (++count === 5) controller.abort(reason);
    }
  })();
  await expect(reading).rejects.toBe(reason);
  expect(state.closed).toBe(true);
  expect(count).toBeLessThan(10_000);
});

/** A source that gives some texts, then waits until it is told to go on. */
function waitingSource(first: readonly string[], later: readonly string[] = []) {
  let goOn = () => {};
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  async function* texts() {
    yield* first;
    await waiting;
    yield* later;
  }
  return { texts: texts(), goOn };
}

test("a source that pauses holds nothing back: what it gave comes before it goes on", async () => {
  const { texts, goOn } = waitingSource(["a cat", "a dog"], ["a tree"]);
  const stream = model.encodeStream(texts);
  expect((await stream.next()).value).toEqual(await model.encode("a cat"));
  expect((await stream.next()).value).toEqual(await model.encode("a dog"));
  // Only now: both came while the source was waiting.
  goOn();
  expect((await stream.next()).value).toEqual(await model.encode("a tree"));
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("an option of another name is refused", async () => {
  const options = { fullWindow: true } as object;
  await expect(model.encodeStream(["a"], options).next()).rejects.toThrow("did you mean fullWindows?");
});

test("windows are full where they are to be, however slowly the texts come", async () => {
  const sizes: number[] = [];
  const work = async (window: string[]) => sizes.push(window.length);
  async function* slowly() {
    for (let index = 0; index < 5_000; index++) {
      if (index % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      yield textAt(index);
    }
  }
  for await (const _ of streamWindows(slowly(), work, { fullWindows: true }));
  expect(sizes).toEqual([4096, 904]);
});

test("a source that is ready is read in whole windows", async () => {
  const sizes: number[] = [];
  const work = async (window: string[]) => sizes.push(window.length);
  for await (const _ of streamWindows(textSource(10_000).texts, work));
  expect(sizes).toEqual([4096, 4096, 1808]);
});

test("a signal that aborts while the source waits ends it with its reason, at once", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const reading = toArray(model.encodeStream(waitingSource(["a cat"]).texts, { signal: controller.signal }));
  setTimeout(() => controller.abort(reason), 20);
  await expect(reading).rejects.toBe(reason);
});

test("a consumer that stops doesn't wait for a source that waits", async () => {
  for await (const _ of model.encodeStream(waitingSource(["a cat"]).texts)) break;
  expect((await model.encode(["still works"])).count).toBe(1);
});
