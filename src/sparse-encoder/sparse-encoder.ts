/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A loaded sparse encoder: texts in, sparse embeddings out, as `sentence_transformers.SparseEncoder` gives them. Of most
 * models each dimension is a token of the vocabulary, so that one can see what an embedding is about.
 */
import { requireOptionalOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions } from "../common/options.ts";
import { requireLoaded } from "../common/require-loaded.ts";
import { requireTexts } from "../encode/check-arguments.ts";
import { textKind } from "../encode/model-encoder.ts";
import { type EncodeTokenizedOptions, type TokenizeOptions, tokenizeOptions } from "../encode/options.ts";
import { resolvePrompt, withTask } from "../encode/prompts.ts";
import { streamWindows } from "../encode/stream-windows.ts";
import { tokenizeText } from "../encode/tokenized.ts";
import type { TokenizedText } from "../encode/tokenized-text.ts";
import { HpdError } from "../errors.ts";
import type { SimilarityFunction } from "../similarity/similarity.ts";
import type { Matrix } from "../tensor/matrix.ts";
import type { SparseEncoderDescription } from "./description.ts";
import { loadSparseEncoderModel, type SparseEncoderModel } from "./load.ts";
import {
  type SparseEncodeOptions,
  type SparseEncoderLoadOptions,
  type SparseEncodeStreamOptions,
  sparseEncodeHints,
  sparseEncodeOptions,
  sparseEncoderLoadHints,
  sparseEncoderLoadOptions,
  sparseEncodeStreamOptions,
} from "./options.ts";
import { SparseEmbeddings, type SparseVector, type SparseVectorLike } from "./sparse-embeddings.ts";
import { SparseModelEncoder } from "./sparse-model-encoder.ts";
import {
  asSparseEmbeddings,
  intersection,
  type SparseLike,
  sparseSimilarity,
  sparseSimilarityPairwise,
} from "./sparse-similarity.ts";

/** An active dimension of an embedding, as a token of the vocabulary. */
export interface DecodedToken {
  readonly token: string;
  readonly weight: number;
}

/** The sparsity of embeddings, on average. */
export interface Sparsity {
  /** Active dimensions of an embedding. */
  readonly activeDims: number;
  /** Share of the dimensions that are not active. */
  readonly sparsityRatio: number;
}

/** A model that turns texts into sparse embeddings: SPLADE, inference-free SPLADE, or CSR. */
export class SparseEncoder implements AsyncDisposable {
  readonly #encoder: SparseModelEncoder;
  #spellings: Promise<ReadonlyMap<number, string>> | undefined;

  private constructor(model: SparseEncoderModel) {
    requireLoaded("SparseEncoder", model);
    this.#encoder = new SparseModelEncoder(model);
  }

  /**
   * @param idOrPath a model folder, or a model's id on the Hugging Face hub
   * @throws HpdError `invalid_argument`, `not_found`, `unauthorized`, `network`, `corrupt_file`, `invalid_model`,
   *   `unsupported`, `runtime`
   */
  static async load(idOrPath: string, options: SparseEncoderLoadOptions = {}): Promise<SparseEncoder> {
    const given = checkedOptions("SparseEncoder.load", options, sparseEncoderLoadOptions, sparseEncoderLoadHints);
    return new SparseEncoder(await loadSparseEncoderModel(idOrPath, given));
  }

  /** Dimension of an embedding: mostly the size of the vocabulary. */
  get dimension(): number {
    return this.#model.mainRoute.route.dimension;
  }

  /** Maximum active dimensions of an embedding; undefined where all count. */
  get maxActiveDims(): number | undefined {
    return this.#model.mainRoute.maxActiveDims;
  }

