/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A loaded model: texts in, embeddings out, as `sentence_transformers.SentenceTransformer` gives them.
 */
import { defaultModel } from "#hub";
import { requireOptionalOneOf } from "../common/arguments.ts";
import { checkedOptions } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import type { TextKind } from "../modules/transformer/text-lengths.ts";
import { normalizeRows } from "../similarity/normalize.ts";
import {
  type EmbeddingPrecision,
  embeddingPrecisions,
  type QuantizationArray,
  quantizeEmbeddings,
} from "../similarity/quantization.ts";
import {
  type EmbeddingsLike,
  type SimilarityFunction,
  similarity,
  similarityPairwise,
} from "../similarity/similarity.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { requireNoRange, requireRange, requireTexts, requireTruncateDim } from "./check-arguments.ts";
import type { ModelDescription } from "./description.ts";
import { sentenceRows, tokenMatrices } from "./encoded-rows.ts";
import type { EncodeRequest } from "./encoder.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
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
import type { Route } from "./route.ts";
import { streamWindows } from "./stream-windows.ts";
import { groupsOf, requireIds, type TokenizedText, tokenizeText } from "./tokenized.ts";

export class SentenceTransformer implements AsyncDisposable {
  readonly #model: LoadedModel;
  #isDisposed = false;

  private constructor(model: LoadedModel) {
    this.#model = model;
  }

  /**
   * @param idOrPath a model folder, or a model's id on the Hugging Face hub; default: `defaultModel()`
   * @throws HpdError `invalid_argument`, `not_found`, `unauthorized`, `network`, `corrupt_file`, `invalid_model`,
   *   `unsupported`, `runtime`
   */
  static async load(idOrPath: string = defaultModel(), options: LoadOptions = {}): Promise<SentenceTransformer> {
    return new SentenceTransformer(await loadModel(idOrPath, checkedOptions("load", options, loadOptions, loadHints)));
  }

  /** Of a sentence embedding, after the model's own truncation. */
  get dimension(): number {
    return this.#dimension(this.#model.mainRoute, undefined);
  }

  /** Longer texts are cut to so many tokens, special tokens included. */
  get maxSeqLength(): number {
    return this.#model.mainRoute.limits.sentence;
  }

  /** The `maxSeqLength` for the texts of `encodeQuery`: a model may cut queries shorter. */
  get maxQueryLength(): number {
    return this.#limitOf("query");
  }

  /** The `maxSeqLength` for the texts of `encodeDocument`: a model may cut documents shorter. */
  get maxDocumentLength(): number {
    return this.#limitOf("document");
  }

  /** The text of each prompt by its name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#model.prompts.texts;
  }

  get defaultPromptName(): string | undefined {
    return this.#model.prompts.defaultName;
  }

  /** The names of the routes of a model with a Router, one of which `task` chooses; none without. */
  get routes(): readonly string[] {
    return this.#model.description.routes;
  }

  /** What `similarity` computes: the model's own choice, or cosine. */
  get similarityFunction(): SimilarityFunction {
    return this.#model.similarityFunction;
  }

  /**
   * One text gives one vector, several give `Embeddings` in the order of the texts. An empty text has an embedding
   * too: that of its special tokens. No texts give no embeddings.
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
  ): Promise<Embeddings<QuantizationArray[P]>>;
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
      const matrices = await this.#encodeTokens(texts, options);
      return typeof sentences === "string" ? matrices[0]! : matrices;
    }
    const embeddings = await this.#encodeSentences(texts, options);
    return typeof sentences === "string" ? embeddings.row(0) : embeddings;
  }

  /**
   * Encodes with the task `query`, and with the model's prompt `query` where none is asked for. It may be empty; the
   * default one is not used.
   */
  encodeQuery<P extends EmbeddingPrecision = "float32">(
    query: string,
    options?: EncodeOptions<P>,
  ): Promise<QuantizationArray[P]>;
  encodeQuery<P extends EmbeddingPrecision = "float32">(
    queries: readonly string[],
    options?: EncodeOptions<P>,
  ): Promise<Embeddings<QuantizationArray[P]>>;
  async encodeQuery(queries: string | readonly string[], options: EncodeOptions = {}): Promise<unknown> {
    const given = checkedOptions("encodeQuery", options, encodeOptions, encodeHints);
    return this.encode(queries as string, withTask("query", given));
  }

  /**
   * Encodes with the task `document`, and with the model's prompt `document` where none is asked for. It may be
   * empty; the default one is not used.
   */
  encodeDocument<P extends EmbeddingPrecision = "float32">(
    document: string,
    options?: EncodeOptions<P>,
  ): Promise<QuantizationArray[P]>;
  encodeDocument<P extends EmbeddingPrecision = "float32">(
    documents: readonly string[],
    options?: EncodeOptions<P>,
  ): Promise<Embeddings<QuantizationArray[P]>>;
  async encodeDocument(documents: string | readonly string[], options: EncodeOptions = {}): Promise<unknown> {
    const given = checkedOptions("encodeDocument", options, encodeOptions, encodeHints);
    return this.encode(documents as string, withTask("document", given));
  }

