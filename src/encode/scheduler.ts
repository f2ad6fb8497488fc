/**
 * Shares a session among the calls that encode at the same time. A batch is made when a worker is free for it, of the
 * call that is due first: few texts don't wait behind many, a long call goes on beside short ones, and many short calls
 * share a batch. Order in a batch is by length, so that little of it is padding. A single short text doesn't wait for a
 * worker where the session has a place beside them for it.
 */
import type { Tensor } from "../tensor/tensor.ts";
import type { TokenIds } from "./batch-inputs.ts";
import { type BatchPart, type CallRequest, ScheduledCall } from "./scheduled-call.ts";

/** A smaller batch costs more a token, so a little work is spread over the workers in batches no smaller than this. */
const minTokens = 128;

/** The same beside other calls, which wait for the end of a batch: then short batches are worth more than full ones. */
const minTokensBesideOthers = 64;

/** Target milliseconds of a batch of a long call while other calls come. */
const batchMilliseconds = 24;

/** Milliseconds for which a session that had several calls at once expects others to come. */
const companyLasts = 2_000;

/**
 * Maximum milliseconds that a batch waits behind batches of later calls: as long as the rest of its call
 * takes, at most this.
 */
const maxDelay = 250;

/** Milliseconds a token before anything is measured. */
const assumedMillisecondsPerToken = 0.125;

/** The weight of a new measurement in the running mean of the time that a token takes. */
const weightOfNew = 0.2;

/** The computation of batches, as the scheduler needs it. */
export interface BatchRunner {
  /** Batches that are computed at the same time. */
  readonly concurrency: number;
  /** Tokens of a batch of several texts, padding included. */
  readonly maxTokens: number;
  /** Whether a text of so many tokens would be computed at once, beside all batches. */
  isAtOnce(tokens: number): boolean;
  /**
   * Computes a batch: [texts, ...].
   *
   * @param promptLengths those of the texts
   * @param hasPriority whether it may take all threads: no other batch is computed and no text waits, or it is a text for which `isAtOnce`
   */
  run(texts: readonly TokenIds[], promptLengths: readonly number[], hasPriority: boolean): Promise<Tensor<"float32">>;
}

export class Scheduler {
  readonly #runner: BatchRunner;
  /** Calls with texts that are in no batch yet. */
  #waiting: ScheduledCall[] = [];
  /** Number of pending calls of each whole. */
  readonly #active = new Map<object, number>();
  /** Number of pending calls of a single text. */
  #singles = 0;
  /** Time of the last concurrent calls of different wholes. */
  #lastCompany = Number.NEGATIVE_INFINITY;
  #batches = 0;
  /** Running mean, of one worker. */
  #millisecondsPerToken = assumedMillisecondsPerToken;

  constructor(runner: BatchRunner) {
    this.#runner = runner;
  }

  /**
   * Every text comes in exactly one batch.
   *
   * @throws what computing, or the request's `onBatch`, throws; the signal's reason
   */
  async encode(texts: readonly TokenIds[], request: CallRequest): Promise<void> {
    const { signal } = request;
    signal?.throwIfAborted();
    if (texts.length === 0) return;
    const call = new ScheduledCall(texts, request);
    const abort = () => call.fail(signal!.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      if (this.#isAtOnce(call)) await this.#computeAtOnce(call);
      else await this.#computeInTurn(call);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Whether it is a single text that the session computes at once. Where several come, they share batches. */
  #isAtOnce({ texts }: ScheduledCall): boolean {
    return texts.length === 1 && this.#singles === 0 && this.#runner.isAtOnce(texts[0]!.ids.length);
  }

  /** Computes a single text. It is no company for other calls: their batches stay as they are. */
  async #computeAtOnce(call: ScheduledCall): Promise<void> {
    const part = call.take(1, 0);
    if (!call.isOver) {
      this.#run([part], true).then(
        (output) => handOut([part], output),
        (error) => call.fail(error),
      );
    }
    await call.done;
  }

  async #computeInTurn(call: ScheduledCall): Promise<void> {
    this.#setDue(call);
    const singles = call.texts.length === 1 ? 1 : 0;
    this.#singles += singles;
    const whole = call.request.whole ?? call;
    this.#active.set(whole, (this.#active.get(whole) ?? 0) + 1);
    this.#waiting.push(call);
    this.#start();
    try {
      await call.done;
    } finally {
      this.#singles -= singles;
      if (this.#active.size > 1) this.#lastCompany = performance.now();
      const rest = this.#active.get(whole)! - 1;
      if (rest > 0) this.#active.set(whole, rest);
      else this.#active.delete(whole);
    }
  }

