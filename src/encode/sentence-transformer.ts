/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A loaded model: texts in, embeddings out, as `sentence_transformers.SentenceTransformer` gives them.
 */

import { defaultModel } from "#hub";
import { requireOptionalOneOf } from "../common/arguments.ts";
import { checkedOptions } from "../common/options.ts";
import { requireLoaded } from "../common/require-loaded.ts";
import type { EmbeddingsLike } from "../similarity/as-embeddings.ts";
import type { EmbeddingPrecision, EmbeddingsOf, QuantizationArray } from "../similarity/quantized-embeddings.ts";
import { type SimilarityFunction, similarity, similarityPairwise } from "../similarity/similarity.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import type { Matrix } from "../tensor/matrix.ts";
import { requireNoRange, requireTexts } from "./check-arguments.ts";
import type { ModelDescription } from "./description.ts";
import type { LoadedModel } from "./load-model.ts";
import { ModelEncoder, textKind } from "./model-encoder.ts";
import {
  type EncodeOptions,
  type EncodeStreamOptions,
  type EncodeTokenizedOptions,
  type EncodeTokensOptions,
  encodeHints,
  encodeOptions,
  encodeStreamOptions,
  encodeTokenizedOptions,
  type LoadOptions,
  loadHints,
  loadOptions,
  type TokenizeOptions,
  tokenizeOptions,
} from "./options.ts";
import { resolvePrompt, withTask } from "./prompts.ts";
import { streamWindows } from "./stream-windows.ts";
import { tokenizeText } from "./tokenized.ts";
import type { TokenizedText } from "./tokenized-text.ts";

/** A model that turns texts into embeddings: a sentence-transformers folder or hub id, loaded. */
export class SentenceTransformer implements AsyncDisposable {
  readonly #encoder: ModelEncoder;

  private constructor(model: LoadedModel) {
    requireLoaded("SentenceTransformer", model);
    this.#encoder = new ModelEncoder(model);
  }

  /**
   * @param idOrPath a model folder, or a model's id on the Hugging Face hub; default: `defaultModel()`
   * @throws HpdError `invalid_argument`, `not_found`, `unauthorized`, `network`, `corrupt_file`, `invalid_model`,
   *   `unsupported`, `runtime`
   */
  static async load(idOrPath: string = defaultModel(), options: LoadOptions = {}): Promise<SentenceTransformer> {
    const checked = checkedOptions("load", options, loadOptions, loadHints);
    // Most of the code reads models: who imports this to compare embeddings needs none of it.
    const { loadModel } = await import("./load-model.ts");
    return new SentenceTransformer(await loadModel(idOrPath, checked));
  }

  /** Dimension of a sentence embedding, after the model's own truncation. */
  get dimension(): number {
    return this.#encoder.dimension(this.#model.mainRoute, undefined);
  }

  /** Maximum tokens of a text, special tokens included; longer ones are truncated. */
  get maxSeqLength(): number {
    return this.#model.mainRoute.limits.sentence;
  }

  /** The `maxSeqLength` for the texts of `encodeQuery`: a model may truncate queries earlier. */
  get maxQueryLength(): number {
    return this.#encoder.limitOf("query");
  }

  /** The `maxSeqLength` for the texts of `encodeDocument`: a model may truncate documents earlier. */
  get maxDocumentLength(): number {
    return this.#encoder.limitOf("document");
  }

  /** The text of each prompt by its name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#model.prompts.texts;
  }

  get defaultPromptName(): string | undefined {
    return this.#model.prompts.defaultName;
  }

  /** The names of the routes of a model with a Router, one of which `task` chooses; empty without a Router. */
  get routes(): readonly string[] {
    return this.#model.description.routes;
  }

  /** The function that `similarity` computes: the model's own choice, or cosine. */
  get similarityFunction(): SimilarityFunction {
    return this.#model.similarityFunction;
  }

