/** A model that embeds texts with its queues: inputs are tokenized, queued, and embedded. */
import type { EncodeTokenizedOptions, TokenizeOptions } from "../../encode/options.ts";
import type { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import type { TokenizedText } from "../../encode/tokenized-text.ts";
import type { SparseEncoder, SparseVector } from "../../sparse-encoder/index.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import { Failure } from "../failure.ts";
import { type QueueState, RequestQueue, type Sized } from "../queue/request-queue.ts";
import { requireOwnIds } from "./token-ids.ts";
import { type Limits, tokenizeAll, tooLong, type Work, workOf } from "./work.ts";

/** A text, or token ids of the model's own tokenizer. */
export type TextInput = string | Int32Array;

export interface TokenizeRequest extends Pick<TokenizeOptions, "promptName" | "task" | "truncationSide"> {
  /** Whether to truncate a text that is too long, rather than refuse it. */
  readonly truncate: boolean;
}

/** Maximum elements of the token embeddings in one answer: 64 MB. */
const maxTokenElements = 16_000_000;

type SizedText = TokenizedText & Sized;

type Run<Row> = (
  texts: readonly TokenizedText[],
  options: Pick<EncodeTokenizedOptions, "signal" | "onStart">,
) => Promise<Iterable<Row>>;

/** An engine whose results are an embedding of each text. @typeParam Row the embedding of a text */
class TextEngine<Model extends SentenceTransformer | SparseEncoder, Row> {
  readonly model: Model;
  readonly sentences: RequestQueue<SizedText, Row>;
  protected readonly limits: Limits;

  constructor(model: Model, limits: Limits, run: Run<Row>) {
    this.model = model;
    this.limits = limits;
    this.sentences = new RequestQueue({ ...limits, run: async (texts, options) => [...(await run(texts, options))] });
  }

  get queues(): readonly QueueState[] {
    return [this.sentences];
  }

  async embed(inputs: readonly TextInput[], request: TokenizeRequest, signal: AbortSignal): Promise<Work<Row>> {
    const { items, milliseconds } = await this.tokenize(inputs, request, signal);
    return workOf(items, milliseconds, await this.sentences.submit(items, signal));
  }

  /** Embeds a short text even where the queue is full. */
  async probe(signal: AbortSignal): Promise<void> {
    const text = this.model.tokenize("probe");
    await this.sentences.submit([{ ...text, tokens: text.ids.length }], signal, true);
  }

  /** @throws Failure `invalid`, `too_long`, `too_many` */
  async tokenize(inputs: readonly TextInput[], request: TokenizeRequest, signal: AbortSignal) {
    const { model } = this;
    const { truncate, ...options } = request;
    const limit = limitOf(model, request.task);
    const given = { ...options, truncate };
    return await tokenizeAll(inputs, this.limits.maxRequestTokens, signal, (input, index) => {
      const text =
        typeof input === "string" ? model.tokenize(input, given) : requireOwnIds(model, input, index, request.task);
      if (text.ids.length > limit) throw tooLong(index, text.ids.length, limit, truncate);
      return text;
    });
  }
}

export class SparseEngine extends TextEngine<SparseEncoder, SparseVector> {
  constructor(model: SparseEncoder, limits: Limits) {
    super(model, limits, (texts, options) => model.encodeTokenized(texts, options));
  }
}

export class EmbeddingEngine extends TextEngine<SentenceTransformer, Float32Array> {
  readonly matrices: RequestQueue<SizedText, Embeddings>;
  #spellings: Promise<ReadonlyMap<number, string>> | undefined;

  constructor(model: SentenceTransformer, limits: Limits) {
    super(model, limits, (texts, options) => model.encodeTokenized(texts, options));
    this.matrices = new RequestQueue({
      ...limits,
      run: (texts, options) => model.encodeTokenized(texts, { ...options, outputValue: "token_embeddings" }),
    });
  }

  override get queues(): readonly QueueState[] {
    return [this.sentences, this.matrices];
  }

  async embedTokens(
    inputs: readonly TextInput[],
    request: TokenizeRequest,
    signal: AbortSignal,
  ): Promise<Work<Embeddings>> {
    const { items, milliseconds } = await this.tokenize(inputs, request, signal);
    const elements = this.model.dimension * items.reduce((sum, { tokens }) => sum + tokens, 0);
    if (elements > maxTokenElements) {
      throw new Failure("too_many", `the answer should have at most ${maxTokenElements} numbers, got ${elements}`);
    }
    return workOf(items, milliseconds, await this.matrices.submit(items, signal));
  }

  /** The spelling of each id in the vocabulary, read when it is first asked for. */
  spellings(): Promise<ReadonlyMap<number, string>> {
    this.#spellings ??= this.model.tokenSpellings().catch((error) => {
      this.#spellings = undefined;
      throw error;
    });
    return this.#spellings;
  }

  /** Tokenizes texts without checking them against the model's maximum length. */
  async tokenizeWhole(inputs: readonly string[], request: TokenizeRequest, signal: AbortSignal) {
    return await tokenizeAll(inputs, this.limits.maxRequestTokens, signal, (text) =>
      this.model.tokenize(text, request),
    );
  }
}

/** Maximum tokens of a text. */
function limitOf(model: SentenceTransformer | SparseEncoder, task: string | undefined): number {
  if (task === "query") return model.maxQueryLength;
  return task === "document" ? model.maxDocumentLength : model.maxSeqLength;
}