  /**
   * Embeddings one after the other, for text that doesn't fit in memory: a few thousand texts are read ahead, and no
   * more until their embeddings were taken. Where texts come slowly, none waits for others. `int8` and `uint8` need the
   * range of all the data and are refused: encode to float32, then `quantizeEmbeddings` with the `ranges` of a sample.
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
      this.#encodeSentences(texts, { ...options, onProgress: undefined, signal, whole });
    for await (const embeddings of streamWindows(sentences, work, options)) {
      yield* embeddings as Embeddings<QuantizationArray[P]>;
      done += embeddings.count;
      options.onProgress?.({ stage: "encode", done, total: done });
    }
  }

  /** Similarity of every embedding of `a` to every one of `b`, with this model's similarity function. */
  similarity(a: EmbeddingsLike, b: EmbeddingsLike): Float32Array[] {
    return similarity(a, b, this.similarityFunction);
  }

  /** Similarity of each embedding of `a` to the one of `b` in the same place. */
  similarityPairwise(a: EmbeddingsLike, b: EmbeddingsLike): Float32Array {
    return similarityPairwise(a, b, this.similarityFunction);
  }

  /**
   * Tokens that `encode` makes of a text, those of the prompt and the special ones included, up to `maxSeqLength`
   * (`maxQueryLength`, `maxDocumentLength` for a task): to so many a longer text is cut. It costs what the tokenizer
   * costs, little beside encoding.
   *
   * @throws HpdError `invalid_argument`
   */
  countTokens(text: string, options: Pick<EncodeOptions, "prompt" | "promptName" | "task"> = {}): number {
    checkedOptions("countTokens", options, { prompt: "string", promptName: "string", task: "string" });
    requireTexts([text]);
    const route = this.#route(options.task);
    const prompt = resolvePrompt(this.#model.prompts, options.prompt, options.promptName);
    return route.tokenizer.encode(prompt + text, route.limits[textKind(options.task)]).length;
  }

  /**
   * A text as the tokens that `encode` makes of it, for `encodeTokenized`: for who wants their number and their vector,
   * or puts texts of several callers into one batch.
   *
   * @throws HpdError `invalid_argument`
   */
  tokenize(text: string, given: TokenizeOptions = {}): TokenizedText {
    const options = checkedOptions("tokenize", given, tokenizeOptions);
    requireTexts([text]);
    requireOptionalOneOf("truncationSide", options.truncationSide, ["left", "right"]);
    const route = this.#route(options.task);
    const prompt = resolvePrompt(this.#model.prompts, options.prompt, options.promptName);
    return tokenizeText(route, text, { ...options, prompt, limit: route.limits[textKind(options.task)] });
  }

  /** How each id of `tokenize` is written in the vocabulary, `##ing` say: read from the model's files by every call. */
  tokenSpellings(): Promise<ReadonlyMap<number, string>> {
    return this.#model.mainRoute.spellings();
  }

  /** The ids of `[CLS]`, `[SEP]` and so on. */
  get specialTokenIds(): ReadonlySet<number> {
    return this.#model.mainRoute.tokenizer.specialIds;
  }

  /**
   * The embeddings of tokens, in their order: those of `tokenize`, or ids of the model's own tokenizer with its special
   * tokens around. Of texts that stand for the same, equal to those of `encode`.
   *
   * @returns `[count, dimension]`; with `token_embeddings` a `[tokens, hidden]` matrix for each text
   * @throws HpdError `invalid_argument` for what are no ids of this model, or too many; else as `encode`
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
    const groups = groupsOf(texts);
    for (const { task, items } of groups) {
      const route = this.#route(task);
      for (const { index, ids } of items) requireIds(ids, index, route, route.limits[textKind(task)]);
    }
    if (this.#isDisposed) throw new HpdError("disposed", "the model was disposed");
    options.signal?.throwIfAborted();
    const { signal, onStart } = options;
    if (options.outputValue === "token_embeddings") {
      const matrices = new Array<Embeddings>(texts.length);
      for (const { task, promptLength, items } of groups) {
        const encoder = await this.#route(task).tokenEncoder.get();
        const onBatch = tokenMatrices((at, matrix) => {
          matrices[items[at]!.index] = matrix;
        });
        await encoder.encodeTokens(items, { promptLength, signal, onStart, onBatch });
      }
      return matrices;
    }
    const dimensions = groups.map(({ task }) => this.#dimension(this.#route(task), undefined));
    const dimension = dimensions[0] ?? this.dimension;
    const other = dimensions.find((each) => each !== dimension);
    if (other !== undefined) {
      throw new HpdError("invalid_argument", `the tasks of the texts give ${dimension} and ${other} dimensions`);
    }
    const embeddings = new Embeddings(new Float32Array(texts.length * dimension), texts.length, dimension);
    for (const { task, promptLength, items } of groups) {
      const encoder = await this.#route(task).encoder.get();
      const onBatch = sentenceRows(dimension, (at, row) => embeddings.row(items[at]!.index).set(row));
      await encoder.encodeTokens(items, { promptLength, signal, onStart, onBatch });
    }
    return embeddings;
  }

  /** What the model consists of. */
  describe(): ModelDescription {
    return this.#model.description;
  }

  /** Frees the workers and what they hold. Work under way rejects. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await Promise.all(this.#model.routes.map((route) => route.dispose()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #encodeSentences(
    texts: readonly string[],
    options: Omit<EncodeOptions, "onProgress"> & { onProgress?: EncodeOptions["onProgress"] | undefined } & Pick<
        EncodeRequest,
        "whole"
      >,
  ): Promise<Embeddings<QuantizationArray[EmbeddingPrecision]>> {
    requireTruncateDim(options.truncateDim);
    requireOptionalOneOf("precision", options.precision, embeddingPrecisions);
    requireRange(options.precision, texts.length);
    const route = this.#route(options.task);
    const request = this.#request(route, options);
    const dimension = this.#dimension(route, options.truncateDim);
    const embeddings = new Embeddings(new Float32Array(texts.length * dimension), texts.length, dimension);
    const progress = progressOf(texts.length, options.onProgress);
    const put = sentenceRows(dimension, (index, row) => embeddings.row(index).set(row));
    const encoder = await route.encoder.get();
    await encoder.encode(texts, {
      ...request,
      onBatch(batch) {
        put(batch);
        progress(batch.indices.length);
      },
    });
    const normalized = options.normalizeEmbeddings ? normalizeRows(embeddings) : embeddings;
    return quantizeEmbeddings(normalized, options.precision ?? "float32");
  }

  async #encodeTokens(texts: readonly string[], options: EncodeTokensOptions): Promise<Embeddings[]> {
    for (const [option, value] of Object.entries(options)) {
      if (value === undefined || !["normalizeEmbeddings", "truncateDim", "precision"].includes(option)) continue;
      throw new HpdError("invalid_argument", `token_embeddings come as they are: leave ${option} out`);
    }
    const matrices = new Array<Embeddings>(texts.length);
    const progress = progressOf(texts.length, options.onProgress);
    const route = this.#route(options.task);
    const request = this.#request(route, options);
    const put = tokenMatrices((index, matrix) => {
      matrices[index] = matrix;
    });
    const encoder = await route.tokenEncoder.get();
    await encoder.encode(texts, {
      ...request,
      onBatch(batch) {
        put(batch);
        progress(batch.indices.length);
      },
    });
    return matrices;
  }

  /** @throws HpdError `invalid_argument` for a task that is not known, or that the model has no route for */
  #route(task: string | undefined): Route {
    if (!this.#model.hasRouter) requireOptionalOneOf("task", task, ["query", "document"]);
    return this.#model.route(task);
  }

  /** The main route's where the model has none for such texts. */
  #limitOf(kind: "query" | "document"): number {
    const { hasRouter, mainRoute } = this.#model;
    if (!hasRouter) return mainRoute.limits[kind];
    try {
      return this.#model.route(kind).limits[kind];
    } catch {
      return mainRoute.limits[kind];
    }
  }

  #request(
    route: Route,
    options: Pick<EncodeOptions, "prompt" | "promptName" | "task" | "signal"> & Pick<EncodeRequest, "whole">,
  ): Omit<EncodeRequest, "onBatch"> {
    if (this.#isDisposed) throw new HpdError("disposed", "the model was disposed");
    options.signal?.throwIfAborted();
    const prompt = resolvePrompt(this.#model.prompts, options.prompt, options.promptName);
    const maxLength = route.limits[textKind(options.task)];
    return {
      prompt,
      promptLength: route.promptLength(prompt),
      maxLength,
      signal: options.signal,
      whole: options.whole,
    };
  }

  #dimension(route: Route, truncateDim: number | undefined): number {
    return Math.min(truncateDim ?? this.#model.truncateDim ?? route.dimension, route.dimension);
  }
}

/** Another name of a route says nothing of lengths. */
function textKind(task: string | undefined): TextKind {
  return task === "query" || task === "document" ? task : "sentence";
}

function progressOf(total: number, onProgress: EncodeOptions["onProgress"]): (count: number) => void {
  let done = 0;
  return (count) => {
    done += count;
    onProgress?.({ stage: "encode", done, total });
  };
}
