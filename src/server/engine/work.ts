/** The work on a request's inputs, whatever the model: tokenization, limits, timings. */
import { shortMilliseconds, Yielder } from "../../common/yielder.ts";
import { Failure } from "../failure.ts";
import type { CheckedServerOptions } from "../options.ts";
import type { Computed, Sized } from "../queue/request-queue.ts";

export interface Work<Result> {
  readonly results: readonly Result[];
  /** Token count of each input as it was computed. */
  readonly tokens: readonly number[];
  readonly tokenizeMilliseconds: number;
  readonly queueMilliseconds: number;
  readonly computeMilliseconds: number;
}

export function totalTokens({ tokens }: Pick<Work<unknown>, "tokens">): number {
  return tokens.reduce((sum, count) => sum + count, 0);
}

export type Limits = Pick<CheckedServerOptions, "maxRequestTokens" | "maxQueuedTokens">;

export function tooLong(index: number, tokens: number, limit: number, truncate: boolean): Failure {
  const advice = truncate ? "" : "; with truncate it is cut";
  return new Failure(
    "too_long",
    `\`inputs\` must have less than ${limit + 1} tokens. Given: ${tokens} (input ${index}${advice})`,
  );
}

/**
 * Tokenizes all inputs and yields to the event loop in between, so that other requests aren't held up.
 *
 * @throws Failure `too_many` for more than `most` tokens in all
 */
export async function tokenizeAll<Input, Tokens extends { readonly ids: Int32Array }>(
  inputs: readonly Input[],
  most: number,
  signal: AbortSignal,
  tokenize: (input: Input, index: number) => Tokens,
): Promise<{ items: (Tokens & Sized)[]; milliseconds: number }> {
  const started = performance.now();
  const yielder = new Yielder(signal, shortMilliseconds);
  let total = 0;
  const items: (Tokens & Sized)[] = [];
  for (const [index, input] of inputs.entries()) {
    const tokens = tokenize(input, index);
    total += tokens.ids.length;
    if (total > most) {
      throw new Failure("too_many", `the inputs should have at most ${most} tokens in all: send fewer at a time`);
    }
    items.push({ ...tokens, tokens: tokens.ids.length });
    if (yielder.isDue) await yielder.yield();
  }
  return { items, milliseconds: performance.now() - started };
}

export function workOf<Result>(
  items: readonly Sized[],
  tokenizeMilliseconds: number,
  { results, queueMilliseconds, computeMilliseconds }: Computed<Result>,
): Work<Result> {
  const tokens = items.map((item) => item.tokens);
  return { results, tokens, tokenizeMilliseconds, queueMilliseconds, computeMilliseconds };
}