  /** Maximum tokens of a text, special tokens included; longer ones are truncated. */
  get maxSeqLength(): number {
    return this.#model.mainRoute.route.limits.sentence;
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

  /** The function that `similarity` computes: the model's own choice, or the dot product. */
  get similarityFunction(): SimilarityFunction {
    return this.#model.similarityFunction;
  }

  /**
   * Encodes texts: one gives one vector, several give `SparseEmbeddings` in the order of the texts. A model with a Router
   * encodes queries and documents differently: `encodeQuery` and `encodeDocument` are for it.
   *
   * @throws HpdError `invalid_argument`, `runtime`, `disposed`; the signal's reason when it aborts
   */
  async encode(text: string, options?: SparseEncodeOptions): Promise<SparseVector>;
  async encode(texts: readonly string[], options?: SparseEncodeOptions): Promise<SparseEmbeddings>;
  async encode(
    texts: string | readonly string[],
    options?: SparseEncodeOptions,
  ): Promise<SparseVector | SparseEmbeddings>;
  async encode(
    texts: string | readonly string[],
    given: SparseEncodeOptions = {},
  ): Promise<SparseVector | SparseEmbeddings> {
    const options = checkedOptions("encode", given, sparseEncodeOptions, sparseEncodeHints);
    const list = typeof texts === "string" ? [texts] : texts;
    requireTexts(list);
    // The caller's array may change while this runs.
    const embeddings = await this.#encoder.encode([...list], options);
    return typeof texts === "string" ? embeddings.row(0) : embeddings;
  }

  /**
   * Encodes with the task `query` and, unless the options name a prompt, the model's prompt `query`, which may be
   * empty. The default prompt is not used.
   */
  async encodeQuery(query: string, options?: SparseEncodeOptions): Promise<SparseVector>;
  async encodeQuery(queries: readonly string[], options?: SparseEncodeOptions): Promise<SparseEmbeddings>;
  async encodeQuery(
    queries: string | readonly string[],
    options?: SparseEncodeOptions,
  ): Promise<SparseVector | SparseEmbeddings>;
  async encodeQuery(
    queries: string | readonly string[],
    options: SparseEncodeOptions = {},
  ): Promise<SparseVector | SparseEmbeddings> {
    const given = checkedOptions("encodeQuery", options, sparseEncodeOptions, sparseEncodeHints);
    return await this.encode(queries, withTask("query", given));
  }

  /**
   * Encodes with the task `document` and, unless the options name a prompt, the model's prompt `document`, which may be
   * empty. The default prompt is not used.
   */
  async encodeDocument(document: string, options?: SparseEncodeOptions): Promise<SparseVector>;
  async encodeDocument(documents: readonly string[], options?: SparseEncodeOptions): Promise<SparseEmbeddings>;
  async encodeDocument(
    documents: string | readonly string[],
    options?: SparseEncodeOptions,
  ): Promise<SparseVector | SparseEmbeddings>;
  async encodeDocument(
    documents: string | readonly string[],
    options: SparseEncodeOptions = {},
  ): Promise<SparseVector | SparseEmbeddings> {
    const given = checkedOptions("encodeDocument", options, sparseEncodeOptions, sparseEncodeHints);
    return await this.encode(documents, withTask("document", given));
  }

  /**
   * Embeddings one after the other, for text that doesn't fit in memory: a few thousand texts are read ahead, and no
   * more until their embeddings are consumed. If texts arrive slowly, none waits for others.
   */
  async *encodeStream(
    texts: AsyncIterable<string> | Iterable<string>,
    given: SparseEncodeStreamOptions = {},
  ): AsyncGenerator<SparseVector, void, undefined> {
    const options = checkedOptions("encodeStream", given, sparseEncodeStreamOptions, sparseEncodeHints);
    let done = 0;
    const whole = {};
    const work = (window: string[], signal: AbortSignal) =>
      this.#encoder.encode(window, { ...options, onProgress: undefined, signal }, whole);
    for await (const embeddings of streamWindows(texts, work, options)) {
      yield* embeddings;
      done += embeddings.count;
      options.onProgress?.({ stage: "encode", done, total: done });
    }
  }

  /** Similarity of every embedding of `a` to every one of `b`. `InvertedIndex` is for many. */
  similarity(a: SparseLike, b: SparseLike): Matrix {
    return sparseSimilarity(this.#own(a), this.#own(b), this.similarityFunction);
  }

  /** Similarity of each embedding of `a` to the one of `b` at the same index. */
  similarityPairwise(a: SparseLike, b: SparseLike): Float32Array {
    return sparseSimilarityPairwise(this.#own(a), this.#own(b), this.similarityFunction);
  }

  /**
   * The tokens that a query and a document have in common: the products of what is active in both.
   *
   * @throws HpdError `invalid_argument`
   */
  intersection(query: SparseVectorLike, documents: SparseEmbeddings): SparseEmbeddings;
  intersection(query: SparseVectorLike, document: SparseVectorLike): SparseVector;
  intersection(query: SparseVectorLike, documents: SparseLike): SparseVector | SparseEmbeddings;
  intersection(query: SparseVectorLike, documents: SparseLike): SparseVector | SparseEmbeddings {
    // To the compiler SparseEmbeddings are a SparseVector, too.
    if (query instanceof SparseEmbeddings) {
      throw new HpdError("invalid_argument", "intersection takes a single query: row(index) of SparseEmbeddings");
    }
    const [row] = this.#own(query);
    const rows = [...this.#own(documents)].map((other) => intersection(row!, other));
    return documents instanceof SparseEmbeddings ? SparseEmbeddings.fromRows(rows, this.dimension) : rows[0]!;
  }

  /**
   * The tokens of an embedding with their weights, the heaviest first; of several embeddings a list for each. The
   * spelling of tokens is read from the model's files by the first call, and kept.
   *
   * @throws HpdError `unsupported` for a model whose dimensions aren't tokens
   */
  async decode(
    embeddings: SparseEmbeddings,
    options?: { readonly topK?: number | undefined },
  ): Promise<DecodedToken[][]>;
  async decode(embedding: SparseVectorLike, options?: { readonly topK?: number | undefined }): Promise<DecodedToken[]>;
  async decode(
    embeddings: SparseLike,
    options?: { readonly topK?: number | undefined },
  ): Promise<DecodedToken[] | DecodedToken[][]>;
  async decode(
    embeddings: SparseLike,
    options: { readonly topK?: number | undefined } = {},
  ): Promise<DecodedToken[] | DecodedToken[][]> {
    const { topK } = checkedOptions("decode", options, { topK: "number" });
    if (topK !== undefined) requirePositiveInteger("topK", topK);
    const rows = this.#own(embeddings);
    if (this.#model.description.modules.some(({ type }) => type === "SparseAutoEncoder")) {
      throw new HpdError("unsupported", "the dimensions of a SparseAutoEncoder are no tokens: they can't be decoded");
    }
    this.#spellings ??= this.#model.mainRoute.route.spellings();
    const spellings = await this.#spellings.catch((error: unknown) => {
      this.#spellings = undefined;
      throw error;
    });
    const decoded = Array.from(rows, ({ indices, values }) =>
      Array.from(indices, (index, at) => ({ token: spellings.get(index) ?? "", weight: values[at]! }))
        .sort((a, b) => b.weight - a.weight)
        .slice(0, topK),
    );
    return embeddings instanceof SparseEmbeddings ? decoded : decoded[0]!;
  }

  /** The mean number of active dimensions, and the share of the others. */
  sparsity(embeddings: SparseLike): Sparsity {
    const { count, indices, dimension } = this.#own(embeddings);
    const activeDims = count === 0 ? 0 : indices.length / count;
    return { activeDims, sparsityRatio: 1 - activeDims / dimension };
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
    const { route } = this.#encoder.route(options.task);
    const prompt = resolvePrompt(this.#model.prompts, options.prompt, options.promptName);
    return tokenizeText(route, text, { ...options, prompt, limit: route.limits[textKind(options.task)] });
  }

  /**
   * Encodes tokens of `tokenize`. The embeddings are in the order of the texts and equal to those that `encode` gives for the
   * same tokens.
   *
   * @throws HpdError `invalid_argument` for ids outside the vocabulary, or too many; else as `encode`
   */
  async encodeTokenized(
    texts: readonly TokenizedText[],
    given: Omit<EncodeTokenizedOptions, "outputValue"> = {},
  ): Promise<SparseEmbeddings> {
    const options = checkedOptions("encodeTokenized", given, { signal: "signal", onStart: "function" });
    return await this.#encoder.encodeTokenized(texts, options);
  }

  /** A description of the model: its modules, sizes and settings. */
  describe(): SparseEncoderDescription {
    return this.#model.description;
  }

  /** Frees the workers and their memory. Pending calls reject with `disposed`. */
  dispose(): Promise<void> {
    return this.#encoder.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #own(embeddings: SparseLike): SparseEmbeddings {
    return asSparseEmbeddings(embeddings, this.dimension);
  }

  get #model(): SparseEncoderModel {
    return this.#encoder.model;
  }
}
