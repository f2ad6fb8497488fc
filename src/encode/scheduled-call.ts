/** A call of `encode` while it waits for the session: its texts that are in no batch yet, longest first. */
import type { TokenIds } from "./batch-inputs.ts";
import type { EncodedBatch } from "./encoded-rows.ts";

export interface CallRequest {
  /** Tokens at the start of each text that are not pooled. */
  readonly promptLength: number;
  readonly signal: AbortSignal | undefined;
  /**
   * Shared by the calls that encode parts of one whole, such as the windows of a stream: they need not hurry for each
   * other.
   */
  readonly whole?: object | undefined;
  /** Whether batches are made of this call alone and of one size, so that they depend on its texts only. */
  readonly fixedBatches?: boolean | undefined;
  /** Called when the first text is put into a batch. */
  readonly onStart?: (() => void) | undefined;
  /** Receives each batch's embeddings as they come, in no particular order. */
  readonly onBatch: (batch: EncodedBatch) => void;
}

/** Texts of one call inside a batch. */
export interface BatchPart {
  readonly call: ScheduledCall;
  /** Positions of the texts in the call. */
  readonly indices: readonly number[];
}

export class ScheduledCall {
  readonly texts: readonly TokenIds[];
  readonly request: CallRequest;
  /** Resolves when every text was handed out; rejects with the first error, or with the signal's reason. */
  readonly done: Promise<void>;
  /**
   * The deadline of its next batch, by `performance.now()`: of the waiting calls, the one that is due first goes first.
   */
  due = 0;
  /** Tokens of the texts that are in no batch yet. */
  waitingTokens: number;
  readonly #order: readonly number[];
  #taken = 0;
  #handedOut = 0;
  #isOver = false;
  #resolve!: () => void;
  #reject!: (reason: unknown) => void;

  constructor(texts: readonly TokenIds[], request: CallRequest) {
    this.texts = texts;
    this.request = request;
    this.waitingTokens = texts.reduce((sum, { ids }) => sum + ids.length, 0);
    this.#order = texts.map((_, index) => index).sort((a, b) => this.lengthOf(b) - this.lengthOf(a));
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isWaiting(): boolean {
    return !this.#isOver && this.#taken < this.#order.length;
  }

  /** Tokens of the longest text that waits; 0 for a text without tokens. */
  get nextLength(): number {
    return this.lengthOf(this.#order[this.#taken]!);
  }

  lengthOf(index: number): number {
    return this.texts[index]!.ids.length;
  }

  /** The next texts for a batch: at most `count`, none shorter than `shortest` tokens. */
  take(count: number, shortest: number): BatchPart {
    if (this.#taken === 0) {
      try {
        this.request.onStart?.();
      } catch (error) {
        this.fail(error);
      }
    }
    const indices: number[] = [];
    while (indices.length < count && this.isWaiting && this.nextLength >= shortest) {
      this.waitingTokens -= this.nextLength;
      indices.push(this.#order[this.#taken++]!);
    }
    return { call: this, indices };
  }

  /** Hands the embeddings of some texts out. What `onBatch` throws ends the call. */
  put(batch: EncodedBatch): void {
    if (this.#isOver) return;
    try {
      this.request.onBatch(batch);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#handedOut += batch.indices.length;
    if (this.#handedOut < this.texts.length) return;
    this.#isOver = true;
    this.#resolve();
  }

  /** Ends the call: no further text of it is computed. */
  fail(reason: unknown): void {
    this.#isOver = true;
    this.#reject(reason);
  }
}
