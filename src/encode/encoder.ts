/**
 * Runs texts through tokenizer, batches and session, and passes on the result of each batch as it comes. Names of
 * prompts, truncation of embeddings and quantization are not its concern.
 */

import { shortMilliseconds, Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import type { Arithmetic } from "../graph/lower-inference.ts";
import type { NamedTensors, Session } from "../runtime/session.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { batchInputs, type TokenIds, typeInput } from "./batch-inputs.ts";
import { batchTokens } from "./batch-tokens.ts";
import type { EncodedBatch } from "./encoded-rows.ts";
import type { CallRequest } from "./scheduled-call.ts";
import { Scheduler } from "./scheduler.ts";

/** Texts tokenized at once: enough that sorting them by length leaves next to no padding. */
const windowSize = 16_384;

export interface EncodeRequest extends CallRequest {
  readonly prompt: string;
  /** Maximum tokens of a text with its prompt. */
  readonly maxLength: number;
}

/** The tokenizer of an item: a text or a pair of texts. */
export interface ItemTokenizer<Item> {
  /** The padding id. */
  readonly padId: number;
  /** Tokenizes prompt and item to at most `maxLength` ids; `typeIds` for pairs. */
  encode(item: Item, prompt: string, maxLength: number): TokenIds;
}

/** An item tokenizer for single texts. */
export function textTokenizer(tokenizer: Tokenizer): ItemTokenizer<string> {
  return {
    padId: tokenizer.padId,
    encode: (text, prompt, maxLength) => ({ ids: tokenizer.encode(prompt + text, maxLength) }),
  };
}

export interface EncoderOptions {
  /** The inputs of the graph; unused ones are not among them. */
  readonly inputs: readonly string[];
  /** Whether a text without tokens has an embedding. */
  readonly allowsEmpty: boolean;
  readonly arithmetic: Arithmetic;
}

/** @typeParam Item what is encoded: a text, or a pair of texts */
export class Encoder<Item = string> {
  readonly #tokenizer: ItemTokenizer<Item>;
  readonly #session: Session;
  readonly #scheduler: Scheduler;
  readonly #inputs: readonly string[];
  readonly #allowsEmpty: boolean;

  constructor(tokenizer: ItemTokenizer<Item>, session: Session, { inputs, allowsEmpty, arithmetic }: EncoderOptions) {
    this.#tokenizer = tokenizer;
    this.#session = session;
    this.#inputs = inputs;
    this.#allowsEmpty = allowsEmpty;
    this.#scheduler = new Scheduler({
      concurrency: session.concurrency,
      maxTokens: batchTokens[arithmetic],
      isAtOnce: (tokens) => session.isAtOnce?.(tokens) ?? false,
      run: (...batch) => this.#run(...batch),
    });
  }

  /**
   * Encodes texts. Each is in exactly one batch; batches come in no particular order.
   *
   * @throws HpdError `invalid_argument` for a text without tokens, `invalid_model` where the model computes a number
   *   that is not finite
   */
  async encode(texts: readonly Item[], request: EncodeRequest): Promise<void> {
    for (let start = 0; start < texts.length; start += windowSize) {
      const tokens = await this.#tokenize(texts.slice(start, start + windowSize), start, request);
      await this.#encodeWindow(tokens, start, request);
    }
  }

  /** Encodes texts that are tokens already. @throws HpdError as `encode` */
  async encodeTokens(all: readonly TokenIds[], request: CallRequest): Promise<void> {
    const empty = this.#allowsEmpty ? -1 : all.findIndex(({ ids }) => ids.length === 0);
    if (empty >= 0) throw withoutTokens(empty);
    for (let start = 0; start < all.length; start += windowSize) {
      const onStart = start === 0 ? request.onStart : undefined;
      await this.#encodeWindow(all.slice(start, start + windowSize), start, { ...request, onStart });
    }
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  #encodeWindow(tokens: readonly TokenIds[], start: number, request: CallRequest): Promise<void> {
    return this.#scheduler.encode(tokens, {
      ...request,
      onBatch: (batch) => {
        const encoded = { ...batch, indices: batch.indices.map((index) => start + index) };
        requireFinite(encoded);
        request.onBatch(encoded);
      },
    });
  }

  async #tokenize(
    texts: readonly Item[],
    start: number,
    { prompt, maxLength, signal }: EncodeRequest,
  ): Promise<TokenIds[]> {
    const all: TokenIds[] = [];
    const yielder = new Yielder(signal, shortMilliseconds);
    for (const text of texts) {
      const tokens = this.#tokenizer.encode(text, prompt, maxLength);
      if (tokens.ids.length === 0 && !this.#allowsEmpty) throw withoutTokens(start + all.length);
      all.push(tokens);
      if (yielder.isDue) await yielder.yield();
    }
    return all;
  }

  async #run(
    texts: readonly TokenIds[],
    promptLengths: readonly number[],
    hasPriority: boolean,
  ): Promise<Tensor<"float32">> {
    const ids = texts.map((text) => text.ids);
    const inputs: NamedTensors = {
      ...batchInputs(ids, this.#tokenizer.padId, promptLengths),
      ...(this.#inputs.includes("token_type_ids") && { token_type_ids: typeInput(texts) }),
    };
    const used = Object.fromEntries(this.#inputs.map((name) => [name, inputs[name]!]));
    const tokens = hasPriority && texts.length === 1 ? ids[0]!.length : undefined;
    const [output] = Object.values(await this.#session.run(used, tokens));
    return output as Tensor<"float32">;
  }
}

/**
 * The error for a text without tokens. In Python it fails too if it is alone; beside others it gets a vector of
 * padding.
 */
function withoutTokens(index: number): HpdError {
  return new HpdError(
    "invalid_argument",
    `text ${index} has no tokens: the model's tokenizer puts no special tokens around a text, so an empty one, or one ` +
      "of which it leaves nothing, has no embedding: leave it out",
  );
}

/** Rejects NaN and infinity: such a vector would be dissimilar to everything, or quantized to an ordinary one. */
function requireFinite({ indices, lengths, output: { data } }: EncodedBatch): void {
  for (let at = 0; at < data.length; at++) {
    if (Number.isFinite(data[at])) continue;
    const row = Math.floor((at * indices.length) / data.length);
    const index = indices[row]!;
    // The maximum over no tokens.
    if (lengths[row] === 0) throw withoutTokens(index);
    throw new HpdError(
      "invalid_model",
      `the model gives a number that is not finite for text ${index}: its weights hold NaN or infinity, or numbers too ` +
        "large for float32",
    );
  }
}
