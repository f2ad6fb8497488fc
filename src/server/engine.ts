/** A model with its queue: inputs of a request become tokens, wait for their batch, and come back as vectors or scores. */
import type { CrossEncoder } from "../cross-encoder/cross-encoder.ts";
import type { TextPair, TokenizedPair } from "../cross-encoder/options.ts";
import { nextTurn, turnMilliseconds } from "../encode/next-turn.ts";
import type { TokenizeOptions } from "../encode/options.ts";
import type { SentenceTransformer } from "../encode/sentence-transformer.ts";
import type { TokenizedText } from "../encode/tokenized.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { Failure } from "./failure.ts";
import type { Metrics } from "./observe/metrics.ts";
import type { CheckedServerOptions } from "./options.ts";
import { Batcher, type Sized } from "./queue/batcher.ts";
import { requireOwnIds } from "./token-ids.ts";

/** A text, or ids of the model's own tokenizer. */
export type TextInput = string | Int32Array;

export interface Work<Result> {
  readonly results: readonly Result[];
  /** Of each input, as they were computed. */
  readonly tokens: readonly number[];
  readonly tokenizeMilliseconds: number;
  readonly queueMilliseconds: number;
  readonly computeMilliseconds: number;
}

export interface TokenizeRequest extends Pick<TokenizeOptions, "promptName" | "task" | "truncationSide"> {
  /** Whether a text that is too long is cut, or an error. */
  readonly truncate: boolean;
}

type Limits = Pick<CheckedServerOptions, "maxRequestTokens" | "maxBatchTokens" | "maxQueuedTokens">;

/** Numbers of token embeddings in one answer: 64 MB. */
const mostTokenNumbers = 16_000_000;

type SizedText = TokenizedText & Sized;
type SizedPair = TokenizedPair & Sized;

export class EmbeddingEngine {
  readonly model: SentenceTransformer;
  readonly sentences: Batcher<SizedText, Float32Array>;
  readonly matrices: Batcher<SizedText, Embeddings>;
  readonly #limits: Limits;

  constructor(model: SentenceTransformer, limits: Limits, metrics: Metrics) {
    this.model = model;
    this.#limits = limits;
    const common = { ...limits, onBatch: batchMetrics(metrics) };
    this.sentences = new Batcher({
      ...common,
      run: async (texts, signal) => [...(await model.encodeTokenized(texts, { signal }))],
    });
    this.matrices = new Batcher({
      ...common,
      run: (texts, signal) => model.encodeTokenized(texts, { signal, outputValue: "token_embeddings" }),
    });
  }

  get batchers(): readonly Batcher<never, unknown>[] {
    return [this.sentences, this.matrices] as unknown as Batcher<never, unknown>[];
  }

  async embed(
    inputs: readonly TextInput[],
    request: TokenizeRequest,
    signal: AbortSignal,
  ): Promise<Work<Float32Array>> {
    const { items, milliseconds } = await this.tokenize(inputs, request, signal);
    return workOf(items, milliseconds, await this.sentences.submit(items, signal));
  }

  async embedTokens(
    inputs: readonly TextInput[],
    request: TokenizeRequest,
    signal: AbortSignal,
  ): Promise<Work<Embeddings>> {
    const { items, milliseconds } = await this.tokenize(inputs, request, signal);
    const numbers = this.model.dimension * items.reduce((sum, { tokens }) => sum + tokens, 0);
    if (numbers > mostTokenNumbers) {
      throw new Failure("too_many", `the answer would have ${numbers} numbers, and ${mostTokenNumbers} are the most`);
    }
    return workOf(items, milliseconds, await this.matrices.submit(items, signal));
  }

  /** One short text, before all that waits. */
  async probe(signal: AbortSignal): Promise<void> {
    const text = this.model.tokenize("probe");
    await this.sentences.submit([{ ...text, tokens: text.ids.length }], signal, true);
  }