  /**
   * Encodes texts: one gives one vector, several give `Embeddings` in the order of the texts. An empty text has an
   * embedding too: that of its special tokens. No texts give no embeddings.
   *
   * @returns `[dimension]`, or `[count, dimension]`; with `token_embeddings` a `[tokens, hidden]` matrix for each text
   * @throws HpdError `invalid_argument`, `runtime`, `disposed`; the signal's reason when it aborts
   */
  async encode<P extends EmbeddingPrecision = "float32">(
    sentence: string,
    options?: EncodeOptions<P>,
  ): Promise<QuantizationArray[P]>;
  async encode<P extends EmbeddingPrecision = "float32">(
    sentences: readonly string[],
    options?: EncodeOptions<P>,
  ): Promise<EmbeddingsOf<P>>;
  async encode<P extends EmbeddingPrecision = "float32">(
    sentences: string | readonly string[],
    options?: EncodeOptions<P>,
  ): Promise<QuantizationArray[P] | EmbeddingsOf<P>>;
  async encode(sentence: string, options: EncodeTokensOptions): Promise<Embeddings>;
  async encode(sentences: readonly string[], options: EncodeTokensOptions): Promise<Embeddings[]>;
  async encode(sentences: string | readonly string[], given: EncodeOptions | EncodeTokensOptions = {}) {
    const options = checkedOptions<EncodeOptions | EncodeTokensOptions>("encode", given, encodeOptions, encodeHints);
    const list = typeof sentences === "string" ? [sentences] : sentences;
    requireTexts(list);
    // The caller's array may change while this runs.
    const texts = [...list];
    requireOptionalOneOf("outputValue", options.outputValue, ["sentence_embedding", "token_embeddings"]);
    if (options.outputValue === "token_embeddings") {
      const matrices = await this.#encoder.encodeTokens(texts, options);
      return typeof sentences === "string" ? matrices[0]! : matrices;
    }
    const embeddings = await this.#encoder.encodeSentences(texts, options);
    return typeof sentences === "string" ? embeddings.row(0) : embeddings;
  }

  /**
   * Encodes with the task `query` and, unless the options name a prompt, the model's prompt `query`, which may be
   * empty. The default prompt is not used.
   */
  encodeQuery<P extends EmbeddingPrecision = "float32">(
    query: string,
    options?: EncodeOptions<P>,
  ): Promise<QuantizationArray[P]>;
  encodeQuery<P extends EmbeddingPrecision = "float32">(
    queries: readonly string[],
    options?: EncodeOptions<P>,
  ): Promise<EmbeddingsOf<P>>;
  encodeQuery<P extends EmbeddingPrecision = "float32">(
    queries: string | readonly string[],
    options?: EncodeOptions<P>,
  ): Promise<QuantizationArray[P] | EmbeddingsOf<P>>;
  async encodeQuery(queries: string | readonly string[], options: EncodeOptions = {}): Promise<unknown> {
    const given = checkedOptions("encodeQuery", options, encodeOptions, encodeHints);
    return this.encode(queries, withTask("query", given));
  }

  /**
   * Encodes with the task `document` and, unless the options name a prompt, the model's prompt `document`, which may be
   * empty. The default prompt is not used.
   */
  encodeDocument<P extends EmbeddingPrecision = "float32">(
    document: string,
    options?: EncodeOptions<P>,
  ): Promise<QuantizationArray[P]>;
  encodeDocument<P extends EmbeddingPrecision = "float32">(
    documents: readonly string[],
    options?: EncodeOptions<P>,
  ): Promise<EmbeddingsOf<P>>;
  encodeDocument<P extends EmbeddingPrecision = "float32">(
    documents: string | readonly string[],
    options?: EncodeOptions<P>,
  ): Promise<QuantizationArray[P] | EmbeddingsOf<P>>;
  async encodeDocument(documents: string | readonly string[], options: EncodeOptions = {}): Promise<unknown> {
    const given = checkedOptions("encodeDocument", options, encodeOptions, encodeHints);
    return this.encode(documents, withTask("document", given));
  }

  /**
   * Embeddings one after the other, for text that doesn't fit in memory: a few thousand texts are read ahead, and no
   * more until their embeddings are consumed. If texts arrive slowly, none waits for others. `int8` and `uint8` need
   * the range of all the data and are refused: encode to float32, then `quantizeEmbeddings` with the `ranges` of a
   * sample.
   */
  async *encodeStream<P extends Exclude<EmbeddingPrecision, "int8" | "uint8"> = "float32">(
    sentences: AsyncIterable<string> | Iterable<string>,
    given: EncodeStreamOptions<P> = {},
  ): AsyncGenerator<QuantizationArray[P], void, undefined> {
    const options = checkedOptions<EncodeStreamOptions>("encodeStream", given, encodeStreamOptions, encodeHints);
    requireNoRange(options.precision);
    requireOptionalOneOf("outputValue", options.outputValue, ["sentence_embedding"]);
    let done = 0;
    const whole = {};
    const work = (texts: string[], signal: AbortSignal) =>
      this.#encoder.encodeSentences(texts, { ...options, onProgress: undefined, signal, whole });
    for await (const embeddings of streamWindows(sentences, work, options)) {
      yield* embeddings as Embeddings<QuantizationArray[P]>;
      done += embeddings.count;
      options.onProgress?.({ stage: "encode", done, total: done });
    }
  }

