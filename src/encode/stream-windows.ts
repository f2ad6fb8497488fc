/**
 * Reads a stream in windows of many texts, which are worth sorting by length, and works on the next window while the
 * results of one are taken. Where the stream is slower than the work, nothing waits for a window to be full.
 */
import { untilAborted } from "../common/until-aborted.ts";
import { HpdError } from "../errors.ts";
import { requireText } from "./check-arguments.ts";

/** Texts of a window; fewer where they are long. */
const mostTexts = 4096;
const mostCharacters = 4 * 1024 * 1024;
/** Windows that are worked on, or whose results wait to be taken. */
const mostWindows = 2;
/** For so long a text that could be worked on, or a result, is held back for others that may follow. */
const patienceMs = 10;

export interface WindowOptions {
  /** Never work on a part of a window but the last. */
  readonly fullWindows?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The results of `work` on each window, in order. At most two windows are in memory, and one that is being read. An error
 * of `texts` comes at once, before the results that are still under way.
 *
 * @param work gets a signal that aborts when nobody waits for its result any longer
 * @throws HpdError `invalid_argument` where `texts` is no iterable of strings; the signal's reason
 */
export async function* streamWindows<T>(
  texts: AsyncIterable<string> | Iterable<string>,
  work: (window: string[], signal: AbortSignal) => Promise<T>,
  { fullWindows = false, signal }: WindowOptions = {},
): AsyncGenerator<T, void, undefined> {
  requireIterable(texts);
  // A consumer that stops early has no use for what was read ahead.
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  const source = untilAborted(texts, either);
  const window = new Window(source);
  const started: Working<T>[] = [];
  const isIdle = () => started.every(({ isDone }) => isDone);
  try {
    while (!window.isRead || window.texts.length > 0 || started.length > 0) {
      if (window.error !== undefined) throw window.error.reason;
      const isWorth = window.isFull || window.isRead || (window.isDue && !fullWindows && isIdle());
      if (window.texts.length > 0 && isWorth && started.length < mostWindows) {
        started.push(new Working(work(window.take(), either), window.wake));
      } else if (started[0]?.isDone && (started.length === mostWindows || window.isRead || window.isDue)) {
        window.rest();
        yield await started.shift()!.result;
      } else {
        window.read();
        if (started[0]?.isDone || (window.texts.length > 0 && isIdle())) window.startPatience();
        await window.change();
      }
    }
  } finally {
    window.rest();
    stop.abort();
    await source.return();
  }
}

function requireIterable(texts: unknown): void {
  // A string is an iterable of its characters, which nobody means.
  if (typeof texts === "object" && texts !== null && (Symbol.asyncIterator in texts || Symbol.iterator in texts))
    return;
  throw new HpdError("invalid_argument", `sentences should be an iterable of strings, got ${typeof texts}`);
}

/** A window that is worked on. */
class Working<T> {
  readonly result: Promise<T>;
  isDone = false;

  constructor(result: Promise<T>, onDone: () => void) {
    this.result = result;
    // Its failure is met when it is awaited, not while the window before is still being taken.
    const done = () => {
      this.isDone = true;
      onDone();
    };
    result.then(done, done);
  }
}

/** The texts that were read and are not worked on yet. It reads one at a time, and never waits. */
class Window {
  readonly #source: AsyncGenerator<string, void, undefined>;
  #texts: string[] = [];
  #characters = 0;
  #index = 0;
  #isReading = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #changed: (() => void) | undefined;
  /** What reading ended with, where it failed. */
  error: { readonly reason: unknown } | undefined;
  /** Whether the source is at its end. */
  isRead = false;
  /** Whether the patience is at its end. */
  isDue = false;

  constructor(source: AsyncGenerator<string, void, undefined>) {
    this.#source = source;
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  get isFull(): boolean {
    return this.#texts.length >= mostTexts || this.#characters >= mostCharacters;
  }

  /** Asks for the next text, unless there is no room, or it was asked for. */
  read(): void {
    if (this.#isReading || this.isRead || this.isFull) return;
    this.#isReading = true;
    this.#source
      .next()
      .then(({ done, value }) => {
        if (done) this.isRead = true;
        else this.#add(value);
      })
      .catch((reason) => {
        this.error = { reason };
      })
      .finally(() => {
        this.#isReading = false;
        this.wake();
      });
  }

  take(): string[] {
    const texts = this.#texts;
    this.#texts = [];
    this.#characters = 0;
    this.rest();
    return texts;
  }

  startPatience(): void {
    if (this.isDue) return;
    this.#patience ??= setTimeout(() => {
      this.isDue = true;
      this.wake();
    }, patienceMs);
  }

  rest(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.isDue = false;
  }

  /** Resolves when a text was read, a result is there, or the patience is at its end. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }

  readonly wake = (): void => this.#changed?.();

  #add(text: string): void {
    requireText(text, this.#index++);
    this.#texts.push(text);
    this.#characters += text.length;
  }
}