  /** All tokens of the texts, however many. */
  async tokenizeWhole(inputs: readonly string[], request: TokenizeRequest, signal: AbortSignal) {
    return await inTurns(inputs, this.#limits.maxRequestTokens, signal, (text) => this.model.tokenize(text, request));
  }

  /** @throws Failure `invalid`, `too_long`, `too_many` */
  async tokenize(inputs: readonly TextInput[], request: TokenizeRequest, signal: AbortSignal) {
    const { model } = this;
    const { truncate, ...options } = request;
    const limit = limitOf(model, request.task);
    const given = { ...options, truncate };
    return await inTurns(inputs, this.#limits.maxRequestTokens, signal, (input, index) => {
      const text =
        typeof input === "string" ? model.tokenize(input, given) : requireOwnIds(model, input, index, request.task);
      if (text.ids.length > limit) throw tooLong(index, text.ids.length, limit, truncate);
      return text;
    });
  }
}

export class ScoringEngine {
  readonly model: CrossEncoder;
  /** Scores of all labels, as the network gives them. */
  readonly scores: Batcher<SizedPair, Float32Array>;
  readonly #limits: Limits;

  constructor(model: CrossEncoder, limits: Limits, metrics: Metrics) {
    this.model = model;
    this.#limits = limits;
    this.scores = new Batcher({
      ...limits,
      onBatch: batchMetrics(metrics),
      run: async (pairs, signal) => {
        const all = await model.predictTokenized(pairs, { signal, activationFn: "identity" });
        return pairs.map((_, at) => all.subarray(at * model.numLabels, (at + 1) * model.numLabels));
      },
    });
  }

  get batchers(): readonly Batcher<never, unknown>[] {
    return [this.scores] as unknown as Batcher<never, unknown>[];
  }

  async score(pairs: readonly TextPair[], truncate: boolean, signal: AbortSignal): Promise<Work<Float32Array>> {
    const { model } = this;
    const { items, milliseconds } = await inTurns(pairs, this.#limits.maxRequestTokens, signal, (pair, index) => {
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

export type Engine = EmbeddingEngine | ScoringEngine;

/** The most tokens of a text. */
export function limitOf(model: SentenceTransformer, task: string | undefined): number {
  if (task === "query") return model.maxQueryLength;
  return task === "document" ? model.maxDocumentLength : model.maxSeqLength;
}

function tooLong(index: number, tokens: number, limit: number, truncate: boolean): Failure {
  const advice = truncate ? "" : "; without truncate: false it is cut";
  return new Failure(
    "too_long",
    `\`inputs\` must have less than ${limit + 1} tokens. Given: ${tokens} (input ${index}${advice})`,
  );
}

/** Other requests get their turn while many texts become tokens. */
async function inTurns<Input, Tokens extends { readonly ids: Int32Array }>(
  inputs: readonly Input[],
  most: number,
  signal: AbortSignal,
  tokenize: (input: Input, index: number) => Tokens,
): Promise<{ items: (Tokens & Sized)[]; milliseconds: number }> {
  const started = performance.now();
  let turnEnds = started + turnMilliseconds;
  let total = 0;
  const items: (Tokens & Sized)[] = [];
  for (const [index, input] of inputs.entries()) {
    const tokens = tokenize(input, index);
    total += tokens.ids.length;
    if (total > most) {
      throw new Failure("too_many", `the inputs have more than ${most} tokens together: send fewer at a time`);
    }
    items.push({ ...tokens, tokens: tokens.ids.length });
    if (performance.now() < turnEnds) continue;
    await nextTurn();
    signal.throwIfAborted();
    turnEnds = performance.now() + turnMilliseconds;
  }
  return { items, milliseconds: performance.now() - started };
}

function workOf<Result>(
  items: readonly Sized[],
  tokenizeMilliseconds: number,
  { results, queueMilliseconds, computeMilliseconds }: Awaited<ReturnType<Batcher<Sized, Result>["submit"]>>,
): Work<Result> {
  const tokens = items.map((item) => item.tokens);
  return { results, tokens, tokenizeMilliseconds, queueMilliseconds, computeMilliseconds };
}

function batchMetrics(metrics: Metrics) {
  return ({ items, tokens }: { items: number; tokens: number }): void => {
    metrics.observe("te_batch_next_size", items);
    metrics.observe("te_batch_next_tokens", tokens);
  };
}