  #hasCompany(): boolean {
    return this.#active.size > 1 || performance.now() - this.#lastCompany < companyLasts;
  }

  #start(): void {
    for (;;) {
      // Alone, a call has a batch ready for the worker that is done next; beside others it would be in their way.
      const most = this.#hasCompany() ? this.#runner.concurrency : this.#runner.concurrency + 1;
      if (this.#batches >= most) return;
      this.#waiting = this.#waiting.filter((call) => call.isWaiting);
      if (this.#waiting.length === 0) return;
      const parts = this.#nextBatch().filter((part) => !part.call.isOver);
      if (parts.length > 0) void this.#compute(parts);
    }
  }

  /** A batch of the call that is due first, filled up with texts of others that are due, of like length. */
  #nextBatch(): BatchPart[] {
    this.#waiting.sort((a, b) => a.due - b.due);
    const [first] = this.#waiting as [ScheduledCall];
    const own = first.nextLength;
    const soon = performance.now() + batchMilliseconds;
    const sharing = this.#hasCompany() && !first.request.fixedBatches ? this.#waiting : [];
    const others = sharing
      .filter((call) => !call.request.fixedBatches)
      .filter((call) => call !== first && call.due <= soon && call.nextLength >= own / 2 && call.nextLength <= 2 * own)
      .sort((a, b) => Math.abs(a.nextLength - own) - Math.abs(b.nextLength - own));
    const waitingTokens = [first, ...others].reduce((sum, call) => sum + call.waitingTokens, 0);
    const budget = first.request.fixedBatches
      ? this.#runner.maxTokens
      : this.#budget(waitingTokens / this.#runner.concurrency, first.due > soon);
    const parts: BatchPart[] = [];
    let longest = 1;
    let count = 0;
    for (const call of [first, ...others]) {
      longest = Math.max(longest, call.nextLength);
      const room = Math.floor(budget / longest) - count;
      if (room <= 0 && count > 0) break;
      const part = call.take(Math.max(1, room), call === first ? 0 : own / 2);
      this.#setDue(call);
      parts.push(part);
      count += part.indices.length;
    }
    return parts;
  }

  /**
   * Tokens of the next batch, padding included.
   *
   * @param share what waits, for each worker
   * @param isPatient whether the batch is of a call that others may overtake
   */
  #budget(share: number, isPatient: boolean): number {
    if (!this.#hasCompany()) return Math.min(this.#runner.maxTokens, Math.max(minTokens, share));
    const most = isPatient ? batchMilliseconds / this.#millisecondsPerToken : Number.POSITIVE_INFINITY;
    return Math.max(minTokensBesideOthers, Math.min(most, share, this.#runner.maxTokens));
  }

  async #compute(parts: readonly BatchPart[]): Promise<void> {
    this.#batches++;
    const isQueued = this.#batches > this.#runner.concurrency;
    const hasPriority = this.#batches === 1 && !this.#waiting.some((call) => call.isWaiting);
    const started = performance.now();
    try {
      const output = await this.#run(parts, hasPriority);
      if (!isQueued) {
        const measured = (performance.now() - started) / tokensOf(parts);
        this.#millisecondsPerToken += weightOfNew * (measured - this.#millisecondsPerToken);
      }
      this.#batches--;
      // The worker first: the results are handed out while it computes.
      this.#start();
      handOut(parts, output);
    } catch (error) {
      this.#batches--;
      // One call's text is not another's fault: each call's part is tried by itself.
      if (parts.length === 1) parts[0]!.call.fail(error);
      else for (const part of parts) if (!part.call.isOver) void this.#compute([part]);
      this.#start();
    }
  }

  #run(parts: readonly BatchPart[], hasPriority: boolean): Promise<Tensor<"float32">> {
    const texts = parts.flatMap(({ call, indices }) => indices.map((index) => call.texts[index]!));
    const promptLengths = parts.flatMap(({ call, indices }) => indices.map(() => call.request.promptLength));
    return this.#runner.run(texts, promptLengths, hasPriority);
  }

  #setDue(call: ScheduledCall): void {
    call.due = performance.now() + Math.min(maxDelay, call.waitingTokens * this.#millisecondsPerToken);
  }
}

/** Tokens of a batch, padding included. */
function tokensOf(parts: readonly BatchPart[]): number {
  const lengths = parts.flatMap(({ call, indices }) => indices.map((index) => call.lengthOf(index)));
  return lengths.length * Math.max(1, ...lengths);
}

/** Gives each call its rows of the batch. */
function handOut(parts: readonly BatchPart[], { dtype, data, shape: [rows, ...rest] }: Tensor<"float32">): void {
  const width = data.length / rows!;
  let start = 0;
  for (const { call, indices } of parts) {
    const end = start + indices.length;
    const output = { dtype, data: data.subarray(start * width, end * width), shape: [indices.length, ...rest] };
    call.put({ indices, lengths: indices.map((index) => call.lengthOf(index)), output });
    start = end;
  }
}
