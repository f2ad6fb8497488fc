/**
 * Reads a stream in windows of many texts, which are worth sorting by length, and works on the next window while the
 * results of one are consumed. If the stream is slower than the work, nothing waits for a full window.
 */
import { requireIterable } from "../common/arguments.ts";
import { untilAborted } from "../common/until-aborted.ts";
import { requireText } from "./check-arguments.ts";

/** Maximum texts of a window; fewer where they are long. */
const maxTexts = 4096;
const maxCharacters = 4 * 1024 * 1024;
/** Maximum windows in work or with results that are not consumed. */
const maxWindows = 2;
/** Milliseconds that a partial window, or a result, waits for more texts. */
const patienceMs = 10;

export interface WindowOptions {
  /** Whether only the last window may be partial. */
  readonly fullWindows?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The results of `work` on each window, in order. At most two windows are in memory, and one that is being read. An
 * error of `texts` is thrown at once, before results that are pending.
 *
 * @param work gets a signal that aborts when its result is no longer needed
 * @throws HpdError `invalid_argument` where `texts` is no iterable of strings; the signal's reason
 */
export async function* streamWindows<T>(
  texts: AsyncIterable<string> | Iterable<string>,
  work: (window: string[], signal: AbortSignal) => Promise<T>,
  { fullWindows = false, signal }: WindowOptions = {},
): AsyncGenerator<T, void, undefined> {
  requireIterable("sentences", texts, "strings");
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
      if (window.texts.length > 0 && isWorth && started.length < maxWindows) {
        started.push(new Working(work(window.take(), either), window.wake));
      } else if (started[0]?.isDone && (started.length === maxWindows || window.isRead || window.isDue)) {
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

/** A window in work. */
class Working<T> {
  readonly result: Promise<T>;
  isDone = false;

  constructor(result: Promise<T>, onDone: () => void) {
    this.result = result;
    // A failure is handled when the result is awaited, not while the window before is still being consumed.
    const done = () => {
      this.isDone = true;
      onDone();
    };
    result.then(done, done);
  }
}

/** The texts that are read and not yet in work. Reads one at a time, and never waits. */
class Window {
  readonly #source: AsyncGenerator<string, void, undefined>;
  #texts: string[] = [];
  #characters = 0;
  #index = 0;
  #isReading = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #changed: (() => void) | undefined;
  /** The reason if reading failed. */
  error: { readonly reason: unknown } | undefined;
  /** Whether the source is exhausted. */
  isRead = false;
  /** Whether the patience is over. */
  isDue = false;

  constructor(source: AsyncGenerator<string, void, undefined>) {
    this.#source = source;
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  get isFull(): boolean {
    return this.#texts.length >= maxTexts || this.#characters >= maxCharacters;
  }

  /** Requests the next text, unless the window is full or a request is pending. */
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

  /** Resolves when a text is read, a result is there, or the patience is over. */
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
