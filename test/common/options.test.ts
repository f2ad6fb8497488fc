/** Options that are not known, or of the wrong type, are refused by name. */
import { expect, test } from "vitest";
import { checkedOptions, type OptionTable } from "../../src/common/options.ts";
import { HpdError } from "../../src/errors.ts";

interface Inner {
  deep?: number;
}

interface Options {
  normalizeEmbeddings?: boolean;
  count?: number;
  name?: "a" | "b";
  onProgress?: (done: number) => void;
  signal?: AbortSignal;
  inner?: Inner;
  list?: readonly Inner[];
  either?: string | number;
}

const inner: OptionTable<Inner> = { deep: "number" };

const table: OptionTable<Options> = {
  normalizeEmbeddings: "boolean",
  count: "number",
  name: "string",
  onProgress: "function",
  signal: "signal",
  inner,
  list: [inner],
  either: "any",
};

function messageOf(options: unknown): string {
  try {
    checkedOptions<Options>("work", options as Options, table, { batchSize: "there are no batches" });
  } catch (error) {
    expect(error).toBeInstanceOf(HpdError);
    expect(error).toMatchObject({ code: "invalid_argument" });
    return (error as Error).message;
  }
  throw new Error("expected an error");
}

test("options of every type pass, and undefined is as good as left out", () => {
  const options: Options = {
    normalizeEmbeddings: true,
    count: 1,
    name: "a",
    onProgress: () => {},
    signal: new AbortController().signal,
    inner: { deep: 1 },
    list: [{}, { deep: 2 }],
    either: 3,
  };
  expect(checkedOptions("work", options, table)).toEqual(options);
  expect(checkedOptions("work", options, table).signal).toBe(options.signal);
  const nothing = Object.fromEntries(Object.keys(table).map((name) => [name, undefined])) as Options;
  expect(checkedOptions("work", nothing, table)).toStrictEqual({});
});

test("options of a class, inherited ones and those without a prototype are given too", () => {
  class Settings {
    get count() {
      return 3;
    }
  }
  expect({ ...checkedOptions<Options>("work", new Settings(), table) }).toEqual({ count: 3 });
  expect({ ...checkedOptions<Options>("work", Object.create({ count: 3 }), table) }).toEqual({ count: 3 });
  expect({ ...checkedOptions<Options>("work", Object.assign(Object.create(null), { count: 3 }), table) }).toEqual({
    count: 3,
  });
  expect(messageOf(Object.create({ count: "3" }))).toBe('work: count should be a number, got "3"');
});

test("a Map or a Set isn't an object of options", () => {
  expect(messageOf(new Map([["count", 3]]))).toBe("work: the options should be an object, got an iterable");
  expect(messageOf(new Set())).toBe("work: the options should be an object, got an iterable");
});

/** As jsdom's: no instance of this realm's class. */
function foreignSignal(): { signal: AbortSignal; abort(reason: unknown): void } {
  const signal = Object.assign(new EventTarget(), { aborted: false, reason: undefined as unknown });
  const abort = (reason: unknown): void => {
    Object.assign(signal, { aborted: true, reason });
    signal.dispatchEvent(new Event("abort"));
  };
  return { signal: signal as unknown as AbortSignal, abort };
}

test("a signal of another realm is followed by a native one, the same each time", () => {
  const foreign = foreignSignal();
  const { signal } = checkedOptions<Options>("work", { signal: foreign.signal }, table);
  expect(checkedOptions<Options>("work", { signal: foreign.signal }, table).signal).toBe(signal);
  expect(AbortSignal.any([signal!]).aborted).toBe(false);
  foreign.abort("enough");
  expect(signal).toMatchObject({ aborted: true, reason: "enough" });

  const aborted = foreignSignal();
  aborted.abort("before");
  expect(checkedOptions<Options>("work", { signal: aborted.signal }, table).signal).toMatchObject({
    aborted: true,
    reason: "before",
  });
});

test.each([
  [{ normalizeEmbedding: true }, 'work has no option "normalizeEmbedding" (did you mean normalizeEmbeddings?)'],
  [{ normalize_embeddings: true }, 'work has no option "normalize_embeddings" (did you mean normalizeEmbeddings?)'],
  [{ "on-progress": 1 }, 'work has no option "on-progress" (did you mean onProgress?)'],
  [{ batchSize: 32 }, 'work has no option "batchSize": there are no batches'],
  [{ batch_size: 32 }, 'work has no option "batch_size": there are no batches'],
  [{ toString: 1 }, /^work has no option "toString"; there are normalizeEmbeddings, count, name, /],
  [JSON.parse('{ "__proto__": 1 }'), /^work has no option "__proto__"; there are /],
  [{ unheardOf: undefined }, /^work has no option "unheardOf"/],
  [{ inner: { deeep: 1 } }, 'work has no option "inner.deeep" (did you mean inner.deep?)'],
  [{ list: [{}, { dep: 1 }] }, 'work has no option "list[1].dep" (did you mean list[1].deep?)'],
])("%j: an option that is not known is refused, with the nearest one", (options, message) => {
  expect(messageOf(options)).toMatch(message);
});

test.each([
  [{ normalizeEmbeddings: "false" }, 'work: normalizeEmbeddings should be a boolean, got "false"'],
  [{ normalizeEmbeddings: 1 }, "work: normalizeEmbeddings should be a boolean, got 1"],
  [{ count: "2" }, 'work: count should be a number, got "2"'],
  [{ count: null }, "work: count should be a number, got null"],
  [{ name: 1 }, "work: name should be a string, got 1"],
  [{ onProgress: {} }, "work: onProgress should be a function, got object"],
  [{ signal: {} }, "work: signal should be an AbortSignal, got object"],
  [{ signal: new AbortController() }, "work: signal should be an AbortSignal, got object"],
  [{ inner: [] }, "work: inner should be an object, got an array"],
  [{ inner: { deep: "1" } }, 'work: inner.deep should be a number, got "1"'],
  [{ list: {} }, "work: list should be an array, got object"],
  [{ list: [null] }, "work: list[0] should be an object, got null"],
  ["query", 'work: the options should be an object, got "query"'],
  [null, "work: the options should be an object, got null"],
  [[], "work: the options should be an object, got an array"],
  [32, "work: the options should be an object, got 32"],
])("%j: an option of another type is refused", (options, message) => {
  expect(messageOf(options)).toBe(message);
});

test("a name and a value of any length make a short message, at once", () => {
  expect(messageOf({ ["x".repeat(1_000_000)]: 1 }).length).toBeLessThan(300);
  expect(messageOf({ count: "x".repeat(1_000_000) }).length).toBeLessThan(300);
});

test("the compiler refuses a table that leaves an option out, has one too many or another type", () => {
  // @ts-expect-error: deep is missing
  const lacking: OptionTable<Inner> = {};
  // @ts-expect-error: other is no option
  const more: OptionTable<Inner> = { deep: "number", other: "number" };
  // @ts-expect-error: deep is a number
  const wrong: OptionTable<Inner> = { deep: "string" };
  expect([lacking, more, wrong]).toHaveLength(3);
});
