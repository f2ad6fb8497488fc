/** A cross-encoder with its queue: pairs are tokenized, queued, and scored. */
import type { CrossEncoder } from "../../cross-encoder/cross-encoder.ts";
import type { TextPair, TokenizedPair } from "../../cross-encoder/options.ts";
import { type QueueState, RequestQueue, type Sized } from "../queue/request-queue.ts";
import { type Limits, tokenizeAll, tooLong, type Work, workOf } from "./work.ts";

type SizedPair = TokenizedPair & Sized;

export class ScoringEngine {
  readonly model: CrossEncoder;
  /** Queue whose results are a pair's logits, `[numLabels]`. */
  readonly scores: RequestQueue<SizedPair, Float32Array>;
  readonly #limits: Limits;

  constructor(model: CrossEncoder, limits: Limits) {
    this.model = model;
    this.#limits = limits;
    this.scores = new RequestQueue({
      ...limits,
      run: async (pairs, options) => {
        const all = await model.predictTokenized(pairs, { ...options, activationFn: "identity" });
        return pairs.map((_, at) => all.subarray(at * model.numLabels, (at + 1) * model.numLabels));
      },
    });
  }

  get queues(): readonly QueueState[] {
    return [this.scores];
  }

  async score(pairs: readonly TextPair[], truncate: boolean, signal: AbortSignal): Promise<Work<Float32Array>> {
    const { model } = this;
    const { items, milliseconds } = await tokenizeAll(pairs, this.#limits.maxRequestTokens, signal, (pair, index) => {
      const tokens = model.tokenize(pair, { truncate });
      if (tokens.ids.length > model.maxLength) throw tooLong(index, tokens.ids.length, model.maxLength, truncate);
      return tokens;
    });
    return workOf(items, milliseconds, await this.scores.submit(items, signal));
  }

  async probe(signal: AbortSignal): Promise<void> {
    const pair = this.model.tokenize(["probe", "probe"]);
    await this.scores.submit([{ ...pair, tokens: pair.ids.length }], signal, true);
  }
}
