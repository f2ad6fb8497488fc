/** One path of texts through a model: its tokenizer, its limits, and its encoders, started on first use. */
import { promptLength } from "../tokenizer/prompt-length.ts";
import type { CompiledRoute } from "./compile-route.ts";
import type { Encoder } from "./encoder.ts";
import type { LoadedTokenizer } from "./load-tokenizer.ts";

export class Route {
  readonly tokenizer: LoadedTokenizer["tokenizer"];
  readonly limits: LoadedTokenizer["limits"];
  readonly spellings: LoadedTokenizer["spellings"];
  /** Dimension of a sentence embedding, before truncation. */
  readonly dimension: number;
  /** Number of ids that have an embedding: 0 to this, exclusive. */
  readonly vocabularySize: number;
  readonly encoder: Lazy;
  /** The encoder of a second graph, which ends in token embeddings; few callers need it. */
  readonly tokenEncoder: Lazy;
  readonly #hasPromptMask: boolean;

  constructor(
    { tokenizer, limits, spellings }: LoadedTokenizer,
    { dimension, inputs, vocabularySize }: Pick<CompiledRoute, "dimension" | "inputs"> & { vocabularySize: number },
    start: { encoder: () => Promise<Encoder>; tokenEncoder: () => Promise<Encoder> },
  ) {
    this.tokenizer = tokenizer;
    this.limits = limits;
    this.spellings = spellings;
    this.dimension = dimension;
    this.vocabularySize = vocabularySize;
    this.encoder = new Lazy(start.encoder);
    this.tokenEncoder = new Lazy(start.tokenEncoder);
    this.#hasPromptMask = inputs.includes("prompt_mask");
  }

  /** Number of tokens of a prompt that are not pooled. */
  promptLength(prompt: string): number {
    return prompt !== "" && this.#hasPromptMask ? promptLength(this.tokenizer, prompt, this.limits.sentence) : 0;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.encoder.dispose(), this.tokenEncoder.dispose()]);
  }
}

/** A value that is started once for all calls; after a failure the next call tries again. */
class Lazy {
  readonly #start: () => Promise<Encoder>;
  #encoder: Promise<Encoder> | undefined;

  constructor(start: () => Promise<Encoder>) {
    this.#start = start;
  }

  get(): Promise<Encoder> {
    this.#encoder ??= this.#start().catch((error) => {
      this.#encoder = undefined;
      throw error;
    });
    return this.#encoder;
  }

  async dispose(): Promise<void> {
    const encoder = await this.#encoder?.catch(() => undefined);
    await encoder?.dispose();
  }
}