  /** Similarity of every embedding of `a` to every one of `b`, with this model's similarity function. */
  similarity(a: EmbeddingsLike, b: EmbeddingsLike): Matrix {
    return similarity(a, b, this.similarityFunction);
  }

  /** Similarity of each embedding of `a` to the one of `b` at the same index. */
  similarityPairwise(a: EmbeddingsLike, b: EmbeddingsLike): Float32Array {
    return similarityPairwise(a, b, this.similarityFunction);
  }

  /**
   * The number of tokens that `encode` uses for a text, those of the prompt and the special ones included: at most
   * `maxSeqLength` (`maxQueryLength`, `maxDocumentLength` for a task). It costs one call of the tokenizer, little
   * beside encoding.
   *
   * @throws HpdError `invalid_argument`
   */
  countTokens(text: string, options: Pick<EncodeOptions, "prompt" | "promptName" | "task"> = {}): number {
    checkedOptions("countTokens", options, { prompt: "string", promptName: "string", task: "string" });
    requireTexts([text]);
    const route = this.#encoder.route(options.task);
    const prompt = resolvePrompt(this.#model.prompts, options.prompt, options.promptName);
    return route.tokenizer.encode(prompt + text, route.limits[textKind(options.task)]).length;
  }

  /**
   * The tokens that `encode` makes of a text, for `encodeTokenized`: to count and encode with one tokenization, or to
   * put texts of several callers into one batch.
   *
   * @throws HpdError `invalid_argument`
   */
  tokenize(text: string, given: TokenizeOptions = {}): TokenizedText {
    const options = checkedOptions("tokenize", given, tokenizeOptions);
    requireTexts([text]);
    requireOptionalOneOf("truncationSide", options.truncationSide, ["left", "right"]);
    const route = this.#encoder.route(options.task);
    const prompt = resolvePrompt(this.#model.prompts, options.prompt, options.promptName);
    return tokenizeText(route, text, { ...options, prompt, limit: route.limits[textKind(options.task)] });
  }

  /** The spelling of each id in the vocabulary, such as `##ing`. Read from the model's files by every call. */
  tokenSpellings(): Promise<ReadonlyMap<number, string>> {
    return this.#model.mainRoute.spellings();
  }

  /**
   * Encodes tokens of `tokenize`, or ids of the model's own tokenizer including its special tokens. The embeddings are
   * in the order of the texts and equal to those that `encode` gives for the same tokens.
   *
   * @returns `[count, dimension]`; with `token_embeddings` a `[tokens, hidden]` matrix for each text
   * @throws HpdError `invalid_argument` for ids outside the vocabulary, or too many; else as `encode`
   */
  async encodeTokenized(
    texts: readonly TokenizedText[],
    options?: EncodeTokenizedOptions & { readonly outputValue?: "sentence_embedding" | undefined },
  ): Promise<Embeddings>;
  async encodeTokenized(
    texts: readonly TokenizedText[],
    options: EncodeTokenizedOptions & { readonly outputValue: "token_embeddings" },
  ): Promise<Embeddings[]>;
  async encodeTokenized(
    texts: readonly TokenizedText[],
    given: EncodeTokenizedOptions = {},
  ): Promise<Embeddings | Embeddings[]> {
    const options = checkedOptions("encodeTokenized", given, encodeTokenizedOptions);
    requireOptionalOneOf("outputValue", options.outputValue, ["sentence_embedding", "token_embeddings"]);
    return options.outputValue === "token_embeddings"
      ? this.#encoder.encodeTokenizedTokens(texts, options)
      : this.#encoder.encodeTokenizedSentences(texts, options);
  }

  /** A description of the model: its modules, sizes and settings. */
  describe(): ModelDescription {
    return this.#model.description;
  }

  /** Frees the workers and their memory. Pending calls reject with `disposed`. */
  dispose(): Promise<void> {
    return this.#encoder.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  get #model(): LoadedModel {
    return this.#encoder.model;
  }
}
